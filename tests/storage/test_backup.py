"""What was kept is kept again: whole, on either kind of database, or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

import knowledge.store.repository
import records.repository
from bot.commands.backup import rooms as all_rooms
from knowledge.store import tables as knowledge_tables
from records import tables as records_tables
from storage.archive import MANIFEST
from storage.backup import ROWS_AT_ONCE, Room, back_up, restore
from storage.engine import open_engine, read, write
from storage.errors import BackupDamaged, BackupError, NotEmpty, SchemaMismatch, Unavailable
from storage.migrations import require_current, steps, upgrade
from storage.settings import Settings
from tests import postgresql as postgresql_server
from tests.running import PROJECT

pytestmark = pytest.mark.takes_long

NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.timezone.utc)
MANY = 2 * ROWS_AT_ONCE + 1
ODD = 'O\'Brien; "no" \\ \u2028 ñ 🫀 \r\n\t{}'
KINDS = ["sqlite", "postgresql"]

NEWEST = {
    "knowledge": steps(knowledge.store.repository.MIGRATIONS)[-1],
    "conversations": steps(records.repository.MIGRATIONS)[-1],
}
Home = Callable[..., tuple[Room, ...]]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    """Makes the rooms of a new home: two SQLite files in a folder, or one PostgreSQL database."""

    def make(kind: str, name: str) -> tuple[Room, ...]:
        if kind == "sqlite":
            return sqlite_rooms(tmp_path / name)
        server: postgresql_server.Server = request.getfixturevalue("postgresql")
        return rooms_at(*2 * [server.new_database()])

    return make


def sqlite_rooms(folder: Path) -> tuple[Room, ...]:
    return rooms_at(*(f"sqlite:///{folder / room}.db" for room in ("knowledge", "conversations")))


def rooms_at(*urls: str) -> tuple[Room, ...]:
    knows, keeps = knowledge.store.repository, records.repository
    return (
        Room("knowledge", urls[0], knows.MIGRATIONS, knows.HISTORY),
        Room("conversations", urls[1], keeps.MIGRATIONS, keeps.HISTORY),
    )


@contextmanager
def writing(room: Room) -> Iterator[Connection]:
    engine = open_engine(room.url)
    with write(engine) as connection:
        yield connection
    engine.dispose()


def put(connection: Connection, table: str, *rows: dict[str, object]) -> None:
    connection.execute(sa.insert(sa.Table(table, sa.MetaData(), autoload_with=connection)), list(rows))


def fill(rooms: tuple[Room, ...], conversations_at: str = "head") -> None:
    """Some rows in every table, among them whatever a dump could get wrong."""
    knows, keeps = rooms
    day = "2026-11-02T12:00:00.000000+00:00"
    with writing(knows) as connection:
        upgrade(connection, knows.migrations, knows.history)
        revision = {"locale": "en", "content_hash": "0" * 64, "author": ODD, "approvers": "[]", "review": "starter"}
        numbered = [
            {"id": 7 * n, "entry_id": f"e{n}", "number": n, "body": ODD * n, "created_at": day} for n in (3, 1, 2)
        ]
        put(connection, "revisions", *({**revision, **row} for row in numbered))
        put(connection, "releases", {"number": 2, "published_by": "ana", "published_at": day, "origin": "seed"})
        put(connection, "release_revisions", *({"release_number": 2, "revision_id": 7 * n} for n in (2, 1)))
        put(connection, "sources", {"key": "", "body": ""}, {"key": ODD, "body": "{}"})
        vectors = [{"text_hash": f"{n}", "model_hash": "m", "vector": bytes(range(256)) * 2} for n in range(MANY)]
        put(connection, "revision_people", {"revision_id": 7, "person": ODD, "part": "author"})
        draft = {"locale": "en", "entry_id": "e1", "body": ODD, "content_hash": "0" * 64, "state": "draft"}
        put(connection, "drafts", {**draft, "id": 5, "base": 1, "version": 2, "changed_at": day})
        approval = {"draft_id": 5, "person": "ben", "part": "approver", "clinician": True, "content_hash": "0" * 64}
        put(connection, "draft_people", approval)
        plan = {"due_at": day, "person": "ana", "release_number": 2, "drafts": "[]"}
        put(connection, "planned_publications", {**plan, "id": 9})
        act = {"number": 1, "at": day, "act": "draft", "person": "ana", "reason": ODD, "detail": "{}", "hash": "0" * 64}
        put(connection, "audit", act)
        put(connection, "vectors", *vectors, {"text_hash": "none", "model_hash": "m", "vector": b""})
    with writing(keeps) as connection:
        upgrade(connection, keeps.migrations, keeps.history, conversations_at)
        talk = {"channel": "rest", "started_at": day, "heard_at": day, "locale": "en", "region": None}
        told = {"introduced": True, "therapy": False, "card": None, "last_entry": ODD}
        put(connection, "conversations", *({**talk, **told, "id": name} for name in ("b", "a")))
        message = {"at": day, "kind": "answer", "replies": json.dumps([ODD])}
        said = [{"conversation_id": "a", "message_hash": f"{n}", "text": None if n % 2 else ODD} for n in range(MANY)]
        put(connection, "messages", *({**message, **row} for row in said))
        put(connection, "trackers", {"conversation_id": "nobody", "state": "{}", "saved_at": day})
        receipt = {
            "receipt": "r",
            "conversation_hash": "h",
            "erased_at": day,
            "reason": "request",
            "messages": 2**31 - 1,
        }
        put(connection, "erasures", receipt)
        if conversations_at == "head":
            report = {"id": "p", "at": day, "entry": "e", "locale": "en", "revision": 1, "kind": "wrong", "text": None}
            put(connection, "reports", report)
            left = {"conversation_id": "gone"}
            question = {"day": "2026-11-02", "locale": "en", "kind": "abstain", "text": ODD, "nearest": ""}
            put(connection, "missed_questions", {**question, "conversation_id": "a", "confidence": 0.25})
            judged = {"id": "f", "conversation_id": "a", "at": day, "locale": "en", "kind": "answer", "entry": "e"}
            put(connection, "feedback", {**judged, "revision": 1, "helpful": True, "word": ODD})
            put(connection, "contact_requests", {**left, "id": "c", "at": day, "locale": "en", "contact": ODD})
            letter = {"channel": "sms", "conversation_id": "a", "urgent": True, "state": "waiting", "sealed": ODD}
            put(connection, "channel_inbox", {**letter, "mark": "m", "received_at": day, "tries": 2})
            sent = {"key": "m-1", "created_at": day, "due_at": day, "attempts": 3, "fault": ODD}
            put(connection, "channel_outbox", {**letter, **sent})
            person = {"conversation_id": "a", "channel": "sms", "heard_at": day, "stopped": True, "offers": "[]"}
            put(connection, "channel_people", person)


def kept(rooms: tuple[Room, ...]) -> Rows:
    """Every row of every table, the histories' too; without making a database that is not there."""
    found: Rows = {}
    for url in {room.url for room in rooms}:
        if url.startswith("sqlite") and not Path(sa.engine.make_url(url).database).exists():
            continue
        engine = open_engine(url)
        metadata = sa.MetaData()
        with read(engine) as connection:
            metadata.reflect(connection)
            # What SQLite keeps for itself is not kept by a room.
            for name, table in ((name, table) for name, table in metadata.tables.items() if name[:7] != "sqlite_"):
                found[name] = sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
        engine.dispose()
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.zip"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `whole` has. Copy it before writing to it."""
    folder = tmp_path_factory.mktemp("made")
    rooms = sqlite_rooms(folder / "old")
    fill(rooms)
    back_up(rooms, {}, folder / "kept.zip", NOON)
    return folder


