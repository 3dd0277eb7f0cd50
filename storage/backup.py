"""Backups: all rows of all rooms, and folders of small files, in one file that fits SQLite and PostgreSQL alike.

Rows are read in one snapshot of each database and put back in one transaction of each: a backup holds one moment, and
a restore that fails or is killed leaves an empty database. `storage.archive` has the form of the file.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url

from storage.archive import (
    Hashed,
    Manifest,
    Member,
    Progress,
    Tell,
    beside,
    checked,
    damage,
    move,
    unpacked,
    untold,
    write_file,
    write_manifest,
)
from storage.engine import open_engine, snapshot, write
from storage.errors import BackupDamaged, BackupError, NotEmpty, SchemaMismatch
from storage.migrations import step_of, steps, tables_at, upgrade

ROWS_AT_ONCE = 500
"""Rows of one table that are in memory at the same time."""


@dataclass(frozen=True)
class Room:
    """Tables that are migrated together. `url` is their database, which rooms may share; `history` its history table in
    it, and `migrations` the folder of its steps."""

    name: str
    url: str
    migrations: Path
    history: str


def back_up(
    rooms: Sequence[Room],
    folders: Mapping[str, Path],
    file: Path,
    made_at: dt.datetime,
    replace: bool = False,
    tell: Tell = untold,
) -> Manifest:
    """Writes all rows of `rooms` and all files below `folders` to `file`, for its owner alone. Nobody has to stop for
    it. The schema may be older than the code.

    An existing `file` stays as it is until the new one is whole. Raises `BackupError` when there is one and not
    `replace`, when there is nothing to back up, and when the file cannot be written; `SchemaMismatch` when a database
    is newer than the code; `Unavailable`.
    """
    with ExitStack() as databases, beside(file, replace) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as to:
        urls = sorted({room.url for room in rooms if _exists(room.url)})
        connections = {url: databases.enter_context(snapshot(_opened(databases, url))) for url in urls}
        # Asked of all before any rows are read: so the moments that their snapshots show lie close together.
        schemas = {
            room.name: step_of(connections[room.url], room.migrations, room.history)
            if room.url in connections
            else None
            for room in rooms
        }
        if not any(schemas.values()):
            raise BackupError("nothing is kept yet; is LANTERN_HOME, or LANTERN_DATABASE_URL, the right one?")
        tables = [
            (room, connections[room.url], table)
            for room in rooms
            if (step := schemas[room.name]) is not None
            for table in _tables(connections[room.url], room, step)
        ]
        progress = Progress(tell, sum(_count(connection, table) for _, connection, table in tables), "rows")
        members = {
            _member(room, table): _write_table(to, _member(room, table), connection, table, progress)
            for room, connection, table in tables
        }
        for folder, place in folders.items():
            for found in sorted(found for found in place.rglob("*") if found.is_file() and found.suffix != ".new"):
                name = f"files/{folder}/{found.relative_to(place).as_posix()}"
                # A publication may take a file away at any moment.
                with suppress(FileNotFoundError):
                    members[name] = write_file(to, name, found)
        manifest = Manifest(made_at, schemas, members)
        write_manifest(to, manifest)
    return manifest


def restore(rooms: Sequence[Room], folders: Mapping[str, Path], file: Path, tell: Tell = untold) -> Manifest:
    """Puts a backup back into databases in which nothing is kept, and brings their schema up to date.

    The whole file is checked first. Then everything of a database is one transaction, and all are filled before the
    first is committed. The files of `folders` come last, each replaced by rename. Raises `BackupDamaged`; `NotEmpty`;
    `SchemaMismatch` when the backup or a database is newer than the code; `Unavailable`; `BackupError` for a file
    that is not there and for rows that this kind of database refuses.
    """
    with checked(file, folders, tell) as (archive, manifest), ExitStack() as waiting:
        _require_known(rooms, manifest)
        files = {place: waiting.enter_context(unpacked(archive, name, place)) for name, place in folders.items()}
        with ExitStack() as databases:
            urls = sorted({room.url for room in rooms})
            connections = {url: databases.enter_context(write(_made(databases, url))) for url in urls}
            for room in rooms:
                _take_away_empty_tables(connections[room.url], room)
            progress = Progress(tell, manifest.rows, "rows")
            for room in rooms:
                step = manifest.schemas.get(room.name)
                if step is not None:
                    with _explained(room):
                        _fill(connections[room.url], room, step, archive, progress)
        for place, waiting_files in files.items():
            move(waiting_files, place)
    return manifest


def _fill(connection: Connection, room: Room, step: str, archive: zipfile.ZipFile, progress: Progress) -> None:
    upgrade(connection, room.migrations, room.history, step)
    tables = _tables(connection, room, step)
    for table in reversed(tables):
        # A step may have put rows of its own, which are in the backup too.
        connection.execute(sa.delete(table))
    for table in tables:
        for batch in _batches(archive, room, table):
            connection.execute(sa.insert(table), batch)
            progress.add(len(batch))
        _set_sequences(connection, table)
    upgrade(connection, room.migrations, room.history)


def _tables(connection: Connection, room: Room, step: str) -> list[sa.Table]:
    """The tables of a room as this database has them, each after those that it refers to; without its history."""
    return [table for table in _reflected(connection, room, step).sorted_tables if table.name != room.history]


def _reflected(connection: Connection, room: Room, step: str) -> sa.MetaData:
    metadata = sa.MetaData()
    try:
        metadata.reflect(connection, only=sorted(tables_at(room.migrations, room.history, step)))
    except sa.exc.InvalidRequestError as error:
        raise SchemaMismatch(f"the database lacks tables that belong to it ({room.history} {step}): {error}") from error
    return metadata


def _member(room: Room, table: sa.Table) -> str:
    return f"tables/{room.name}/{table.name}.jsonl"


def _count(connection: Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar())


def _write_table(to: zipfile.ZipFile, name: str, connection: Connection, table: sa.Table, progress: Progress) -> Member:
    query = sa.select(table).order_by(*table.primary_key.columns)
    streamed = query.execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE)
    rows = 0
    with to.open(name, "w", force_zip64=True) as out:
        written = Hashed(out)
        for batch in connection.execute(streamed).mappings().partitions(ROWS_AT_ONCE):
            for row in batch:
                line = {column: _to_json(value, table.name, column) for column, value in row.items()}
                written.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            rows += len(batch)
            progress.add(len(batch))
    return Member(written.sha256, written.bytes, rows)


def _to_json(value: object, table: str, column: str) -> object:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (bytes, memoryview)):
        return {"base64": base64.b64encode(value).decode("ascii")}
    raise BackupError(f"{table}.{column} holds a {type(value).__name__}, for which backups have no form yet")


def _from_json(value: Any) -> object:
    return base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value


def _batches(archive: zipfile.ZipFile, room: Room, table: sa.Table) -> Iterator[list[dict[str, object]]]:
    names = set(table.columns.keys())
    with damage(str(archive.filename)), archive.open(_member(room, table)) as lines:
        while batch := [
            {column: _from_json(value) for column, value in json.loads(line).items()}
            for line in islice(lines, ROWS_AT_ONCE)
        ]:
            if any(row.keys() != names for row in batch):
                raise BackupDamaged(f"the rows of {table.name} in this backup are not those of its schema")
            yield batch


def _require_known(rooms: Sequence[Room], manifest: Manifest) -> None:
    """Raises `SchemaMismatch` when the code does not know the schema of this backup."""
    known = {room.name: room for room in rooms}
    expected = set()
    for name, step in manifest.schemas.items():
        if name not in known or (step is not None and step not in steps(known[name].migrations)):
            raise SchemaMismatch(
                f"the backup is newer than the code ({name} at version {step}); nothing was changed. "
                "Update the code, then restore it"
            )
        if step is not None:
            names = tables_at(known[name].migrations, known[name].history, step) - {known[name].history}
            expected |= {f"tables/{name}/{table}.jsonl" for table in names}
    if expected != {name for name in manifest.members if name.startswith("tables/")}:
        raise BackupDamaged("the tables of this backup are not those of its schema; nothing was changed")


def _exists(url: str) -> bool:
    """Whether there is a database; looking into a SQLite file that is not there would make it."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database).exists()


