"""Runs the numbered schema changes of a room with Alembic; each room has its own versions and history table.

A step is a file `<folder>/versions/<number>_<what it does>.py`, its number in four digits. So what a database is at can
be compared with what the code expects without Alembic, which takes longer to load than all else of a start.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.engine import read, write
from storage.errors import SchemaMismatch, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

ALEMBIC = Path(__file__).parent / "alembic"


def migrate(engine: Engine, folder: Path, history: str) -> None:
    """Brings the schema up to the newest version in `folder`/versions, in one transaction: all steps or none.

    `history` is the table in which the version is remembered. Raises `SchemaMismatch` when the database is newer than
    the code.
    """
    with read(engine) as connection:
        if step_of(connection, folder, history) == steps(folder)[-1]:
            return
    with write(engine) as connection:
        if connection.dialect.name == "postgresql":
            # SQLite's writers are alone anyway. Several rooms may migrate at once, each has a history of its own.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(history))))
        # Asked again, now that no other process can be migrating.
        if step_of(connection, folder, history) != steps(folder)[-1]:
            upgrade(connection, folder, history)


def upgrade(connection: Connection, folder: Path, history: str, step: str = "head") -> None:
    """Brings the schema up to `step`, within the transaction of the connection."""
    from alembic import command

    command.upgrade(_config(folder, connection, history), step)


def require_current(engine: Engine, folder: Path, history: str, remedy: str) -> None:
    """Raises `SchemaMismatch` unless the schema is exactly what the code expects; `remedy` is the command to run."""
    with read(engine) as connection:
        version = step_of(connection, folder, history)
    _require_newest(version, folder, remedy)


def _require_newest(version: str | None, folder: Path, remedy: str) -> None:
    if version != steps(folder)[-1]:
        raise SchemaMismatch(f"the database is older than the code (version {version}); run: {remedy}")


def require_no_other(engine: Engine, folder: Path, history: str, remedy: str) -> None:
    """For a start: raises `SchemaMismatch` for a database of another version than the code, as an interrupted migration
    leaves it. One that is away or not set up yet is no reason not to start: emergencies are answered without any."""
    try:
        with read(engine) as connection:
            version = step_of(connection, folder, history)
    except Unavailable:
        return
    if version is not None:
        _require_newest(version, folder, remedy)


def steps(folder: Path) -> list[str]:
    """The numbers of all steps that the code has, in order."""
    return sorted(file.name.partition("_")[0] for file in (folder / "versions").glob("[0-9]*_*.py"))


def step_of(connection: Connection, folder: Path, history: str) -> str | None:
    """The step the database is at, None before the first. Raises `SchemaMismatch` for one that the code lacks."""
    if not sa.inspect(connection).has_table(history):
        return None
    version = connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(history))).scalar()
    if version is not None and version not in steps(folder):
        raise SchemaMismatch(
            f"the database is newer than the code (version {version}); update the code or restore a backup"
        )
    return version


@functools.lru_cache
def tables_at(folder: Path, history: str, step: str) -> frozenset[str]:
    """The names of the tables that a room has at `step`, its history among them. Nothing but the steps is asked."""
    engine = sa.create_engine("sqlite://", future=True)
    with engine.begin() as connection:
        upgrade(connection, folder, history, step)
        # What SQLite keeps for itself is no table of the room.
        names = frozenset(name for name in sa.inspect(connection).get_table_names() if not name.startswith("sqlite_"))
    engine.dispose()
    return names


def _config(folder: Path, connection: Connection, history: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _plain(ALEMBIC))
    config.set_main_option("version_locations", _plain(folder / "versions"))
    # Otherwise a folder with a blank or a comma in its path would be read as two.
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["history"] = history
    return config


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")