@pytest.fixture
def whole(made: Path, tmp_path: Path, file: Path) -> tuple[tuple[Room, ...], Path]:
    """Rooms with rows in SQLite, and their backup."""
    shutil.copytree(made / "old", tmp_path / "old")
    shutil.copy2(made / file.name, file)
    return sqlite_rooms(tmp_path / "old"), file


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_row_comes_back_as_it_was(home: Home, file: Path, kind: str, to: str) -> None:
    old, new = home(kind, "old"), home(to, "new")
    fill(old)
    before = kept(old)
    made = back_up(old, {}, file, NOON)
    assert restore(new, {}, file) == made
    assert kept(new) == kept(old) == before
    assert made.rows == sum(len(rows) for name, rows in before.items() if not name.endswith("_schema"))
    assert (made.made_at, made.schemas) == (NOON, NEWEST)


@pytest.mark.parametrize("to", KINDS)
def test_what_is_written_next_gets_numbers_of_its_own(home: Home, file: Path, to: str) -> None:
    old, new = home("sqlite", "old"), home(to, "new")
    fill(old)
    back_up(old, {}, file, NOON)
    restore(new, {}, file)
    row = {"conversation_id": "b", "message_hash": "next", "at": "", "text": None, "kind": "answer", "replies": "[]"}
    for room, table, next_row in (
        (new[1], "messages", row),
        (new[0], "revisions", {**dict.fromkeys(("locale", "body", "author", "created_at"), ""), "entry_id": "next"}),
    ):
        more = {"number": 1, "content_hash": "", "approvers": "", "review": ""} if table == "revisions" else {}
        with writing(room) as connection:
            highest = connection.exec_driver_sql(f"SELECT max(id) FROM {table}").scalar()
            put(connection, table, {**next_row, **more})
            assert connection.exec_driver_sql(f"SELECT max(id) FROM {table}").scalar() == highest + 1


