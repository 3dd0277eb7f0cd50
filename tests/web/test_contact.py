"""Leaving word where one can be reached: consent first, then one message, which stands nowhere else."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.phrases import Phrases
from records import wiring as records_wiring
from records.repository import ConversationStore
from tests.web.conftest import COLLAPSED, StandInAssistant
from web.chat import respond
from web.messages import Reply, Turn
from web.parts import Parts

BUTTON = "Ask them to write to me"
NUMBER = "503 555 0182"
Say = Callable[[str], Reply]


@pytest.fixture
def reachable(parts: Parts) -> Parts:
    settings = replace(parts.settings, contact="desk@hospital.example", contact_hours="Mon-Fri 9-17")
    return replace(parts, settings=settings)


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return records_wiring.build({"LANTERN_HOME": str(tmp_path)}).store


@pytest.fixture
def say(reachable: Parts) -> Say:
    return lambda text: asyncio.run(respond(Turn("ana", text, uuid.uuid4().hex, region="US"), reachable))[0]


@pytest.fixture
def is_said(phrases: Phrases) -> Callable[[Reply, str], bool]:
    def said(reply: Reply, key: str) -> bool:
        assert reply.answer is not None
        whole = phrases.say("en", key, emergency_number="911", days="14", contact="", hours="")
        return whole == "".join(run.text for run in reply.answer.blocks[0].runs)

    return said


def written(home: Path) -> bytes:
    return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())


def test_the_assistant_knows_where_people_can_be_reached(say: Say, assistant: StandInAssistant) -> None:
    say("can i talk to a person")
    assert assistant.received[0]["metadata"]["contact"] == {"contact": "desk@hospital.example", "hours": "Mon-Fri 9-17"}


def test_consent_first_then_one_message_that_is_kept_apart(
    say: Say,
    store: ConversationStore,
    assistant: StandInAssistant,
    is_said: Callable[[Reply, str], bool],
    capfd: pytest.CaptureFixture[str],
) -> None:
    asked = say(BUTTON)
    assert is_said(asked, "contact_consent")
    assert [offer.title for offer in asked.offers()] == ["Yes, keep it", "No, thank you"]
    assert store.contacts() == [], "nothing is kept before the person agreed"
    assert is_said(say("Yes, keep it"), "contact_ask")
    assert is_said(say(f"ring me on {NUMBER}"), "contact_kept")
    assert [request.contact for request in store.contacts()] == [f"ring me on {NUMBER}"]
    say(NUMBER)
    assert len(store.contacts()) == 1, "exactly one message was taken"
    assert NUMBER not in str(assistant.received[:-1])
    copy = store.export("ana")
    assert NUMBER not in str(copy["messages"])
    assert NUMBER not in str(copy["tracker"])
    assert NUMBER not in "".join(capfd.readouterr())


@pytest.mark.parametrize("refusal", ["no", "No, thank you", "never mind", "rather not"])
def test_who_declines_leaves_nothing(
    say: Say, store: ConversationStore, refusal: str, is_said: Callable[[Reply, str], bool]
) -> None:
    say(BUTTON)
    assert is_said(say(refusal), "contact_declined")
    say(BUTTON)
    say("yes")
    assert is_said(say(refusal), "contact_declined")
    assert store.contacts() == []


def test_a_detail_in_place_of_a_yes_is_no_yes_and_is_not_kept(
    say: Say, store: ConversationStore, tmp_path: Path, is_said: Callable[[Reply, str], bool]
) -> None:
    say(BUTTON)
    assert is_said(say(f"call me at {NUMBER}"), "contact_consent_again")
    assert store.contacts() == []
    assert NUMBER.encode() not in written(tmp_path)


def test_what_reaches_nobody_is_not_kept_anywhere(
    say: Say, store: ConversationStore, tmp_path: Path, is_said: Callable[[Reply, str], bool]
) -> None:
    say(BUTTON)
    say("yes")
    unclear = say("zebulon at the front desk")
    assert is_said(unclear, "contact_unclear")
    assert [offer.title for offer in unclear.offers()] == [BUTTON]
    assert store.contacts() == []
    assert b"zebulon" not in written(tmp_path)


def test_a_question_in_between_is_answered_and_the_offer_is_over(say: Say, store: ConversationStore) -> None:
    say(BUTTON)
    say("yes")
    reply = say("is lupus contagious?")
    assert reply.answer is not None
    assert reply.answer.entry == "lupus-contagious"
    say(NUMBER)
    assert store.contacts() == []


def test_an_emergency_in_between_gets_its_card_and_is_no_contact(say: Say, store: ConversationStore) -> None:
    say(BUTTON)
    say("yes")
    reply = say(f"{COLLAPSED}, my number is {NUMBER}")
    assert reply.answer is not None
    assert reply.answer.kind == "emergency"
    say(NUMBER)
    assert store.contacts() == []


def test_forget_me_takes_it_back(say: Say, store: ConversationStore) -> None:
    for text in (BUTTON, "yes", NUMBER, "Forget me"):
        say(text)
    assert store.contacts() == []


def test_where_nobody_is_set_nobody_is_promised(parts: Parts, assistant: StandInAssistant) -> None:
    asyncio.run(respond(Turn("ana", BUTTON, "m1"), parts))
    assert [sent["text"] for sent in assistant.received] == [BUTTON], "it is an ordinary message"
    assert "contact" not in assistant.received[0]["metadata"]


def test_in_spanish_it_is_asked_in_spanish(reachable: Parts, phrases: Phrases) -> None:
    button = phrases.say("es", "contact_button")
    [reply, *_] = asyncio.run(respond(Turn("ana", button, "m1", locale="es"), reachable))
    assert reply.answer is not None
    assert reply.answer.locale == "es"
    assert reply.offers()[0].title == phrases.say("es", "contact_yes_button")
