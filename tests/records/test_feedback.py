"""Whether an answer helped: kept with the exact text, redacted, once for each answer, gone with the conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.engine import Engine

from records.judgements import Judgement, judgements
from records.model import Feedback
from records.recorder import Recorder
from records.repository import ConversationStore
from records.retention import Retention
from storage.engine import write
from tests.records.conftest import ENOUGH, NOON, Clock, bytes_of, conversation, keep


def opinion(entry: str | None = "lupus-skin", helpful: bool = True, word: str | None = None) -> Feedback:
    return Feedback("en", "answer", entry, 2 if entry else None, helpful, word, NOON)


def judge(store: ConversationStore, engine: Engine, given: Feedback, name: str = "a", message: str = "m1") -> None:
    with write(engine) as connection:
        store.keep_feedback(connection, conversation(name), message, given)


def test_it_is_kept_with_the_revision_and_redacted(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation())
    judge(store, engine, opinion(helpful=False, word="write to ana.quill@example.org about it"))
    assert store.feedback() == [opinion(helpful=False, word="write to [email] about it")]


def test_who_judges_again_is_counted_once_and_each_answer_by_itself(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation())
    for given in (opinion(), opinion(helpful=False), opinion(helpful=False, word="too long"), opinion("lupus-sun")):
        judge(store, engine, given)
    kept = store.feedback()
    assert sorted((row.entry or "", row.helpful, row.word) for row in kept) == [
        ("lupus-skin", False, "too long"),
        ("lupus-sun", True, None),
    ]


def test_nothing_is_kept_of_a_conversation_that_is_not(store: ConversationStore, engine: Engine) -> None:
    judge(store, engine, opinion())
    keep(store, engine, conversation())
    judge(store, engine, opinion())
    store.erase(conversation().id)
    judge(store, engine, opinion())
    assert store.feedback() == []


def test_it_goes_with_its_conversation(sqlite_store: ConversationStore, sqlite_engine: Engine) -> None:
    for name in ("a", "b"):
        keep(sqlite_store, sqlite_engine, conversation(name))
        judge(sqlite_store, sqlite_engine, opinion(word=f"walruses of {name}"), name)
    sqlite_store.erase(conversation().id)
    assert [row.word for row in sqlite_store.feedback()] == ["walruses of b"]
    assert b"walruses of a" not in bytes_of(sqlite_engine)


def test_retention_takes_it_along(store: ConversationStore, engine: Engine, clock: Clock) -> None:
    keep(store, engine, conversation())
    judge(store, engine, opinion())
    clock.move(days=40)
    Retention(store, clock, days=30).run(confirmed=True)
    assert store.feedback() == []


def test_a_person_gets_a_copy_of_it(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation())
    judge(store, engine, opinion(word="clear"))
    [row] = store.export(conversation().id)["feedback"]
    assert (row["entry"], row["revision"], row["helpful"], row["word"]) == ("lupus-skin", 2, True, "clear")


def test_the_recorder_dates_it(
    store: ConversationStore, engine: Engine, new_recorder: Callable[..., Recorder], clock: Clock
) -> None:
    recorder = new_recorder(engine, store)
    keep(store, engine, conversation())
    clock.move(hours=1)
    recorder.rate(conversation(), "m1", "en", "defer", None, None, False, None).result(ENOUGH)
    [kept] = store.feedback()
    assert (kept.entry, kept.kind, kept.at) == (None, "defer", clock())


@pytest.mark.parametrize("order", [1, -1])
def test_what_failed_people_most_comes_first(order: int) -> None:
    given = [opinion(), opinion("b", False, "first"), opinion("b", False, "second"), opinion(None, False), opinion("b")]
    found = judgements(given[::order])
    assert [(row.what, row.helped, row.failed) for row in found] == [
        ("en/b, revision 2", 1, 2),
        ("en, an answer of kind answer", 0, 1),
        ("en/lupus-skin, revision 2", 1, 0),
    ]
    assert found[0] == Judgement("en/b, revision 2", 1, 2, ("first", "second")[::order])