@pytest.mark.parametrize("to", KINDS)
def test_a_backup_of_an_older_schema_is_brought_up_to_date(home: Home, file: Path, to: str) -> None:
    old, new = home("sqlite", "old"), home(to, "new")
    fill(old, conversations_at="0001")
    assert back_up(old, {}, file, NOON).schemas["conversations"] == "0001"
    restore(new, {}, file)
    was = kept(old)
    # Newer messages say which revisions they show; these showed none.
    told = [(*row, "") for row in was["messages"]]
    # Newer conversations also know what they said and asked last, and whether a medicine that weakens the defences was
    # named; these are not known to have said or asked anything, or to have named one.
    talks = [(*row, "", None, False) for row in was["conversations"]]
    later = ("reports", "missed_questions", "contact_requests", "feedback", "set_aside")
    later += ("channel_inbox", "channel_outbox", "channel_people", "handovers")
    later += ("staff", "staff_attempts", "staff_events", "staff_sessions", "staff_readings", "staff_reminders")
    empty: Rows = {name: [] for name in later}
    changed = {"messages": told, "conversations": talks}
    newer = {**empty, **changed, "records_schema": [(NEWEST["conversations"],)]}
    assert kept(new) == {**was, **newer}
    for room in new:
        require_current(open_engine(room.url), room.migrations, room.history, "mend it")


@pytest.mark.parametrize("kind", KINDS)
def test_steps_after_the_backup_see_its_rows_and_rows_of_steps_are_not_there_twice(
    home: Home, file: Path, tmp_path: Path, kind: str
) -> None:
    versions = tmp_path / "steps" / "versions"
    versions.mkdir(parents=True)
    step = "from alembic import op\nrevision = {!r}\ndown_revision = {!r}\ndef upgrade():\n    op.execute({!r})\n"
    statements = (
        "CREATE TABLE floors (number INTEGER PRIMARY KEY)",
        "CREATE TABLE a_rooms (name TEXT PRIMARY KEY, floor INTEGER REFERENCES floors(number))",
        "INSERT INTO floors VALUES (1)",
        "UPDATE a_rooms SET name = name || ' on ' || floor",
    )

    def have(count: int) -> None:
        for number, statement in enumerate(statements[:count], 1):
            before = f"{number - 1:04}" if number > 1 else None
            (versions / f"{number:04}_step.py").write_text(step.format(f"{number:04}", before, statement))

    old, new = (replace(home(kind, name)[0], migrations=versions.parent, history="house") for name in ("old", "new"))
    have(3)
    with writing(old) as connection:
        upgrade(connection, old.migrations, old.history)
        put(connection, "a_rooms", {"name": "hall", "floor": 1})
    back_up([old], {}, file, NOON)
    have(4)
    restore([new], {}, file)
    assert kept((new,)) == {"floors": [(1,)], "a_rooms": [("hall on 1", 1)], "house": [("0004",)]}


def test_what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all(home: Home, file: Path) -> None:
    for kind in KINDS:
        old, new = home(kind, "old"), home(kind, "new")
        fill(old)
        before = kept(old)
        written = []

        def write_more(
            done: int, of: int, what: str, old: tuple[Room, ...] = old, written: list[int] = written
        ) -> None:
            # A conversation with its message, between two tables that are being read.
            if not written:
                written.append(done)
                with writing(old[1]) as connection:
                    connection.exec_driver_sql("UPDATE conversations SET locale = 'es'")
                    connection.exec_driver_sql("DELETE FROM messages")
                with writing(old[0]) as connection:
                    connection.exec_driver_sql("DELETE FROM release_revisions")

        back_up(old, {}, file, NOON, replace=True, tell=write_more)
        assert written
        restore(new, {}, file)
        assert kept(new) == before
        assert kept(old) != before


