"""What a knowledge store promises, on each kind of database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from knowledge.errors import EditRefused, StoreUnavailable
from knowledge.model import Entry, Release
from knowledge.store.repository import HISTORY, KnowledgeStore
from knowledge.store.tables import metadata
from storage.engine import open_engine, read, write
from tests.knowledge.samples import CARD, ENTRIES, NOON, SOURCE, STEPS, TEA, publication

SOURCES = {SOURCE.key: SOURCE}
BETTER_TEA = replace(TEA, answer="Tea is a warm drink.", figures=())


def texts(release: Release) -> dict[str, tuple[int, str]]:
    return {revision.entry.id: (revision.number, revision.entry.answer) for revision in release.revisions}


@contextmanager
def failing(engine: Engine, statement: str) -> Iterator[None]:
    """The database fails at statements that begin so."""

    def fail(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith(statement):
            raise sa.exc.OperationalError(said, None, Exception("the disk went away"))

    sa.event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", fail)


def test_an_empty_store_has_no_release(store: KnowledgeStore) -> None:
    assert store.newest_release() == 0
    assert store.sources() == {}
    assert not store.has_origin("seed")
    with pytest.raises(KeyError):
        store.release(1)


def test_what_is_published_is_live_and_complete(store: KnowledgeStore, url: str) -> None:
    assert store.publish(ENTRIES, SOURCES, **publication()) == 1
    elsewhere = KnowledgeStore(open_engine(url))
    release = elsewhere.release(elsewhere.newest_release())
    assert {revision.entry for revision in release.revisions} == set(ENTRIES)
    assert (release.number, release.by, release.published_at) == (1, "starter", NOON)
    revision = release.revisions[0]
    assert (revision.number, revision.author, revision.review) == (1, "starter", "editorial")
    assert (revision.approvers, revision.created_at) == ((), NOON)
    assert elsewhere.sources() == SOURCES
    assert store.has_origin("seed")
    assert not store.has_origin("editing")


def test_publishing_the_same_again_changes_nothing(store: KnowledgeStore) -> None:
    store.publish(ENTRIES, SOURCES, **publication())
    assert store.publish(ENTRIES[::-1], SOURCES, **publication(base=1)) == 1
    assert store.newest_release() == 1


def test_a_changed_entry_gets_the_next_revision_and_the_others_keep_theirs(store: KnowledgeStore) -> None:
    store.publish(ENTRIES, SOURCES, **publication())
    assert store.publish([BETTER_TEA, STEPS, CARD], SOURCES, **publication(base=1)) == 2
    live = texts(store.release(2))
    assert live["tea-what-is"] == (2, "Tea is a warm drink.")
    assert live["tea-steps"][0] == live["scald"][0] == 1


def test_a_release_never_changes_once_it_is_published(store: KnowledgeStore, url: str) -> None:
    store.publish(ENTRIES, SOURCES, **publication())
    first = store.release(1)
    store.publish([BETTER_TEA], SOURCES, **publication(base=1))
    assert store.release(1) == first == KnowledgeStore(open_engine(url)).release(1)
    assert list(texts(store.release(2))) == ["tea-what-is"]


def test_an_older_text_comes_back_as_a_new_release(store: KnowledgeStore) -> None:
    store.publish([TEA], SOURCES, **publication())
    store.publish([BETTER_TEA], SOURCES, **publication(base=1))
    assert store.publish([TEA], SOURCES, **publication(base=2)) == 3
    assert texts(store.release(3))["tea-what-is"][1] == TEA.answer
    assert texts(store.release(2))["tea-what-is"] == (2, "Tea is a warm drink.")


def test_the_same_text_approved_by_a_clinician_is_another_revision(store: KnowledgeStore) -> None:
    store.publish([TEA], SOURCES, **publication())
    store.publish([TEA], SOURCES, **publication(base=1, review="clinician", origin="editing"))
    approved = store.release(2).revisions[0]
    assert (approved.number, approved.review) == (2, "clinician")
    assert store.has_origin("editing")


def test_numbers_count_within_one_entry_and_locale(store: KnowledgeStore) -> None:
    store.publish([TEA], SOURCES, **publication())
    spanish = replace(BETTER_TEA, locale="es")
    store.publish([BETTER_TEA, spanish], SOURCES, **publication(base=1))
    assert {r.entry.locale: r.number for r in store.release(2).revisions} == {"en": 2, "es": 1}


@pytest.mark.parametrize("base", [0, 2])
def test_a_publication_that_looked_at_another_release_is_refused(store: KnowledgeStore, base: int) -> None:
    store.publish([TEA], SOURCES, **publication())
    with pytest.raises(EditRefused, match="release 1 was published meanwhile; look at it and try again"):
        store.publish([BETTER_TEA], SOURCES, **publication(base=base))
    assert store.newest_release() == 1


def test_a_mended_source_alone_makes_a_release(store: KnowledgeStore) -> None:
    store.publish([TEA], SOURCES, **publication())
    mended = replace(SOURCE, year=2026)
    assert store.publish([TEA], {SOURCE.key: mended}, **publication(base=1)) == 2
    assert store.sources() == {SOURCE.key: mended}
    assert texts(store.release(2)) == texts(store.release(1))


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO revisions", "INSERT INTO sources", "INSERT INTO releases", "INSERT INTO release_revisions"],
)
def test_a_publication_that_fails_midway_leaves_the_old_release_as_it_was(
    store: KnowledgeStore, engine: Engine, statement: str
) -> None:
    store.publish([TEA], {}, **publication())
    before = store.release(1)
    with failing(engine, statement), pytest.raises(StoreUnavailable, match="the disk went away"):
        store.publish([BETTER_TEA, STEPS], SOURCES, **publication(base=1))
    assert (store.newest_release(), store.release(1), store.sources()) == (1, before, {})
    store.publish([BETTER_TEA, STEPS], SOURCES, **publication(base=1))
    assert {name: number for name, (number, _) in texts(store.release(2)).items()} == {"tea-what-is": 2, "tea-steps": 1}


@contextmanager
def meeting(engine: Engine, statement: str) -> Iterator[None]:
    """Two writers wait for each other after this statement, on a database that lets two get that far."""
    barrier = threading.Barrier(2)

    def wait(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith(statement):
            try:
                barrier.wait(0.5)
            except threading.BrokenBarrierError:
                # SQLite lets the second writer begin when the first is done.
                return

    sa.event.listen(engine, "after_cursor_execute", wait)
    try:
        yield
    finally:
        sa.event.remove(engine, "after_cursor_execute", wait)


def both(act: Callable[[Any], object], *arguments: Any) -> list[object]:
    """What each of two calls at the same time returns or raises."""

    def outcome(argument: Any) -> object:
        try:
            return act(argument)
        except Exception as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(outcome, arguments))


def test_of_two_publishers_at_once_one_wins_and_the_other_is_told(store: KnowledgeStore, engine: Engine) -> None:
    store.publish([TEA], SOURCES, **publication())

    def publish(entries: list[Entry]) -> int:
        return store.publish(entries, SOURCES, **publication(base=1))

    with meeting(engine, "SELECT max(releases.number)"):
        outcomes = both(publish, [BETTER_TEA], [TEA, STEPS])
    assert store.newest_release() == 2
    assert 2 in outcomes, outcomes
    refused = next(outcome for outcome in outcomes if outcome != 2)
    assert isinstance(refused, EditRefused), repr(refused)
    assert "published meanwhile" in str(refused)


def test_vectors_are_kept_by_text_and_model(store: KnowledgeStore) -> None:
    one, two = np.arange(384, dtype=np.float32), np.ones(384, dtype=np.float32)
    store.keep_vectors({"a": one, "b": two}, "model-1")
    found = store.vectors(["a", "b", "c"], "model-1")
    assert set(found) == {"a", "b"}
    assert np.array_equal(found["a"], one)
    assert store.vectors(["a"], "model-2") == {}


def test_a_vector_that_is_kept_stays_as_it_is(store: KnowledgeStore) -> None:
    first, second = np.zeros(384, np.float32), np.ones(384, np.float32)
    store.keep_vectors({"a": first}, "model-1")
    store.keep_vectors({"a": second, "b": second}, "model-1")
    found = store.vectors(["a", "b"], "model-1")
    assert not found["a"].any()
    assert found["b"].all()


def test_more_vectors_than_one_statement_can_name_are_found(store: KnowledgeStore) -> None:
    vector = np.ones(4, np.float32)
    store.keep_vectors({f"text-{number}": vector for number in range(1300)}, "model-1")
    assert len(store.vectors([f"text-{number}" for number in range(-100, 1300)], "model-1")) == 1300
    assert store.vectors([], "model-1") == {}


def test_two_processes_may_keep_the_same_vectors_at_once(store: KnowledgeStore, engine: Engine) -> None:
    vector = np.ones(4, np.float32)

    def keep(names: list[str]) -> None:
        store.keep_vectors(dict.fromkeys(names, vector), "model-1")

    with meeting(engine, "SELECT vectors.text_hash"):
        outcomes = both(keep, ["a", "b"], ["b", "c"])
    assert outcomes == [None, None]
    assert set(store.vectors(["a", "b", "c"], "model-1")) == {"a", "b", "c"}


def test_the_steps_of_the_schema_end_in_the_tables_of_the_code(store: KnowledgeStore, engine: Engine) -> None:
    store.require_current()
    with read(engine) as connection:
        ours = {"version_table": HISTORY, "include_name": lambda name, *_: name != "sqlite_sequence"}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, metadata) == []


def test_bringing_it_up_to_date_twice_keeps_what_is_there(store: KnowledgeStore) -> None:
    store.publish(ENTRIES, SOURCES, **publication())
    store.migrate()
    assert store.newest_release() == 1


def test_a_database_without_tables_says_what_to_run(engine: Engine) -> None:
    store = KnowledgeStore(engine)
    with pytest.raises(StoreUnavailable, match=r"older than the code.*run: \./lantern content migrate"):
        store.require_current()
    for look in (store.newest_release, store.sources, lambda: store.release(1)):
        with pytest.raises(StoreUnavailable):
            look()


def test_a_database_of_newer_code_is_refused(store: KnowledgeStore, engine: Engine) -> None:
    with write(engine) as connection:
        connection.exec_driver_sql(f"UPDATE {HISTORY} SET version_num = '9999'")
    for act in (store.migrate, store.require_current):
        with pytest.raises(StoreUnavailable, match=r"newer than the code \(version 9999\); update the code or restore"):
            act()


def test_a_store_that_does_not_answer_says_so(store: KnowledgeStore, engine: Engine) -> None:
    store.publish([TEA], SOURCES, **publication())
    acts: tuple[Callable[[], object], ...] = (
        store.newest_release,
        store.sources,
        lambda: store.release(1),
        lambda: store.has_origin("seed"),
        lambda: store.vectors(["a"], "model-1"),
    )
    with failing(engine, "SELECT"):
        for act in acts:
            with pytest.raises(StoreUnavailable, match="the disk went away"):
                act()
    assert store.newest_release() == 1
