"""An empty conversations database of either kind, a clock that the test moves, and the parts of the room on them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

import storage.engine
from records.model import Conversation, KeptMessage
from records.recorder import Recorder
from records.repository import ConversationStore
from records.tables import contact_requests, feedback, metadata, missed_questions, reports, set_aside, trackers
from storage.engine import open_engine, read, write
from storage.writer import Writer
from tests import postgresql as postgresql_server
from tests.databases import RoomName, new_sqlite

NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.timezone.utc)
REPLIES = [{"text": "No, lupus is not contagious.", "answer": {"kind": "answer"}}]
ENOUGH = 30
"""Seconds after which a test gives up waiting; nothing here takes that long unless it is broken."""


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> dt.datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += dt.timedelta(**by)


def conversation(name: str = "a", **state: object) -> Conversation:
    return Conversation(name.rjust(32, "0"), "rest", NOON, **state)  # type: ignore[arg-type]


def keep(
    store: ConversationStore, engine: Engine, of: Conversation, message_id: str = "m1", text: str | None = "hello"
) -> None:
    with write(engine) as connection:
        store.keep(connection, of, message_id, KeptMessage(of.started_at, text, "answer", REPLIES))


def keep_tracker(engine: Engine, name: str, at: dt.datetime) -> None:
    with write(engine) as connection:
        row = {"conversation_id": name, "state": '{"slots": {}}', "saved_at": at.isoformat()}
        connection.execute(sa.insert(trackers), row)


def rows(engine: Engine) -> dict[str, int]:
    """How many rows each table has that every conversation needs."""
    with read(engine) as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            for name, table in metadata.tables.items()
            if table not in (reports, missed_questions, contact_requests, feedback, set_aside)
            and not name.startswith(("channel_", "handovers", "staff"))
        }


def without_steps_from_4(connection: Connection) -> None:
    """Takes back what the migrations from the fourth on brought, as in a database that an earlier version left."""
    for table in (
        *("missed_questions", "contact_requests", "feedback", "set_aside"),
        *("channel_inbox", "channel_outbox", "channel_people", "handovers"),
        *("staff_readings", "staff_reminders", "staff_attempts", "staff_events", "staff_sessions", "staff"),
    ):
        connection.execute(sa.text(f"DROP TABLE {table}"))
    connection.execute(sa.text("DROP INDEX messages_shown"))
    connection.execute(sa.text("DROP INDEX messages_by_day"))
    for column in ("said", "awaiting", "suppressed"):
        connection.execute(sa.text(f"ALTER TABLE conversations DROP COLUMN {column}"))


def bytes_of(engine: Engine) -> bytes:
    """Every byte of a SQLite database, its log and its index of the log."""
    file = Path(engine.url.database)
    return b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Somebody else holds the SQLite file for writing."""
    other = sqlite3.connect(engine.url.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """The folder of the SQLite file is gone, as when a disk drops out."""
    engine.dispose()
    folder = Path(engine.url.database).parent
    kept = folder.rename(folder.with_name("elsewhere"))
    yield
    kept.rename(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database, where the test uses the `store` with its tables: each test runs on both kinds."""
    room: RoomName | None = "conversations" if "store" in request.fixturenames else None
    if request.param == "sqlite":
        file = tmp_path / "conversations.db"
        return f"sqlite:///{new_sqlite(file, room) if room else file}"
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return server.next_database(room)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(engine: Engine, clock: Clock) -> ConversationStore:
    return ConversationStore(engine, clock)


@pytest.fixture
def sqlite_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """For what only a file can suffer. It gives up waiting for a lock after 20 ms."""
    monkeypatch.setattr(storage.engine, "BUSY_TIMEOUT_MS", 20)
    engine = open_engine(f"sqlite:///{new_sqlite(tmp_path / 'home' / 'small.db', 'conversations')}")
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_store(sqlite_engine: Engine, clock: Clock) -> ConversationStore:
    return ConversationStore(sqlite_engine, clock)


@pytest.fixture
def new_recorder(clock: Clock, tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    """Makes recorders, each with a writer of its own, as in processes of their own. They end before the folder does."""
    made: list[Recorder] = []

    def make(engine: Engine, store: ConversationStore, most: int = 10_000) -> Recorder:
        made.append(Recorder(store, Writer(engine), clock, most))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close(ENOUGH)