def test_rooms_that_were_never_set_up_are_left_for_the_first_start(home: Home, file: Path, tmp_path: Path) -> None:
    old, new = home("sqlite", "old"), home("sqlite", "new")
    fill(old)
    (tmp_path / "old" / "conversations.db").unlink()
    assert back_up(old, {}, file, NOON).schemas == {**NEWEST, "conversations": None}
    assert not (tmp_path / "old" / "conversations.db").exists()
    restore(new, {}, file)
    assert kept(new) == kept(old)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_kept_there_is_nothing_to_back_up(home: Home, file: Path, tmp_path: Path, kind: str) -> None:
    with pytest.raises(BackupError, match="nothing is kept yet; is LANTERN_HOME"):
        back_up(home(kind, "old"), {}, file, NOON)
    assert list(tmp_path.iterdir()) == []


def test_files_come_along_and_secrets_do_not(home: Home, file: Path, tmp_path: Path) -> None:
    old, new = home("sqlite", "old"), home("sqlite", "new")
    fill(old)
    content = {"cards/en/emergency.md": "Call 911 ☎", "cards/es/crisis.md": "", "cards/en/half.new": "hal"}
    others = {"secrets/records": "hush", "model/model.onnx": "weights"}
    for name, text in {**content, **others}.items():
        (tmp_path / "old" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "old" / name).write_text(text, encoding="utf-8")
    stale = tmp_path / "new" / "cards" / "en" / "stale.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    made = back_up(old, {"cards": tmp_path / "old" / "cards"}, file, NOON)
    restore(new, {"cards": tmp_path / "new" / "cards"}, file)
    found = {path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.md")}
    assert found == {"cards/en/emergency.md", "cards/es/crisis.md"}
    assert (tmp_path / "new" / "cards" / "en" / "emergency.md").read_text(encoding="utf-8") == "Call 911 ☎"
    assert made.files == 2
    assert {path.name for path in (tmp_path / "new").iterdir() if path.is_dir()} == {"cards"}
    with zipfile.ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if "secret" in name or "model" in name]
        assert b"hush" not in b"".join(archive.read(name) for name in archive.namelist())


def test_each_member_is_named_with_its_hash_and_rows(whole: tuple[tuple[Room, ...], Path]) -> None:
    with zipfile.ZipFile(whole[1]) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        assert manifest["lantern_backup"] == 1
        assert manifest["made_at"] == "2026-11-02T12:00:00+00:00"
        for name, member in manifest["members"].items():
            body = archive.read(name)
            assert member == {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), "rows": body.count(b"\n")}
        assert len(manifest["members"]) == len(knowledge_tables.metadata.tables) + len(records_tables.metadata.tables)


def test_it_is_for_its_owner_alone(whole: tuple[tuple[Room, ...], Path], home: Home, tmp_path: Path) -> None:
    assert stat.S_IMODE(whole[1].stat().st_mode) == 0o600
    restore(home("sqlite", "new"), {}, whole[1])
    assert stat.S_IMODE((tmp_path / "new" / "conversations.db").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_kept_until_a_new_one_is_whole(
    whole: tuple[tuple[Room, ...], Path], home: Home, tmp_path: Path
) -> None:
    rooms, file = whole
    before = file.read_bytes()
    with pytest.raises(BackupError, match=r"kept\.zip exists already; give another name, or --replace"):
        back_up(rooms, {}, file, NOON)
    with pytest.raises(BackupError, match="nothing is kept yet"):
        back_up(home("sqlite", "empty"), {}, file, NOON, replace=True)
    assert file.read_bytes() == before
    back_up(rooms, {}, file, NOON + dt.timedelta(days=1), replace=True)
    assert restore(home("sqlite", "new"), {}, file).made_at.day == 3
    with pytest.raises(BackupError, match="is a folder; give the name of a file in it"):
        back_up(rooms, {}, tmp_path, NOON, replace=True)
    with pytest.raises(BackupError, match="could not be written: No such file or directory"):
        back_up(rooms, {}, tmp_path / "nowhere" / "kept.zip", NOON)
    assert {path.name for path in tmp_path.iterdir()} == {"kept.zip", "old", "new"}


def test_a_full_disk_leaves_no_half_a_backup(whole: tuple[tuple[Room, ...], Path], tmp_path: Path) -> None:
    rooms, file = whole
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = file.read_bytes()
    with writing(rooms[0]) as connection:
        noise = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(8000))
        put(connection, "vectors", {"text_hash": "noise", "model_hash": "m", "vector": noise})
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(BackupError, match=r"kept\.zip could not be written: File too large"):
            back_up(rooms, {}, file, NOON, replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"kept.zip", "old"}


