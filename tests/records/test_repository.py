"""What the conversation store promises, on each kind of database."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection, Engine

from records.errors import Unavailable, UnknownConversation
from records.identity import conversation_id, erasure_hash, token_conversation_id
from records.model import KeptMessage, ShownCard
from records.repository import HISTORY, ConversationStore
from records.tables import erasures, messages, metadata
from storage.engine import open_engine, read, write
from storage.errors import SchemaMismatch
from tests.records.conftest import (
    NOON,
    REPLIES,
    Clock,
    bytes_of,
    conversation,
    keep,
    keep_tracker,
    rows,
    without_steps_from_4,
)


def texts(engine: Engine) -> list[str | None]:
    with read(engine) as connection:
        return list(connection.execute(sa.select(messages.c.text).order_by(messages.c.id)).scalars())


@contextmanager
def meeting(engine: Engine, statement: str) -> Iterator[None]:
    """Two writers wait for each other before this statement, on a database that lets two get that far."""
    barrier = threading.Barrier(2)

    def wait(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith(statement):
            try:
                barrier.wait(0.5)
            except threading.BrokenBarrierError:
                # SQLite lets the second writer begin when the first is done.
                return

    sa.event.listen(engine, "before_cursor_execute", wait)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", wait)


def test_who_never_wrote_is_not_known(store: ConversationStore) -> None:
    assert store.find(conversation().id, "m1") == (None, None)


def test_what_is_kept_is_found_whole_by_another_process(
    store: ConversationStore, engine: Engine, url: str, clock: Clock
) -> None:
    kept = conversation(
        locale="es",
        region="MX",
        introduced=True,
        therapy=True,
        suppressed=True,
        card=ShownCard("emergency", "stroke", "es"),
        last_entry="lupus-contagious",
    )
    keep(store, engine, kept, "m1")
    elsewhere = ConversationStore(open_engine(url), clock)
    assert elsewhere.find(kept.id, "m1") == (kept, REPLIES)
    assert elsewhere.find(kept.id, "m2") == (kept, None)
    assert elsewhere.find(kept.id) == (kept, None)


def test_looking_for_a_conversation_and_an_answer_is_one_question_to_the_database(
    store: ConversationStore, engine: Engine
) -> None:
    keep(store, engine, conversation(), "m1")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        asked.append(said)

    sa.event.listen(engine, "before_cursor_execute", note)
    store.find(conversation().id, "m1")
    assert [said.split()[0] for said in asked if said != "BEGIN"] == ["SELECT"]


def test_a_message_is_kept_once_with_its_first_answer(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation(), "m1", "first")
    with write(engine) as connection:
        store.keep(connection, conversation(), "m1", KeptMessage(NOON, "again", "abstain", [{"text": "other"}]))
    assert texts(engine) == ["first"]
    assert store.find(conversation().id, "m1")[1] == REPLIES


def test_the_same_message_id_of_two_people_is_two_messages(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation("a"), "1", "mine")
    keep(store, engine, conversation("b"), "1", "yours")
    assert sorted(map(str, texts(engine))) == ["mine", "yours"]


@pytest.mark.parametrize("statement", ["UPDATE conversations", "INSERT INTO conversations", "INSERT INTO messages"])
def test_two_processes_that_answer_one_message_at_once_keep_one_answer(
    store: ConversationStore, engine: Engine, statement: str
) -> None:
    first, second = conversation(), replace(conversation(), started_at=NOON + timedelta(seconds=1), therapy=True)

    def answer(of: Any) -> None:
        with write(engine) as connection:
            store.keep(connection, of, "m1", KeptMessage(NOON, "hello", "answer", [of.therapy]))

    with meeting(engine, statement), ThreadPoolExecutor(2) as pool:
        list(pool.map(answer, [first, second]))
    assert rows(engine)["conversations"] == rows(engine)["messages"] == 1
    known, replies = store.find(first.id, "m1")
    assert known is not None
    assert known.therapy
    assert replies in ([False], [True])


def test_what_was_said_or_mentioned_once_is_not_forgotten_by_who_did_not_know_it(
    store: ConversationStore, engine: Engine
) -> None:
    said = {"introduced": True, "therapy": True, "suppressed": True, "region": "MX", "last_entry": "tea"}
    keep(store, engine, conversation(**said), "m1")
    keep(store, engine, conversation(locale="es"), "m2")
    assert store.find(conversation().id)[0] == conversation(locale="es", **said)


def test_a_card_is_remembered_until_another_answer_follows_it(store: ConversationStore, engine: Engine) -> None:
    card = ShownCard("crisis", "crisis", "en")
    keep(store, engine, conversation(card=card), "m1")
    assert store.find(conversation().id)[0] == conversation(card=card)
    keep(store, engine, conversation(), "m2")
    assert store.find(conversation().id)[0] == conversation()


@pytest.mark.parametrize(
    ("written", "kept"), [("half \ud83d of a sign", "half ? of a sign"), ("a\x00b", "ab"), ("", ""), ("ü 🙂", "ü 🙂")]
)
def test_odd_signs_do_not_lose_a_message(store: ConversationStore, engine: Engine, written: str, kept: str) -> None:
    with write(engine) as connection:
        store.keep(connection, conversation(), "m\ud83d", KeptMessage(NOON, written, "answer", [{"text": written}]))
    assert texts(engine) == [kept]
    assert store.find(conversation().id, "m\ud83d")[1] == [{"text": written}]


def test_words_that_may_not_be_kept_are_not(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation(), "m1", None)
    assert texts(engine) == [None]


PRIVATE = {
    "my name is Marguerite Oyelaran and I have lupus": (b"Marguerite", b"Oyelaran"),
    "write to marguerite.o@example.org please": (b"marguerite.o", b"example.org"),
    "call me at (503) 555-0182 tonight": (b"555-0182", b"5550182"),
    "I was born on 14 March 1987": (b"14 March 1987", b"1987"),
    "my MRN is 00482911, I live at 48 Linden Street": (b"00482911", b"Linden"),
}


def test_no_byte_on_the_disk_points_to_a_person(sqlite_store: ConversationStore, sqlite_engine: Engine) -> None:
    for number, text in enumerate(PRIVATE):
        keep(sqlite_store, sqlite_engine, conversation(), f"whatsapp:+15035550182:{number}", text)
    found = bytes_of(sqlite_engine)
    assert b"I have lupus" in found
    assert [trace for traces in PRIVATE.values() for trace in traces if trace in found] == []


def test_the_file_and_its_log_are_for_their_owner_alone(sqlite_store: ConversationStore, sqlite_engine: Engine) -> None:
    keep(sqlite_store, sqlite_engine, conversation())
    file = Path(sqlite_engine.url.database)
    parts = sorted(file.parent.glob(f"{file.name}*"))
    assert len(parts) == 3
    assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o600}


def test_no_row_of_a_server_points_to_a_person(store: ConversationStore, engine: Engine) -> None:
    for number, text in enumerate(PRIVATE):
        keep(store, engine, conversation(), f"whatsapp:+15035550182:{number}", text)
    found = ""
    with read(engine) as connection:
        for table in metadata.tables.values():
            found += str(connection.execute(sa.select(table)).all())
    assert "I have lupus" in found
    assert [trace for traces in PRIVATE.values() for trace in traces if trace.decode() in found] == []


def test_an_erased_conversation_leaves_a_receipt_and_nothing_else(
    store: ConversationStore, engine: Engine, clock: Clock
) -> None:
    gone, other = conversation("a"), conversation("b")
    for number in range(3):
        keep(store, engine, gone, f"m{number}")
    keep(store, engine, other, "m0")
    keep_tracker(engine, gone.id, NOON)
    keep_tracker(engine, other.id, NOON)
    clock.move(hours=1)
    receipt = store.erase(gone.id)
    assert (receipt.messages, receipt.erased_at) == (3, NOON + timedelta(hours=1))
    assert rows(engine) == {"conversations": 1, "messages": 1, "trackers": 1, "erasures": 1}
    assert store.find(gone.id, "m0") == (None, None)
    assert store.find(other.id, "m0") == (other, REPLIES)
    with read(engine) as connection:
        left = connection.execute(sa.select(erasures)).mappings().one()
    assert (left["receipt"], left["reason"]) == (receipt.number, "request")
    assert left["conversation_hash"] == erasure_hash(gone.id)
    assert gone.id not in str(left)
    for act in (store.erase, store.export):
        with pytest.raises(UnknownConversation, match=r"nothing is kept of a conversation 0+a"):
            act(gone.id)


def test_no_byte_of_an_erased_conversation_is_left_on_the_disk(
    sqlite_store: ConversationStore, sqlite_engine: Engine
) -> None:
    words = "why does my butterfly rash come back"
    for number in range(50):
        keep(sqlite_store, sqlite_engine, conversation("a"), f"m{number}", words)
        keep(sqlite_store, sqlite_engine, conversation("b"), f"m{number}", "is tea good")
    assert words.encode() in bytes_of(sqlite_engine)
    sqlite_store.erase(conversation("a").id)
    assert words.encode() not in bytes_of(sqlite_engine)
    assert conversation("a").id.encode() not in bytes_of(sqlite_engine)
    assert b"is tea good" in bytes_of(sqlite_engine)


def test_an_erasure_that_is_run_again_gives_the_same_receipt(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation())

    def erase(connection: Connection) -> object:
        return store.erase_within(connection, conversation().id, NOON, "number")

    receipts = []
    for _ in range(2):
        with write(engine) as connection:
            receipts.append(erase(connection))
    assert receipts[0] == receipts[1]
    assert rows(engine)["erasures"] == 1


def test_a_turn_that_was_under_way_does_not_bring_an_erased_conversation_back(
    store: ConversationStore, engine: Engine
) -> None:
    keep(store, engine, conversation(), "m1")
    store.erase(conversation().id)
    keep(store, engine, conversation(therapy=True), "m2")
    with write(engine) as connection:
        store.add(connection, conversation())
    assert rows(engine) == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 1}


def test_who_writes_again_after_an_erasure_begins_anew(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation(therapy=True), "m1")
    store.erase(conversation().id)
    anew = replace(conversation(), started_at=NOON + timedelta(seconds=1))
    keep(store, engine, anew, "m1")
    assert store.find(anew.id, "m1") == (anew, REPLIES)


def test_a_receipt_is_never_older_than_the_conversation(store: ConversationStore, engine: Engine) -> None:
    fast = replace(conversation(), started_at=NOON + timedelta(minutes=5))
    keep(store, engine, fast)
    store.erase(fast.id)
    keep(store, engine, fast, "m2")
    assert rows(engine)["conversations"] == 0


def test_a_person_gets_a_copy_of_all_that_is_kept(store: ConversationStore, engine: Engine) -> None:
    card = ShownCard("emergency", "stroke", "en")
    keep(store, engine, conversation(introduced=True, card=card), "m1", None)
    keep(store, engine, conversation(introduced=True, card=card), "m2", "is lupus contagious")
    keep_tracker(engine, conversation().id, NOON)
    copy = store.export(conversation().id)
    assert copy["conversation"]["card"] == {"kind": "emergency", "card": "stroke", "locale": "en"}
    assert copy["conversation"]["introduced"] is True
    at = "2026-11-02T12:00:00.000000+00:00"
    assert copy["messages"] == [
        {"at": at, "text": None, "kind": "answer", "replies": REPLIES},
        {"at": at, "text": "is lupus contagious", "kind": "answer", "replies": REPLIES},
    ]
    assert copy["tracker"]["state"] == {"slots": {}}
    keep_tracker(engine, "someone who talks without the gateway", NOON)
    assert store.export("someone who talks without the gateway")["messages"] == []


def test_ids_tell_people_and_channels_apart_and_need_the_secret() -> None:
    ids = {
        conversation_id(secret, channel, sender)
        for secret in (b"one", b"two")
        for channel, sender in (("sms", "+1503"), ("sms", "+1504"), ("rest", "+1503"), ("res", "t+1503"))
    }
    assert len(ids) == 8
    assert {len(name) for name in ids} == {32}
    assert conversation_id(b"one", "sms", "+1503") in ids
    assert len(conversation_id(b"one", "sms", "\ud800")) == len(token_conversation_id("\ud800")) == 32


def test_the_steps_of_the_schema_end_in_the_tables_of_the_code(store: ConversationStore, engine: Engine) -> None:
    store.require_current()
    with read(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": HISTORY})
        assert compare_metadata(context, metadata) == []


def test_bringing_it_up_to_date_twice_keeps_what_is_there(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation())
    store.migrate()
    assert store.find(conversation().id)[0] == conversation()


def test_what_an_earlier_version_kept_is_there_after_the_change(store: ConversationStore, engine: Engine) -> None:
    keep(store, engine, conversation(), text="what is lupus")
    before = store.export(conversation().id)
    with write(engine) as connection:
        connection.execute(sa.text("DROP TABLE reports"))
        without_steps_from_4(connection)
        connection.execute(sa.text("ALTER TABLE messages DROP COLUMN shown"))
        connection.execute(sa.text(f"UPDATE {HISTORY} SET version_num = '0001'"))
    with pytest.raises(SchemaMismatch, match="older than the code"):
        store.require_current()
    store.migrate()
    assert (store.export(conversation().id), store.reports()) == (before, [])


def test_from_the_version_before_questions_and_contacts_were_kept_nothing_is_lost(
    store: ConversationStore, engine: Engine
) -> None:
    keep(store, engine, conversation(introduced=True), text="what is lupus")
    before = store.export(conversation().id)
    with write(engine) as connection:
        without_steps_from_4(connection)
        connection.execute(sa.text(f"UPDATE {HISTORY} SET version_num = '0003'"))
    store.migrate()
    assert store.find(conversation().id)[0] == conversation(introduced=True)
    assert (store.export(conversation().id), store.missed(), store.contacts()) == (before, [], [])


def test_a_database_without_tables_says_what_to_run(engine: Engine, clock: Clock) -> None:
    store = ConversationStore(engine, clock)
    with pytest.raises(SchemaMismatch, match=r"older than the code.*run: \./lantern records migrate"):
        store.require_current()
    acts: tuple[Callable[[], object], ...] = (
        lambda: store.find("a", "b"),
        lambda: store.erase("a"),
        lambda: store.export("a"),
        lambda: store.prune(NOON),
    )
    for act in acts:
        with pytest.raises(Unavailable):
            act()


def test_a_database_of_newer_code_is_refused(store: ConversationStore, engine: Engine) -> None:
    with write(engine) as connection:
        connection.exec_driver_sql(f"UPDATE {HISTORY} SET version_num = '9999'")
    for act in (store.migrate, store.require_current):
        with pytest.raises(SchemaMismatch, match=r"newer than the code \(version 9999\)"):
            act()


def test_tables_of_another_version_are_said_to_be_so(store: ConversationStore, engine: Engine) -> None:
    with write(engine) as connection:
        connection.exec_driver_sql("ALTER TABLE conversations RENAME COLUMN therapy TO treatment")
    with pytest.raises(Unavailable):
        store.find(conversation().id)