def _opened(stack: ExitStack, url: str) -> Engine:
    engine = open_engine(url)
    stack.callback(engine.dispose)
    return engine


def _made(stack: ExitStack, url: str) -> Engine:
    engine = _opened(stack, url)
    if engine.dialect.name == "sqlite":
        # Before SQLite makes it: its rights are those of the files beside it, and conversations are nobody else's.
        with suppress(FileExistsError):
            Path(engine.url.database).touch(mode=0o600, exist_ok=False)
    return engine


def _take_away_empty_tables(connection: Connection, room: Room) -> None:
    """Takes away what a room has set up, at whatever step, so that it can be made at the step of the backup."""
    step = step_of(connection, room.migrations, room.history)
    if step is None:
        return
    metadata = _reflected(connection, room, step)
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        names = ", ".join(quote(name) for name in sorted(metadata.tables))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    for name, table in metadata.tables.items():
        if name != room.history and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise NotEmpty(_not_empty(connection.engine, name))
    metadata.drop_all(connection)


def _not_empty(engine: Engine, table: str) -> str:
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database)
        remedy = f"move {file.name} and what begins like it out of {file.parent}, or set LANTERN_HOME to a new folder"
    else:
        remedy = "make an empty database and set LANTERN_DATABASE_URL to it"
    return (
        f"something is kept already in {engine.url.database} (table {table}), and a backup is put back only where "
        f"nothing is; nothing was changed. Stop Lantern, then {remedy}"
    )


@contextmanager
def _explained(room: Room) -> Iterator[None]:
    """Rows that one kind of database takes and the other does not: longer than their column, or with a NUL."""
    refused: tuple[type[Exception], ...] = (
        sa.exc.IntegrityError,
        sa.exc.DataError,
        sa.exc.ProgrammingError,
        ValueError,
    )
    try:
        yield
    except refused as error:
        # Never its text: PostgreSQL's repeats the row.
        kind = type(getattr(error, "orig", error)).__name__
        raise BackupError(
            f"the database does not take the {room.name} of this backup ({kind}); nothing was changed. "
            "Restore it into a database of the kind that it was made from"
        ) from None


def _set_sequences(connection: Connection, table: sa.Table) -> None:
    """PostgreSQL does not count rows that bring their numbers along; the next one would get a number that is taken."""
    if connection.dialect.name != "postgresql":
        return
    name = connection.dialect.identifier_preparer.quote(table.name)
    for column in table.primary_key.columns:
        sequence = connection.execute(sa.select(sa.func.pg_get_serial_sequence(name, column.name))).scalar()
        if sequence is not None:
            newest = connection.execute(sa.select(sa.func.max(column))).scalar()
            connection.execute(sa.select(sa.func.setval(sequence, newest or 1, newest is not None)))