def test_a_kind_of_value_without_a_form_is_said_and_not_guessed(home: Home, file: Path) -> None:
    rooms = home("postgresql", "old")
    fill(rooms)
    with writing(rooms[0]) as connection:
        connection.exec_driver_sql("ALTER TABLE sources ADD COLUMN read_at TIMESTAMP DEFAULT now()")
    with pytest.raises(BackupError, match=r"sources\.read_at holds a datetime, for which backups have no form yet"):
        back_up(rooms, {}, file, NOON)
    assert not file.exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room", [0, 1])
def test_nothing_is_put_on_top_of_what_is_kept(
    whole: tuple[tuple[Room, ...], Path], home: Home, kind: str, room: int
) -> None:
    new = home(kind, "new")
    with writing(new[room]) as connection:
        upgrade(connection, new[room].migrations, new[room].history)
        if room:
            put(connection, "trackers", {"conversation_id": "x", "state": "", "saved_at": ""})
        else:
            put(connection, "sources", {"key": "x", "body": ""})
    before = kept(new)
    remedy = "LANTERN_HOME to a new folder" if kind == "sqlite" else "an empty database and set LANTERN_DATABASE_URL"
    with pytest.raises(
        NotEmpty, match=rf"\(table {'trackers' if room else 'sources'}\).*nothing was changed.*{remedy}"
    ):
        restore(new, {}, whole[1])
    assert kept(new) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", ["0001", "head"])
def test_tables_in_which_nothing_is_kept_are_no_hindrance(
    whole: tuple[tuple[Room, ...], Path], home: Home, kind: str, at: str
) -> None:
    new = home(kind, "new")
    for room in new:
        with writing(room) as connection:
            upgrade(connection, room.migrations, room.history, at)
    restore(new, {}, whole[1])
    assert kept(new) == kept(whole[0])


def altered(file: Path, name: str, change: Callable[[bytes], bytes], manifest: bool = False) -> None:
    """Writes the zip anew with one member changed; with `manifest`, the manifest says that this is right."""
    with zipfile.ZipFile(file) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members[name] = change(members.get(name, b""))
    if manifest:
        body = json.loads(members[MANIFEST])
        rows = members[name].count(b"\n") if name.startswith("tables") else None
        digest = hashlib.sha256(members[name]).hexdigest()
        body["members"][name] = {"sha256": digest, "bytes": len(members[name]), "rows": rows}
        members[MANIFEST] = json.dumps(body).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)


def changed_schemas(manifest: bytes, **schemas: str) -> bytes:
    body = json.loads(manifest)
    body["schemas"].update(schemas)
    return json.dumps(body).encode()


def without_a_table(manifest: bytes) -> bytes:
    return changed_schemas(manifest, conversations="0001")


