"""Systems of yours are told what happened, once each, signed, and without a word that points to a person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from knowledge.codec import answer_from_json, answer_to_json
from knowledge.model import Release
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import Change, Study
from records import wiring as records_wiring
from records.wiring import Records
from tests.running import wait_until
from tests.trials_registry import records as trial_records
from tests.trials_registry import registry_copy
from tests.web.channels.conftest import Channel, opened
from tests.web.channels.test_handover import KEYS, StandInDesk
from tests.web.conftest import SmallKnowledge, StandInAssistant
from web.channels import wiring as channels_wiring
from web.channels.events import Events
from web.errors import StartRefused
from web.parts import Parts


@pytest.fixture
def listener() -> Iterator[StandInDesk]:
    desk = StandInDesk()
    yield desk
    desk.stop()


@contextmanager
def gateway(parts: Parts, home: Path, listener: StandInDesk) -> Iterator[Channel]:
    """A gateway in a process of its own, as far as the record goes."""
    records = records_wiring.build({"LANTERN_HOME": str(home), "LANTERN_EVENTS_URL": f"{listener.address}/events"})
    with opened("webhook", replace(parts, recorder=records.recorder), records, events=Events(KEYS)) as channel:
        yield channel
    records.engine.dispose()


@pytest.fixture
def telling(channel_parts: Parts, listener: StandInDesk, tmp_path: Path) -> Iterator[Channel]:
    """A channel whose events are told."""
    with gateway(channel_parts, tmp_path, listener) as channel:
        yield channel


def test_a_question_that_got_no_answer_is_told_redacted_and_once(
    telling: Channel, listener: StandInDesk, assistant: StandInAssistant
) -> None:
    missed = {"version": 1, "kind": "abstain", "blocks": [{"type": "paragraph", "runs": [{"text": "I do not know."}]}]}
    row: dict[str, Any] = {**missed, "locale": "en", "provenance": [{"kind": "revision", "id": "lupus-what-is"}]}
    assistant.reply = json.dumps({"messages": [{"text": "Hello."}]}).encode()
    telling.write("hi")
    telling.settle()
    assistant.reply = json.dumps({"messages": [{"custom": answer_to_json(answer_from_json(whole(row)))}]}).encode()
    call = telling.write("my name is Zebulon Quillfeather, can walruses get lupus")
    telling.settle()
    telling.deliver(call)
    telling.settle()
    missed_events = [event for event in listener.events if event["type"] == "question.missed"]
    assert [event["data"] for event in missed_events] == [
        {
            "day": dt.datetime.now(dt.timezone.utc).date().isoformat(),
            "locale": "en",
            "kind": "abstain",
            "text": "my name is [name], can walruses get lupus",
            "nearest": ["lupus-what-is"],
        }
    ]


def whole(row: dict[str, Any]) -> dict[str, Any]:
    """An answer with every key that one has."""
    empty = {
        **dict.fromkeys(("entry", "topic", "revision", "checked_on", "as_of", "review", "confidence")),
        "sources": [],
        "follow_ups": [],
    }
    return {**empty, **row, "provenance": [{"number": None, "as_of": None, **one} for one in row["provenance"]]}


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was published or fetched is looked for all the time."""
    monkeypatch.setattr("web.channels.events.LOOK_SECONDS", 0.05)


@pytest.mark.usefixtures("restless")
def test_a_release_is_told_by_its_number_once(channel_parts: Parts, listener: StandInDesk, tmp_path: Path) -> None:
    small = cast(SmallKnowledge, channel_parts.knowledge)
    now = dt.datetime.now(dt.timezone.utc)
    small.answerer.release = Release(8, small.answerer.release.revisions, now, "ana")
    for _ in range(2):
        with gateway(channel_parts, tmp_path, listener) as channel:
            wait_until("the release to be told", lambda: len(listener.events) >= 1)
            channel.settle()
    assert [event["data"]["release"] for event in listener.events] == [8]
    assert listener.events[0]["type"] == "release.published"


@pytest.mark.usefixtures("restless")
def test_each_study_that_changes_is_told_once_whoever_fetched_the_copy(
    channel_parts: Parts, listener: StandInDesk, tmp_path: Path
) -> None:
    small, today = cast(SmallKnowledge, channel_parts.knowledge), dt.datetime.now(dt.timezone.utc).date()
    old, fresh, gone, later = registry_copy(trial_records(4)).studies

    def fetched(*studies: Study) -> None:
        copy = replace(registry_copy(trial_records(1)), studies=studies)
        small.answerer.trials = TrialAnswers(copy, channel_parts.phrases.of("en"))

    def moved(study: Study, day: dt.date) -> Study:
        return replace(study, changes=(Change("RECRUITING", "COMPLETED", day, day),))

    old, fresh = moved(old, today - dt.timedelta(days=40)), moved(fresh, today)
    fetched(old, fresh, gone, later)
    told = {"was": "RECRUITING", "is": "COMPLETED", "as_of": today.isoformat()}
    for _ in range(2):
        with gateway(channel_parts, tmp_path, listener) as channel:
            wait_until("the change to be told", lambda: len(listener.events) >= 1)
            channel.settle()
            assert [event["data"] for event in listener.events] == [{"study": fresh.nct_id, **told}]
    with gateway(channel_parts, tmp_path, listener) as channel:
        fetched(old, fresh, replace(gone, missing_since=today), moved(later, today))
        wait_until("the rest to be told", lambda: len(listener.events) >= 3)
        channel.settle()
    assert sorted((event["data"] for event in listener.events[1:]), key=lambda data: data["is"] or "") == [
        {"study": gone.nct_id, "was": gone.status, "is": None, "as_of": today.isoformat()},
        {"study": later.nct_id, **told},
    ]
    assert {event["type"] for event in listener.events} == {"trial.changed"}


def test_a_listener_that_is_away_is_told_later(telling: Channel, listener: StandInDesk) -> None:
    listener.status = 503
    telling.records.post("worker").announcements.announce("trial.changed", "x", {"study": "x"})
    wait_until("a try", lambda: len(listener.paths) >= 1)
    listener.status = 200
    wait_until("the event", lambda: any(event["type"] == "trial.changed" for event in listener.events))
    assert len(set(listener.ids)) < len(listener.ids), "it has the same id each time"


def test_addresses_without_a_secret_stop_the_start(channel_parts: Parts, tmp_path: Path) -> None:
    env = {"LANTERN_HOME": str(tmp_path), "LANTERN_EVENTS_URL": "https://system.example.org/events"}
    records: Records = records_wiring.build(env)
    with pytest.raises(StartRefused, match="channel add events"):
        channels_wiring.build(env, channel_parts.settings, records, channel_parts.phrases)


def test_two_help_desks_or_one_without_a_channel_stop_the_start(channel_parts: Parts, tmp_path: Path) -> None:
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    webhook = {"LANTERN_HANDOVER_SECRET": secret, "LANTERN_HANDOVER_URL": "https://system.example.org/handover"}
    with pytest.raises(StartRefused, match="no channel"):
        channels_wiring.build(webhook, channel_parts.settings, records, channel_parts.phrases)
    mail = {
        "LANTERN_HANDOVER_MAIL_TO": "desk@hospital.example",
        "LANTERN_HANDOVER_MAIL_FROM": "lantern@hospital.example",
        "LANTERN_HANDOVER_MAIL_SERVER": "mail.hospital.example:587",
    }
    with pytest.raises(StartRefused, match="one help desk"):
        channels_wiring.build({**webhook, **mail}, channel_parts.settings, records, channel_parts.phrases)
