"""Questions without an answer, and contact details: kept apart, and gone with whom they belong to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from records.errors import UnknownConversation
from records.missed import Cluster, Missed, MissedQuestion, clustered
from records.model import KeptMessage
from records.repository import ConversationStore
from records.retention import Retention
from storage.engine import write
from tests.records.conftest import NOON, REPLIES, Clock, bytes_of, conversation, keep

MISSED = Missed("abstain", ("lupus-skin", "lupus-sun"), 0.31, "en")
CONTACT = "ana.quill@example.org"


def ask(
    store: ConversationStore,
    engine: Engine,
    name: str = "a",
    message: str = "m1",
    text: str | None = "can walruses get lupus",
    missed: Missed | None = MISSED,
    contact: str | None = None,
) -> None:
    with write(engine) as connection:
        said = KeptMessage(NOON, text, "abstain", REPLIES, missed, contact)
        store.keep(connection, conversation(name, introduced=True), message, said)


def test_a_question_without_an_answer_waits_for_staff_redacted(store: ConversationStore, engine: Engine) -> None:
    ask(store, engine, text="can my dog get lupus, write to ana.quill@example.org")
    asked = "can my dog get lupus, write to [email]"
    assert store.missed() == [MissedQuestion("2026-11-02", asked, MISSED)]


def test_of_one_who_was_not_told_what_is_kept_no_question_is(store: ConversationStore, engine: Engine) -> None:
    ask(store, engine, text=None)
    assert store.missed() == []


def test_a_message_that_is_delivered_twice_is_missed_and_left_once(store: ConversationStore, engine: Engine) -> None:
    for _ in range(2):
        ask(store, engine, contact=CONTACT)
    assert (len(store.missed()), [row.contact for row in store.contacts()]) == (1, [CONTACT])


def test_who_is_forgotten_takes_questions_and_contact_along(
    sqlite_store: ConversationStore, sqlite_engine: Engine
) -> None:
    ask(sqlite_store, sqlite_engine, contact=CONTACT)
    ask(sqlite_store, sqlite_engine, "b", text="about someone else", contact="503 555 0182")
    assert sqlite_store.erase(conversation().id).messages == 1
    assert [question.text for question in sqlite_store.missed()] == ["about someone else"]
    assert [request.contact for request in sqlite_store.contacts()] == ["503 555 0182"]
    sqlite_store.forget_freed_pages()
    left = bytes_of(sqlite_engine)
    assert CONTACT.encode() not in left
    assert b"walruses" not in left


def test_a_contact_outlives_its_conversation_but_not_a_wish_to_be_forgotten(
    store: ConversationStore, engine: Engine, clock: Clock
) -> None:
    ask(store, engine, contact=CONTACT)
    clock.move(days=20)
    Retention(store, clock, days=10, contact_days=30).run(confirmed=True)
    assert store.find(conversation().id)[0] is None
    assert store.missed() == []
    assert [request.contact for request in store.contacts()] == [CONTACT]
    assert store.export(conversation().id)["contacts"][0]["contact"] == CONTACT
    store.erase(conversation().id)
    assert store.contacts() == []
    with pytest.raises(UnknownConversation):
        store.export(conversation().id)


def test_contacts_go_after_days_of_their_own(store: ConversationStore, engine: Engine, clock: Clock) -> None:
    ask(store, engine, contact=CONTACT)
    clock.move(days=5)
    retention = Retention(store, clock, days=30, contact_days=3)
    assert retention.run().contacts == 1
    assert store.contacts() == []
    assert len(store.missed()) == 1, "the conversation is kept for longer"


def test_a_clock_that_was_wrong_keeps_no_contact_for_ever(
    store: ConversationStore, engine: Engine, clock: Clock
) -> None:
    ask(store, engine, contact=CONTACT)
    clock.move(days=-400)
    store.bring_back(clock())
    clock.move(days=15)
    assert store.prune(clock() - timedelta(days=100), contacts_older_than=clock() - timedelta(days=14)).contacts == 1


def test_a_person_gets_a_copy_of_both(store: ConversationStore, engine: Engine) -> None:
    ask(store, engine, contact=CONTACT)
    copy = store.export(conversation().id)
    assert [row["contact"] for row in copy["contacts"]] == [CONTACT]
    assert [row["text"] for row in copy["missed_questions"]] == ["can walruses get lupus"]


def test_nothing_comes_back_of_a_conversation_that_was_erased(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation())
    store.erase(conversation().id)
    ask(store, engine, message="late", contact=CONTACT)
    assert (store.missed(), store.contacts()) == ([], [])


def test_questions_in_the_same_words_are_counted_together() -> None:
    rows = [
        MissedQuestion("2026-11-01", "Lupus and teeth?", MISSED),
        MissedQuestion("2026-11-03", "lupus and TEETH", Missed("clarify", ("lupus-mouth-sores",))),
        MissedQuestion("2026-11-02", "dogs", MISSED),
        MissedQuestion("2026-11-02", "lupus and teeth", MISSED),
        MissedQuestion("2026-11-04", "???", MISSED),
    ]
    first, *rest = clustered(rows)
    assert first == Cluster("Lupus and teeth?", 3, ("abstain", "clarify"), "2026-11-03", ("lupus-mouth-sores",))
    assert [(cluster.text, cluster.count) for cluster in rest] == [("???", 1), ("dogs", 1)]