SOURCES = "tables/knowledge/sources.jsonl"
DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "a text": lambda file: file.write_text("my notes"),
    "cut at the end": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "cut in the middle": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "another zip": lambda file: zipfile.ZipFile(file, "w").writestr("notes.txt", "mine"),
    "another manifest": lambda file: zipfile.ZipFile(file, "w").writestr(MANIFEST, '{"version": 3}'),
    "no JSON": lambda file: zipfile.ZipFile(file, "w").writestr(MANIFEST, "{"),
    "a list": lambda file: zipfile.ZipFile(file, "w").writestr(MANIFEST, "[]"),
    "other rows": lambda file: altered(file, SOURCES, lambda rows: rows.replace(b"{}", b"[]")),
    "a row less": lambda file: altered(file, SOURCES, lambda rows: rows[: rows.index(b"\n") + 1]),
    "one more member": lambda file: altered(file, "tables/knowledge/more.jsonl", lambda rows: b""),
    "a table too many": lambda file: altered(file, "tables/knowledge/more.jsonl", lambda rows: b"", True),
    "another schema": lambda file: altered(file, MANIFEST, without_a_table),
    "other columns": lambda file: altered(file, SOURCES, lambda rows: b'{"key": "k"}\n', True),
    "no row at all": lambda file: altered(file, SOURCES, lambda rows: b"7\n", True),
    "no base64": lambda file: altered(file, SOURCES, lambda rows: b'{"key": "k", "body": {"base64": "?"}}\n', True),
    "a way out of the folder": lambda file: altered(file, "files/cards/../../x.md", lambda rows: b"", True),
    "a way to the root": lambda file: altered(file, "files/cards//tmp/x.md", lambda rows: b"", True),
    "an unknown folder": lambda file: altered(file, "files/secrets/records", lambda rows: b"", True),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_file_that_is_not_a_whole_backup_changes_nothing(
    whole: tuple[tuple[Room, ...], Path], home: Home, tmp_path: Path, how: str
) -> None:
    DAMAGE[how](whole[1])
    new = home("sqlite", "new")
    with pytest.raises(BackupDamaged, match="nothing was changed"):
        restore(new, {"cards": tmp_path / "new" / "cards"}, whole[1])
    assert kept(new) == {}
    assert not (tmp_path / "new" / "cards").exists()


def test_whichever_byte_is_altered_it_is_refused_or_harmless(home: Home, file: Path, tmp_path: Path) -> None:
    old = home("sqlite", "old")[:1]
    with writing(old[0]) as connection:
        upgrade(connection, old[0].migrations, old[0].history)
        put(connection, "sources", {"key": "k", "body": "{}"}, {"key": "ñ", "body": ""})
    back_up(old, {}, file, NOON)
    intact, before = file.read_bytes(), kept(old)
    refused = 0
    # Every byte would take minutes. Some are harmless: the zip holds the time and the rights of each member.
    for place in range(0, len(intact), 17):
        file.write_bytes(intact[:place] + bytes([intact[place] ^ 0xFF]) + intact[place + 1 :])
        new = home("sqlite", f"new{place}")[:1]
        try:
            restore(new, {}, file)
            assert kept(new) == before
        except (BackupDamaged, SchemaMismatch):
            assert kept(new) == {}
            refused += 1
    assert refused > 30


def test_a_file_that_is_not_there_is_said(home: Home, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"gone\.zip cannot be opened: No such file or directory"):
        restore(home("sqlite", "new"), {}, tmp_path / "gone.zip")
    assert list(tmp_path.iterdir()) == []


def newer_schema(manifest: bytes) -> bytes:
    return changed_schemas(manifest, conversations="0099")


def another_room(manifest: bytes) -> bytes:
    return changed_schemas(manifest, letters="0001")


def newer_format(manifest: bytes) -> bytes:
    return manifest.replace(b'"lantern_backup": 1', b'"lantern_backup": 2')


@pytest.mark.parametrize("change", [newer_schema, another_room, newer_format])
def test_a_backup_of_newer_code_asks_for_newer_code(
    whole: tuple[tuple[Room, ...], Path], home: Home, change: Callable[[bytes], bytes]
) -> None:
    altered(whole[1], MANIFEST, change)
    new = home("sqlite", "new")
    with pytest.raises(SchemaMismatch, match=r"newer.*[Uu]pdate the code, then restore it"):
        restore(new, {}, whole[1])
    assert kept(new) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_of_newer_code_is_neither_read_nor_filled(
    whole: tuple[tuple[Room, ...], Path], home: Home, tmp_path: Path, kind: str
) -> None:
    rooms = home(kind, "newer")
    fill(rooms)
    with writing(rooms[1]) as connection:
        connection.exec_driver_sql("UPDATE records_schema SET version_num = '0099'")
    before = kept(rooms)
    with pytest.raises(SchemaMismatch, match="newer than the code"):
        back_up(rooms, {}, tmp_path / "other.zip", NOON)
    with pytest.raises((SchemaMismatch, NotEmpty)):
        restore(rooms, {}, whole[1])
    assert kept(rooms) == before


