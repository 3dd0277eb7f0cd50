"""Someone would rather talk to a person: who it is, when, and how to leave word."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import phrase
from tests.conversations.test_tells_something_private import ask_assistant
from tests.provenance import CONTACT, HOURS
from tests.running import Lantern, Person


@pytest.mark.parametrize(
    "asked",
    ["can i talk to a real person", "human please", "can someone call me back", "Can I talk to a real person?"],
)
def test_hears_who_when_and_what_to_do_in_need(say: Say, asked: str) -> None:
    reply = say(asked)
    assert reply.kind == "handoff"
    assert CONTACT in reply.texts[0]
    assert HOURS in reply.texts[0]
    assert "emergency number" in reply.texts[0]
    assert reply.offers == (phrase("contact_button"),)


def test_where_nobody_is_set_nobody_is_promised(running_lantern: Lantern) -> None:
    # Past the gateway, which alone knows whom there is.
    [reply] = ask_assistant(running_lantern, "i want to speak to a human").json()["messages"]
    assert reply["custom"]["kind"] == "handoff"
    assert reply["text"].startswith("I cannot pass you on to a person from here")
    assert "buttons" not in reply


def test_leaves_word_which_staff_can_read_and_takes_it_back(running_lantern: Lantern, person: Person) -> None:
    person.say("is lupus contagious")
    offered = person.say("i want to speak to somebody")
    asked = person.say(offered.press(offered.offers[0]))
    person.say(asked.press(phrase("contact_yes_button")))
    person.say("my number is 503 555 0182, in the evening")
    listed = running_lantern.command("records", "contacts")
    assert "my number is 503 555 0182, in the evening" in listed.stdout
    # The dialogue goes on where it was: the assistant never saw any of this.
    assert person.say("say it more simply").entry == "lupus-contagious"
    person.say("forget me")
    person.say("yes")
    assert "503 555 0182" not in running_lantern.command("records", "contacts").stdout


def test_what_had_no_answer_is_counted_for_staff(running_lantern: Lantern) -> None:
    for _ in range(2):
        person = running_lantern.person()
        person.say("hello")
        assert person.say("Who won the walrus race?").kind == "abstain"
    listed = running_lantern.command("records", "missed").stdout
    [row] = [line for line in listed.splitlines() if "walrus" in line]
    assert row.split()[0] == "2"
    assert "abstain: Who won the walrus race?" in row


def test_yes_to_be_forgotten_is_enough(say: Say) -> None:
    say("is lupus contagious")
    say("please delete everything i wrote")
    assert "receipt" in say("yes").text
