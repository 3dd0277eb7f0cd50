"""What staff are told of what was asked: counts that lead back to nobody, on either kind of database."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.missed import Missed
from records.model import KeptMessage
from records.repository import HISTORY, MIGRATIONS, ConversationStore
from storage.engine import write
from storage.migrations import upgrade
from tests.records.conftest import NOON, conversation


def shows(entry: str, revision: int) -> list[dict[str, object]]:
    origin = {"kind": "revision", "id": entry, "number": revision}
    return [{"custom": {"kind": "answer", "locale": "en", "entry": entry, "provenance": [origin]}}]


def keep(store: ConversationStore, engine: Engine, person: str, number: int, message: KeptMessage) -> None:
    with write(engine) as connection:
        store.keep(connection, conversation(person, introduced=True), f"m{number}", message)


def asked(store: ConversationStore, engine: Engine) -> None:
    """Three people ask about walruses in two spellings, one about tea, twice."""
    said = [("a", "can walruses get lupus"), ("b", "Can walruses get lupus?"), ("c", "can walruses get lupus")]
    for number, (person, text) in enumerate([*said, ("a", "green tea"), ("a", "green tea")]):
        near = ("lupus-what-is", "lupus-cure") if "walrus" in text else ()
        keep(store, engine, person, number, KeptMessage(NOON, text, "abstain", [], Missed("abstain", near, 0.1)))


def test_missed_questions_are_counted_by_words_and_by_people(store: ConversationStore, engine: Engine) -> None:
    asked(store, engine)
    first, second = store.missed_groups()
    assert (first.text, first.count, first.people, first.nearest[0]) == (
        "can walruses get lupus",
        3,
        3,
        "lupus-what-is",
    )
    assert (second.text, second.count, second.people) == ("green tea", 2, 1)
    assert [group.text for group in store.missed_groups(1)] == ["can walruses get lupus"]
    assert store.missed_near() == {"lupus-what-is": 3}


def test_the_mark_changes_with_a_question_and_with_an_erasure(store: ConversationStore, engine: Engine) -> None:
    asked(store, engine)
    mark = store.missed_mark()
    store.erase(conversation("b").id)
    assert store.missed_mark() != mark
    assert store.missed_groups()[0].count == 2


def test_what_is_set_aside_stays_so_in_any_spelling(store: ConversationStore, engine: Engine) -> None:
    asked(store, engine)
    key = store.missed_groups()[0].key
    for person in ("Anna", "Ben"):
        store.set_aside(key, person)
    assert [group.text for group in store.missed_groups()] == ["green tea"]


def test_answers_are_counted_by_entry_and_messages_by_day(store: ConversationStore, engine: Engine) -> None:
    day = dt.timedelta(days=1)
    for number, (entry, at) in enumerate([("lupus-sun", NOON), ("lupus-sun", NOON - day), ("lupus-cure", NOON)]):
        keep(store, engine, "a", number, KeptMessage(at, "sun?", "answer", shows(entry, number + 1)))
    keep(store, engine, "a", 9, KeptMessage(NOON, "hello", "smalltalk", []))
    assert store.shown_counts() == {"en/lupus-sun": 2, "en/lupus-cure": 1}
    assert sorted(store.kinds_by_day()) == [
        ("2026-11-01", "answer", 1),
        ("2026-11-02", "answer", 2),
        ("2026-11-02", "smalltalk", 1),
    ]
    numbers = [number for number, _ in store.newest_questions(2)]
    assert set(store.texts_of(numbers).values()) == {"sun?"}
    assert len(store.newest_questions(10)) == 3
    store.erase(conversation("a").id)
    assert store.texts_of(numbers) == {}


def test_a_contact_is_forgotten_once_somebody_has_written(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, "a", 1, KeptMessage(NOON, None, "handoff", [], contact="ana.quill@example.org"))
    [(contact_id, request)] = store.inbox()
    assert request.contact == "ana.quill@example.org"
    assert store.forget_contact(contact_id)
    assert not store.forget_contact(contact_id)
    assert store.inbox() == []


def test_questions_kept_before_they_were_counted_in_an_index_are_counted_too(engine: Engine) -> None:
    steps = sorted(file.name for file in (MIGRATIONS / "versions").glob("0*.py"))
    before = steps[steps.index(next(name for name in steps if name.endswith("_first_views.py"))) - 1][:4]
    known = {"id": "a" * 32, "channel": "chat", "started_at": NOON.isoformat(), "heard_at": NOON.isoformat()}
    known |= {"locale": "en", "introduced": True, "therapy": False}
    missed = {"conversation_id": "a" * 32, "day": "2026-11-22", "locale": "en", "kind": "abstain", "nearest": "tea"}
    with write(engine) as connection:
        upgrade(connection, MIGRATIONS, HISTORY, before)
        connection.execute(sa.insert(_table("conversations", known)), known)
        for text in ("green tea", "black tea", "green tea"):
            row = {**missed, "text": text}
            connection.execute(sa.insert(_table("missed_questions", row)), row)
    store = ConversationStore(engine, lambda: NOON)
    store.migrate()
    assert [(group.text, group.count) for group in store.missed_groups()] == [("green tea", 2), ("black tea", 1)]


def _table(name: str, row: dict[str, object]) -> sa.sql.TableClause:
    return sa.table(name, *map(sa.column, row))
