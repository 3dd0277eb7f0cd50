"""A dialogue is remembered from one message to the next, whatever the database does, and never after its erasure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.repository import ConversationStore, stamp
from records.tables import trackers
from records.trackers import Trackers
from storage.engine import open_engine, read
from storage.writer import Writer
from tests.records.conftest import ENOUGH, Clock, away, conversation, keep, locked
from tests.running import wait_until

ID = conversation().id
NewTrackers = Callable[..., Trackers]


@pytest.fixture
def new_trackers(clock: Clock, tmp_path: Path) -> Iterator[NewTrackers]:
    """Each with a writer of its own, as in processes of their own, which ends before the folder does."""
    writers: list[Writer] = []

    def make(engine: Engine, most: int = 2_000, most_waiting: int = 10_000) -> Trackers:
        writers.append(Writer(engine, most_waiting))
        return Trackers(engine, writers[-1], clock, most)

    yield make
    for writer in writers:
        writer.close(ENOUGH)


def state(engine: Engine, name: str = ID) -> str | None:
    with read(engine) as connection:
        found: str | None = connection.execute(
            sa.select(trackers.c.state).where(trackers.c.conversation_id == name)
        ).scalar_one_or_none()
    return found


def test_a_dialogue_goes_on_in_another_process(
    new_trackers: NewTrackers, engine: Engine, store: ConversationStore, clock: Clock, url: str
) -> None:
    first = new_trackers(engine)
    assert first.read(ID) is None
    assert first.keep(ID, "one").result(ENOUGH)
    clock.move(minutes=5)
    assert first.keep(ID, "two").result(ENOUGH)
    other = open_engine(url)
    second = new_trackers(other)
    assert second.read(ID) == "two"
    assert second.keep(ID, "three").result(ENOUGH)
    assert first.read(ID) == "three"
    with read(engine) as connection:
        assert connection.execute(sa.select(trackers.c.saved_at)).scalars().all() == [stamp(clock())]
    other.dispose()


def test_what_is_not_written_yet_is_known(
    new_trackers: NewTrackers, sqlite_engine: Engine, sqlite_store: ConversationStore
) -> None:
    kept = new_trackers(sqlite_engine)
    with locked(sqlite_engine):
        kept.keep(ID, "one")
        newest = kept.keep(ID, "two")
        assert kept.read(ID) == "two"
        assert kept.ids() == [ID]
        assert not newest.done()
    assert newest.result(ENOUGH)
    assert state(sqlite_engine) == "two"


def test_with_the_database_away_the_conversations_heard_last_are_known(
    new_trackers: NewTrackers,
    sqlite_engine: Engine,
    sqlite_store: ConversationStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept, names = new_trackers(sqlite_engine, most=3), [conversation(name).id for name in "abcd"]
    for name in names:
        kept.keep(name, f"of {name}").result(ENOUGH)
    with away(sqlite_engine), caplog.at_level(logging.WARNING):
        assert [kept.read(name) for name in names] == [None, *(f"of {name}" for name in names[1:])]
        assert kept.ids() == names[1:]
        assert not kept.ok
        later = kept.keep(names[0], "later")
        assert kept.read(names[0]) == "later"
    assert later.result(ENOUGH)
    assert kept.read(names[0]) == "later"
    # The one that always asks the database: a text that was written this very moment may still be told from memory.
    assert kept.ids() == names
    assert kept.ok
    lines = [record.getMessage() for record in caplog.records if record.name == "records.trackers"]
    assert lines == ["dialogues go on from memory until the database is back: Unavailable"]


def test_more_than_memory_holds_is_written_all_the_same(
    new_trackers: NewTrackers, sqlite_engine: Engine, sqlite_store: ConversationStore
) -> None:
    kept, names = new_trackers(sqlite_engine, most=2), [conversation(name).id for name in "abcdef"]
    with locked(sqlite_engine):
        waiting = [kept.keep(name, f"of {name}") for name in names]
        assert [kept.read(name) for name in names] == [f"of {name}" for name in names]
    assert all(future.result(ENOUGH) for future in waiting)
    assert [state(sqlite_engine, name) for name in names] == [f"of {name}" for name in names]


def test_what_had_to_be_given_up_is_still_known_to_this_process(
    new_trackers: NewTrackers, sqlite_engine: Engine, sqlite_store: ConversationStore
) -> None:
    kept, other = new_trackers(sqlite_engine, most_waiting=1), conversation("b").id
    kept.keep(ID, "one").result(ENOUGH)
    with locked(sqlite_engine):
        # One is being tried, one waits, and with each further one the oldest that waits is given up.
        given_up = [kept.keep(ID, "two"), *(kept.keep(other, str(number)) for number in range(5))]
        wait_until("one to be given up", lambda: any(future.done() for future in given_up))
        assert kept.read(ID) == "two"
    assert kept.keep(ID, "three").result(ENOUGH)
    assert state(sqlite_engine) == "three"


def test_what_is_forgotten_is_gone_at_once_and_stays_gone(
    new_trackers: NewTrackers, engine: Engine, store: ConversationStore
) -> None:
    kept = new_trackers(engine)
    kept.keep(ID, "one").result(ENOUGH)
    kept.keep(ID, "two")
    gone = kept.forget(ID)
    assert kept.read(ID) is None
    assert kept.ids() == []
    assert gone.result(ENOUGH)
    assert (kept.read(ID), state(engine)) == (None, None)
    assert kept.keep(ID, "anew").result(ENOUGH)
    assert kept.read(ID) == "anew"


@pytest.mark.parametrize("before", [True, False])
def test_a_turn_under_way_does_not_bring_an_erased_dialogue_back(
    new_trackers: NewTrackers, engine: Engine, store: ConversationStore, clock: Clock, before: bool
) -> None:
    keep(store, engine, conversation())
    kept = new_trackers(engine)
    if before:
        kept.keep(ID, "one").result(ENOUGH)
    kept.read(ID)
    clock.move(seconds=1)
    store.erase(ID)
    clock.move(seconds=1)
    assert kept.keep(ID, "of the erased").result(ENOUGH) is False
    assert (kept.read(ID), state(engine)) == (None, None)
    assert kept.keep(ID, "anew").result(ENOUGH)
    assert state(engine) == "anew"


def test_nothing_erased_comes_back_from_memory(
    new_trackers: NewTrackers, sqlite_engine: Engine, sqlite_store: ConversationStore, clock: Clock
) -> None:
    kept = new_trackers(sqlite_engine)
    kept.keep(ID, "one").result(ENOUGH)
    keep(sqlite_store, sqlite_engine, conversation())
    clock.move(seconds=1)
    sqlite_store.erase(ID)
    assert kept.read(ID) is None
    with away(sqlite_engine):
        assert kept.read(ID) is None


def test_a_database_without_tables_is_one_that_is_away(new_trackers: NewTrackers, engine: Engine, clock: Clock) -> None:
    kept = new_trackers(engine)
    written = kept.keep(ID, "one")
    assert kept.read(ID) == "one"
    assert new_trackers(engine).read(ID) is None
    ConversationStore(engine, clock).migrate()
    assert written.result(ENOUGH)


def test_many_threads_keep_many_dialogues(new_trackers: NewTrackers, engine: Engine, store: ConversationStore) -> None:
    kept, names = new_trackers(engine), [conversation(name).id for name in "abcdefgh"]
    wrong: list[str] = []

    def talk(name: str) -> None:
        for number in range(20):
            kept.keep(name, f"{name} {number}")
            if kept.read(name) != f"{name} {number}":
                wrong.append(name)

    people = [threading.Thread(target=talk, args=(name,)) for name in names]
    for person in people:
        person.start()
    for person in people:
        person.join(ENOUGH)
    assert wrong == []
    for name in names:
        kept.keep(name, f"{name} last").result(ENOUGH)
    assert [state(engine, name) for name in names] == [f"{name} last" for name in names]
