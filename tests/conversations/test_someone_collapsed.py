"""The card comes first, whatever else is broken.

What happens while the assistant process is away is tested on the real one: it is killed, and the start command, held
still so that the gap is as long as the tests need it, starts it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, phrase, shows_card
from tests.running import ASSISTANT, Lantern, Person, wait_until

COLLAPSED = "my dad collapsed and isn't breathing"
IN_OTHER_WORDS = "red is running out of his leg all over and the tiles are slippery from it"


@pytest.mark.parametrize(
    ("message", "card"),
    [
        (COLLAPSED, "cpr-adult"),
        ("MY BABY IS NOT BREATHING", "cpr-infant"),
        ("my wife is choking and cant breathe help", "choking"),
        ("i think my mom is having a stroke her face is drooping", "stroke"),
    ],
)
def test_the_card_is_the_first_thing_said(say: Say, message: str, card: str) -> None:
    shows_card(say(message), card)


def test_the_number_is_the_one_of_the_region(person: Person) -> None:
    person.region = "US"
    shows_card(person.say(COLLAPSED), "cpr-adult", call="Call 911")
    person.region = "DE"
    shows_card(person.say(COLLAPSED), "cpr-adult", call="Call 112")


def test_a_follow_up_on_the_card_gets_the_card_again(say: Say) -> None:
    say("is lupus contagious")
    shows_card(say(COLLAPSED), "cpr-adult")
    shows_card(say("say it more simply"), "cpr-adult")


def test_an_unknown_region_is_told_in_words_whom_to_call(say: Say) -> None:
    shows_card(say(COLLAPSED), "cpr-adult", call="Call your local emergency number")


def test_is_said_in_spanish_to_who_writes_spanish(person: Person) -> None:
    person.region = "ES"
    reply = person.say("mi papá se desplomó y no respira")
    shows_card(reply, "cpr-adult")
    assert reply.first["locale"] == "es"
    assert "112" in reply.texts[0]


def test_the_last_words_of_a_very_long_message_are_read(say: Say) -> None:
    story = "I have had lupus for years and it has been a long road for all of us. " * 130
    message = story[: 9000 - len(COLLAPSED)] + COLLAPSED
    assert len(message) == 9000
    shows_card(say(message), "cpr-adult")


def test_the_way_back_leads_to_the_conversation(say: Say) -> None:
    reply = say(COLLAPSED)
    back = say(reply.press("This is not an emergency"))
    assert back.kind == "clarify"
    answered_by(say("is lupus contagious"), "lupus-contagious")


def test_asking_on_about_the_card_gets_the_card_again(say: Say) -> None:
    say("is lupus contagious")
    say(COLLAPSED)
    shows_card(say("say it more simply"), "cpr-adult")
    answered_by(say("what is an AED"), "cpr-aed-what-is")


@pytest.mark.parametrize(
    "message",
    ["what do i do if someone collapses and isn't breathing", "my dad collapsed last year. he had cpr and is fine"],
)
def test_a_question_about_emergencies_is_not_one(say: Say, message: str) -> None:
    assert say(message).kind not in ("emergency", "crisis")


def test_is_shown_a_card_for_words_that_no_rule_knows_and_can_take_it_back(say: Say) -> None:
    shows_card(say(IN_OTHER_WORDS), "bleeding")
    shows_card(say("can you say it more simply"), "bleeding")
    assert say("This is not an emergency").kind == "clarify"


def test_a_fever_counts_once_a_medicine_that_weakens_the_defences_was_named(say: Say) -> None:
    assert say("i take mycophenolate for my kidneys").kind not in ("emergency", "crisis")
    shows_card(say("since this morning I have a fever of 102"), "infection-warning")


@pytest.fixture(scope="module")
def assistant_gone(running_lantern: Lantern) -> Iterator[int]:
    """The id of the assistant process, which was killed. It is away until the last test of this module is done."""
    assistant, supervisor = running_lantern.child(ASSISTANT), running_lantern.supervisor
    supervisor.suspend()
    try:
        assistant.kill()
        wait_until("the assistant to be away", lambda: not running_lantern.assistant_is_ready)
        yield assistant.pid
    finally:
        supervisor.resume()
    running_lantern.await_ready()
    wait_until("follow-ups", lambda: follows_up(running_lantern))


def follows_up(lantern: Lantern) -> bool:
    someone = lantern.person()
    someone.say("is lupus contagious")
    return someone.say("say it more simply").entry == "lupus-contagious"


@pytest.mark.usefixtures("assistant_gone")
class TestWhileTheAssistantIsAway:
    def test_the_card_is_shown(self, say: Say) -> None:
        shows_card(say(COLLAPSED), "cpr-adult")

    def test_the_card_is_shown_for_words_that_no_rule_knows(self, say: Say) -> None:
        shows_card(say(IN_OTHER_WORDS), "bleeding")

    def test_the_last_words_of_a_very_long_message_are_read(self, say: Say) -> None:
        shows_card(say("word " * 1700 + COLLAPSED), "cpr-adult")

    def test_questions_are_answered_by_search(self, say: Say) -> None:
        answered_by(say("what is lupus"), "lupus-what-is")
        answered_by(say("how fast do i push in cpr"), "cpr-how-fast")
        assert say("is NCT05938725 recruiting").kind == "trials"
        assert say("should i stop taking prednisone").kind == "defer"
        assert say("what is the weather tomorrow").kind == "abstain"

    def test_what_is_missing_is_said_and_not_offered(self, say: Say) -> None:
        reply = say("what is lupus")
        assert phrase("limited") in reply.texts
        assert reply.offers
        assert all(offer.endswith("?") for offer in reply.offers)

    def test_the_gateway_says_what_is_missing_and_stays_in_service(self, running_lantern: Lantern) -> None:
        response = running_lantern.client.get("/readyz")
        assert response.status_code == 200
        assert response.json()["status"] == "degraded"
        assert response.json()["degraded"] == ["assistant"]


def test_the_assistant_is_started_again(running_lantern: Lantern, assistant_gone: int) -> None:
    running_lantern.supervisor.resume()
    running_lantern.await_ready()
    assert running_lantern.child(ASSISTANT).pid != assistant_gone
    assert "The assistant process stopped" in running_lantern.output()


def test_an_assistant_that_hangs_keeps_nobody_waiting_for_good(running_lantern: Lantern, say: Say) -> None:
    assistant: psutil.Process = running_lantern.child(ASSISTANT)
    assistant.suspend()
    try:
        shows_card(say(COLLAPSED), "cpr-adult")
        answered_by(say("what is lupus"), "lupus-what-is")
    finally:
        assistant.resume()
    wait_until("follow-ups", lambda: follows_up(running_lantern))