@pytest.mark.parametrize(("table", "column", "value"), [("sources", "body", "a\0b"), ("sources", "key", "k" * 81)])
def test_rows_that_the_other_kind_refuses_leave_it_empty_and_are_not_repeated(
    home: Home, file: Path, table: str, column: str, value: str
) -> None:
    old, new = home("sqlite", "old"), home("postgresql", "new")
    fill(old)
    with writing(old[0]) as connection:
        put(connection, table, {"key": "x", "body": "", column: value})
    back_up(old, {}, file, NOON)
    with pytest.raises(BackupError, match="does not take the knowledge of this backup") as refused:
        restore(new, {}, file)
    assert value not in str(refused.value)
    assert kept(new) == {}


def test_a_fault_in_the_second_database_leaves_the_first_empty_too(
    whole: tuple[tuple[Room, ...], Path], home: Home
) -> None:
    broken = whole[1]
    altered(broken, "tables/conversations/messages.jsonl", lambda rows: rows.replace(b'"a"', b'"no one"'), True)
    new = home("sqlite", "new")
    with pytest.raises(BackupError, match=r"does not take the conversations of this backup \(IntegrityError\)"):
        restore(new, {}, broken)
    assert kept(new) == {}


def test_a_database_that_is_being_written_is_said_to_be_unavailable(
    whole: tuple[tuple[Room, ...], Path], home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("storage.engine.BUSY_TIMEOUT_MS", 20)
    new = home("sqlite", "new")
    (tmp_path / "new").mkdir()
    other = sqlite3.connect(tmp_path / "new" / "conversations.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="locked"):
        restore(new, {}, whole[1])
    other.close()
    restore(new, {}, whole[1])


KILLED = """
import os, signal, sys
from pathlib import Path
from storage.backup import Room, restore

def tell(done, of, what):
    if what == "rows" and done >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

rooms = [Room(*each[:2], Path(each[2]), each[3]) for each in (line.split("|") for line in sys.argv[3:])]
restore(rooms, {}, Path(sys.argv[1]), tell)
"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [3, 1300, 2000])
def test_killed_half_way_it_leaves_nothing_and_can_be_begun_again(
    whole: tuple[tuple[Room, ...], Path], home: Home, kind: str, rows: int
) -> None:
    new = home(kind, "new")
    described = [f"{room.name}|{room.url}|{room.migrations}|{room.history}" for room in new]
    # Rows that were put in before it dies: in the first table, in the first room, in the second.
    command = [sys.executable, "-c", KILLED, str(whole[1]), str(rows), *described]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert kept(new) == {}
    restore(new, {}, whole[1])
    assert kept(new) == kept(whole[0])


def test_long_work_says_how_far_it_is(home: Home, file: Path) -> None:
    rooms, heard = home("sqlite", "old"), []
    fill(rooms)
    made = back_up(rooms, {}, file, NOON, tell=lambda *said: heard.append(said))
    assert heard[-1] == (made.rows, made.rows, "rows")
    assert [said[0] for said in heard] == sorted(said[0] for said in heard)
    assert max(later[0] - before[0] for before, later in itertools.pairwise(heard)) <= ROWS_AT_ONCE
    heard.clear()
    restore(home("sqlite", "new"), {}, file, lambda *said: heard.append(said))
    checked = [said for said in heard if said[2] == "bytes checked"]
    assert checked[-1][0] == checked[-1][1] == sum(member.bytes for member in made.members.values())
    assert heard[-1] == (made.rows, made.rows, "rows")


def test_rows_are_never_all_in_memory(home: Home, file: Path) -> None:
    rooms = home("postgresql", "old")
    fill(rooms)
    with writing(rooms[0]) as connection:
        connection.exec_driver_sql(
            "INSERT INTO sources SELECT 'big' || n, repeat(md5(n::text), 320) FROM generate_series(1, 4000) AS n"
        )
    size = 4000 * 320 * 32
    for act in (
        lambda: back_up(rooms, {}, file, NOON),
        lambda: restore(home("sqlite", "new"), {}, file),
    ):
        tracemalloc.start()
        act()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < size / 2


def test_every_room_with_migrations_is_backed_up() -> None:
    backed_up = {room.migrations for room in all_rooms(Settings(Path("/srv"), ""))}
    found = {folder.parent for folder in PROJECT.glob("*/**/migrations/versions") if ".venv" not in folder.parts}
    assert backed_up == found
    assert all(steps(folder) for folder in backed_up)
