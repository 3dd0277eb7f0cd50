"""What a gateway may rely on: nothing said is forgotten, nobody waits, and what was erased does not come back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import records.recorder
from records.errors import Unavailable, UnknownConversation
from records.identity import token_conversation_id
from records.model import Conversation, Receipt, ShownCard
from records.recorder import Recorder
from records.repository import ConversationStore
from records.tables import erasures
from storage.engine import open_engine, read
from tests.records.conftest import ENOUGH, NOON, REPLIES, Clock, away, bytes_of, conversation, keep, locked, rows
from tests.running import wait_until

ID = conversation().id
NewRecorder = Callable[..., Recorder]


@pytest.fixture
def recorder(new_recorder: NewRecorder, engine: Engine, store: ConversationStore) -> Recorder:
    return new_recorder(engine, store)


@pytest.fixture
def sqlite_recorder(
    new_recorder: NewRecorder,
    sqlite_engine: Engine,
    sqlite_store: ConversationStore,
    monkeypatch: pytest.MonkeyPatch,
) -> Recorder:
    monkeypatch.setattr(records.recorder, "PATIENCE", ENOUGH)
    return new_recorder(sqlite_engine, sqlite_store)


def turn(recorder: Recorder, message_id: str = "m1", text: str | None = "hello", **state: object) -> Conversation:
    """One message from beginning to end, as the gateway handles it; its record may still be on its way."""
    known, answered = recorder.begin(ID, message_id)
    assert answered is None
    after = replace(known or recorder.start(ID, "rest"), **state)
    recorder.keep(after, message_id, text, "answer", REPLIES)
    return after


def test_a_person_who_comes_back_is_known_to_every_process(
    recorder: Recorder, new_recorder: NewRecorder, url: str, clock: Clock
) -> None:
    assert recorder.begin(ID, "m1") == (None, None)
    first = recorder.start(ID, "rest", "es", "MX")
    recorder.keep(replace(first, introduced=True), "m1", None, "answer", REPLIES).result(ENOUGH)
    engine = open_engine(url)
    elsewhere = new_recorder(engine, ConversationStore(engine, clock))
    assert elsewhere.begin(ID, "m2") == (replace(first, introduced=True), None)
    assert elsewhere.begin(ID, "m1")[1] == REPLIES


def test_a_turn_is_known_before_it_is_written(sqlite_recorder: Recorder, sqlite_engine: Engine) -> None:
    with locked(sqlite_engine):
        after = turn(sqlite_recorder, "m1", card=ShownCard("emergency", "stroke", "en"))
        assert sqlite_recorder.begin(ID, "m1") == (after, REPLIES)
        assert sqlite_recorder.begin(ID, "m2") == (after, None)
        assert sqlite_recorder.remembered(ID) == after
        assert (rows(sqlite_engine)["messages"], sqlite_recorder.waiting) == (0, 1)
        wait_until("the lock to be noticed", lambda: not sqlite_recorder.ok)
    wait_until("the turn to be written", lambda: not sqlite_recorder.waiting)
    assert rows(sqlite_engine)["messages"] == 1
    wait_until("all to be well", lambda: sqlite_recorder.ok)


def test_with_the_database_away_people_are_known_and_nothing_is_lost(
    sqlite_recorder: Recorder, sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    before = turn(sqlite_recorder, "m1", therapy=True)
    wait_until("the turn to be written", lambda: not sqlite_recorder.waiting)
    with away(sqlite_engine):
        assert sqlite_recorder.begin(ID, "m2") == (before, None)
        assert not sqlite_recorder.ok
        assert sqlite_recorder.begin(conversation("b").id, "m1") == (None, None)
        turn(sqlite_recorder, "m2", "my rash is back")
        assert sqlite_recorder.begin(ID, "m2") == (before, REPLIES)
    wait_until("both turns to be written", lambda: not sqlite_recorder.waiting)
    assert rows(sqlite_engine)["messages"] == 2
    assert sqlite_recorder.begin(ID, "m1") == (before, REPLIES)
    wait_until("all to be well", lambda: sqlite_recorder.ok)
    assert "rash" not in caplog.text


def test_memory_keeps_those_heard_last(
    new_recorder: NewRecorder, sqlite_engine: Engine, sqlite_store: ConversationStore
) -> None:
    recorder = new_recorder(sqlite_engine, sqlite_store, most=2)
    for name in "abc":
        recorder.keep(conversation(name), "m1", "hello", "answer", REPLIES).result(ENOUGH)
    with away(sqlite_engine):
        known = [recorder.begin(conversation(name).id, "m2")[0] is not None for name in "abc"]
    assert known == [False, True, True]
    assert recorder.begin(conversation("a").id, "m2")[0] == conversation("a")


def test_an_issued_token_opens_its_conversation_at_once_and_everywhere(
    recorder: Recorder, new_recorder: NewRecorder, engine: Engine, store: ConversationStore
) -> None:
    issued, token = recorder.issue("widget", "es", "MX", introduced=True)
    assert recorder.begin(token_conversation_id(token), "m1") == (issued, None)
    wait_until("it to be written", lambda: not recorder.waiting)
    assert new_recorder(engine, store).begin(token_conversation_id(token), "m1") == (issued, None)
    assert (issued.locale, issued.region, issued.introduced) == ("es", "MX", True)


def test_a_guessed_token_or_an_id_opens_nothing(recorder: Recorder) -> None:
    issued, token = recorder.issue("widget")
    assert len({recorder.issue("widget")[1] for _ in range(20)} | {token}) == 21
    for guess in (issued.id, token[:-1], token.lower() + "x", ""):
        assert recorder.begin(token_conversation_id(guess), "m1") == (None, None)


def test_a_token_is_not_on_the_disk(sqlite_recorder: Recorder, sqlite_engine: Engine) -> None:
    issued, token = sqlite_recorder.issue("widget")
    sqlite_recorder.close(ENOUGH)
    assert issued.id.encode() in bytes_of(sqlite_engine)
    assert token.encode() not in bytes_of(sqlite_engine)


def test_what_is_erased_is_gone_with_all_that_waited(sqlite_recorder: Recorder, sqlite_engine: Engine) -> None:
    turn(sqlite_recorder, "m1")
    wait_until("the first turn to be written", lambda: not sqlite_recorder.waiting)
    with locked(sqlite_engine):
        turn(sqlite_recorder, "m2", "words that were never written")
        receipts: list[Receipt] = []
        # Whoever presses the button twice gets the same receipt twice.
        erasing = [threading.Thread(target=lambda: receipts.append(sqlite_recorder.erase(ID))) for _ in range(2)]
        for thread in erasing:
            thread.start()
        wait_until("the erasure to begin", lambda: sqlite_recorder.remembered(ID) is None)
        assert sqlite_recorder.begin(ID, "m1") == (None, None)
        assert sqlite_recorder.begin(ID, "m2") == (None, None)
    for thread in erasing:
        thread.join(ENOUGH)
    assert receipts[0] == receipts[1]
    assert receipts[0].messages == 2
    assert rows(sqlite_engine) == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 1}
    assert b"never written" not in bytes_of(sqlite_engine)
    assert sqlite_recorder.begin(ID, "m1") == (None, None)


def test_an_erasure_that_cannot_be_done_now_says_so_and_is_done_later(
    sqlite_recorder: Recorder, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records.recorder, "PATIENCE", 0.1)
    turn(sqlite_recorder, "m1")
    wait_until("the turn to be written", lambda: not sqlite_recorder.waiting)
    with locked(sqlite_engine):
        for _ in range(2):
            with pytest.raises(Unavailable, match="erased as soon as the database answers"):
                sqlite_recorder.erase(ID)
        assert sqlite_recorder.begin(ID, "m1") == (None, None)
        with pytest.raises(UnknownConversation):
            sqlite_recorder.export(ID)
    wait_until("the erasure to be done", lambda: not sqlite_recorder.waiting)
    assert rows(sqlite_engine) == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 1}
    with pytest.raises(UnknownConversation):
        sqlite_recorder.erase(ID)


def test_a_turn_that_is_answered_while_it_is_erased_is_not_kept(recorder: Recorder, engine: Engine) -> None:
    turn(recorder, "m1")
    under_way, _ = recorder.begin(ID, "m2")
    assert under_way is not None
    receipt = recorder.erase(ID)
    recorder.keep(under_way, "m2", "hello", "answer", REPLIES).result(ENOUGH)
    assert recorder.begin(ID, "m2") == (None, None)
    assert recorder.remembered(ID) is None
    recorder.close(ENOUGH)
    assert rows(engine) == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 1}
    with read(engine) as connection:
        assert connection.execute(sa.select(erasures.c.receipt)).scalar() == receipt.number


def test_a_turn_that_comes_too_late_is_not_even_remembered(sqlite_recorder: Recorder, sqlite_engine: Engine) -> None:
    late = turn(sqlite_recorder, "m1")
    sqlite_recorder.erase(ID)
    with locked(sqlite_engine):
        sqlite_recorder.keep(late, "m2", "hello", "answer", REPLIES).result(ENOUGH)
        assert sqlite_recorder.remembered(ID) is None
        assert sqlite_recorder.begin(ID, "m2") == (None, None)


def test_who_writes_while_an_erasure_waits_is_a_stranger_already(
    sqlite_recorder: Recorder, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records.recorder, "PATIENCE", 0.1)
    turn(sqlite_recorder, "m1", therapy=True)
    wait_until("the turn to be written", lambda: not sqlite_recorder.waiting)
    with locked(sqlite_engine):
        with pytest.raises(Unavailable):
            sqlite_recorder.erase(ID)
        anew = turn(sqlite_recorder, "m2")
        assert not anew.therapy
        assert sqlite_recorder.begin(ID, "m1") == (anew, None)
    wait_until("all to be written", lambda: not sqlite_recorder.waiting)
    assert sqlite_recorder.begin(ID, "m1") == (anew, None)
    assert rows(sqlite_engine) == {"conversations": 1, "messages": 1, "trackers": 0, "erasures": 1}


def test_a_turn_of_another_process_does_not_bring_it_back_either(
    recorder: Recorder, new_recorder: NewRecorder, url: str, engine: Engine, clock: Clock
) -> None:
    turn(recorder, "m1")
    wait_until("the turn to be written", lambda: not recorder.waiting)
    other_engine = open_engine(url)
    elsewhere = new_recorder(other_engine, ConversationStore(other_engine, clock))
    under_way, _ = elsewhere.begin(ID, "m2")
    assert under_way is not None
    recorder.erase(ID)
    elsewhere.keep(under_way, "m2", "hello", "answer", REPLIES).result(ENOUGH)
    assert rows(engine)["conversations"] == 0
    assert elsewhere.begin(ID, "m2") == (None, None)


def test_who_writes_again_after_an_erasure_is_a_stranger(recorder: Recorder) -> None:
    turn(recorder, "m1", therapy=True)
    recorder.erase(ID)
    anew = turn(recorder, "m1")
    wait_until("the turn to be written", lambda: not recorder.waiting)
    assert recorder.begin(ID, "m1") == (anew, REPLIES)
    assert (anew.therapy, anew.started_at) == (False, NOON + timedelta(microseconds=1))


def test_nothing_to_erase_is_said(recorder: Recorder, engine: Engine) -> None:
    for act in (recorder.erase, recorder.export):
        with pytest.raises(UnknownConversation):
            act(ID)
    assert rows(engine)["erasures"] == 0


def test_a_conversation_that_was_only_issued_can_be_erased(sqlite_recorder: Recorder, sqlite_engine: Engine) -> None:
    with locked(sqlite_engine):
        issued, _ = sqlite_recorder.issue("widget")
        erasing = threading.Thread(target=sqlite_recorder.erase, args=(issued.id,))
        erasing.start()
        wait_until("the erasure to begin", lambda: sqlite_recorder.remembered(issued.id) is None)
    erasing.join(ENOUGH)
    assert rows(sqlite_engine) == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 1}


def test_a_copy_has_the_turns_that_were_on_their_way(sqlite_recorder: Recorder, sqlite_engine: Engine) -> None:
    copies: list[dict[str, object]] = []
    with locked(sqlite_engine):
        turn(sqlite_recorder, "m1", "is lupus contagious")
        copying = threading.Thread(target=lambda: copies.append(sqlite_recorder.export(ID)))
        copying.start()
        wait_until("the lock to be noticed", lambda: not sqlite_recorder.ok)
    copying.join(ENOUGH)
    assert "is lupus contagious" in str(copies)


def test_a_copy_that_would_lack_the_newest_turns_is_not_given(
    sqlite_recorder: Recorder, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records.recorder, "PATIENCE", 0.1)
    with locked(sqlite_engine):
        turn(sqlite_recorder, "m1")
        with pytest.raises(Unavailable, match="not written yet"):
            sqlite_recorder.export(ID)


def test_what_waits_at_the_end_is_written(recorder: Recorder, engine: Engine, store: ConversationStore) -> None:
    for number in range(300):
        turn(recorder, f"m{number}", last_entry=f"entry-{number}")
    assert recorder.close(ENOUGH) == 0
    assert rows(engine)["messages"] == 300
    known = store.find(ID)[0]
    assert known is not None
    assert known.last_entry == "entry-299"


def test_many_people_at_once_keep_their_own_conversations(recorder: Recorder, engine: Engine) -> None:
    def talk(name: str) -> None:
        for number in range(20):
            known, _ = recorder.begin(conversation(name).id, f"m{number}")
            after = replace(known or conversation(name), last_entry=f"{name}-{number}")
            recorder.keep(after, f"m{number}", name, "answer", [{"text": f"{name} {number}"}])

    people = [threading.Thread(target=talk, args=(name,)) for name in "abcdefgh"]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert recorder.close(ENOUGH) == 0
    assert rows(engine)["messages"] == 160
    for name in "abcdefgh":
        known, replies = recorder.begin(conversation(name).id, "m7")
        assert known is not None
        assert (known.last_entry, replies) == (f"{name}-19", [{"text": f"{name} 7"}])


def test_a_turn_that_had_to_be_given_up_is_not_shown_as_kept(
    new_recorder: NewRecorder, engine: Engine, store: ConversationStore
) -> None:
    recorder = new_recorder(engine, store)
    keep(store, engine, conversation(), "m1")
    with pytest.raises(Exception, match=r".+"):
        recorder.keep(conversation(), "m2", "hello", "answer", [object()]).result(ENOUGH)
    assert recorder.begin(ID, "m2") == (conversation(), None)
    assert rows(engine)["messages"] == 1
