"""The proof that a torture run can fail: whatever is planted here is found."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from pathlib import Path

import httpx
import pytest

from records import wiring as records_wiring
from records.model import Conversation, KeptMessage
from storage.engine import write
from tests.torture import invariants
from tests.torture.__main__ import main
from tests.torture.people import CARD, CARD_SECONDS, Letter, Talk, Traces, WidgetTalk

ANSWER = [{"text": "No.", "custom": {"kind": "answer", "entry": "lupus-contagious"}}]
SHOWN = [{"text": "Call 911.", "custom": {"kind": "emergency", "entry": CARD}}]


@pytest.fixture
def talk() -> Talk:
    return Talk(httpx.Client())


@pytest.mark.parametrize("seed", range(10))
def test_every_trace_that_people_leave_is_found_wherever_it_is_written(tmp_path: Path, seed: int) -> None:
    written = Traces(random.Random(seed)).beside("is lupus contagious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file.db").write_bytes(b"\x00\xff" * 5000 + written.upper().encode() + b"\x00")
    (tmp_path / "empty").touch()
    assert len(invariants.traces_in([tmp_path])) == 1
    assert invariants.traces_in([tmp_path / "empty"]) == []


def test_an_unanswered_message_is_found(talk: Talk) -> None:
    empty = [{"text": " "}]
    letters = [Letter(talk, "a", replies=ANSWER), Letter(talk, "b"), Letter(talk, "c", replies=empty)]
    assert len(invariants.not_answered(letters)) == 2


def test_an_emergency_without_its_card_or_with_a_late_one_is_found(talk: Talk) -> None:
    in_time = Letter(talk, "a", emergency=True, replies=SHOWN)
    late = Letter(talk, "b", emergency=True, replies=SHOWN, seconds=CARD_SECONDS + 0.1)
    after_an_answer = Letter(talk, "c", emergency=True, replies=[*ANSWER, *SHOWN])
    found = invariants.without_card([in_time, late, after_an_answer])
    assert [str(late) in found[0], str(after_an_answer) in found[1], len(found)] == [True, True, 2]


def test_an_answer_that_was_not_kept_is_found_but_for_a_card_in_the_moment_of_a_kill(tmp_path: Path) -> None:
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    records.store.migrate()
    talk = WidgetTalk(httpx.Client())
    talk.token = "t" * 43
    kept, lost = Letter(talk, "a", replies=ANSWER), Letter(talk, "b", replies=ANSWER, at=9.5)
    card = Letter(talk, "c", emergency=True, replies=SHOWN, at=9.5)
    moment = dt.datetime.now(dt.timezone.utc)
    with write(records.engine) as connection:
        conversation = Conversation(talk.record(b""), "chat", moment)
        records.store.keep(connection, conversation, kept.message_id, KeptMessage(moment, None, "answer", ANSWER))
    letters = [kept, lost, card]
    assert len(invariants.not_kept_once(letters, records.engine, b"", killed_at=[])) == 2
    assert [str(lost) in found for found in invariants.not_kept_once(letters, records.engine, b"", [10.0])] == [True]
    records.engine.dispose()


def test_another_answer_and_none_to_a_message_that_is_sent_again_are_found() -> None:
    replies = iter((httpx.Response(200, json=ANSWER), httpx.Response(200, json=SHOWN), httpx.Response(503)))
    transport = httpx.MockTransport(lambda request: next(replies))
    talk = Talk(httpx.Client(transport=transport, base_url="http://127.0.0.1"))
    assert len(invariants.answered_otherwise([Letter(talk, "a", replies=ANSWER) for _ in range(3)])) == 2


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE b (a INTEGER REFERENCES a (id))")
    connection.execute("INSERT INTO b VALUES (1)")
    connection.commit()
    connection.close()
    assert len(invariants.unsound([file])) == 1


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--rounds", "many"], ["--seed", "x"], ["--unknown"]])
def test_wrong_arguments_are_refused_with_what_to_give(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert "python -m tests.torture" in capsys.readouterr().err
