from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, phrase


@pytest.mark.parametrize(
    "message",
    [
        "should i stop taking prednisone",
        "do i have lupus",
        "can i take ibuprofen with plaquenil",
        "am i eligible for the trial",
        "how much prednisone should i take",
    ],
)
def test_is_sent_to_the_care_team_and_given_no_verdict(say: Say, message: str) -> None:
    reply = say(message)
    assert reply.kind == "defer"
    assert reply.entry is None
    assert reply.texts[0].startswith(phrase("defer"))


def test_is_offered_reading_for_that_talk(say: Say) -> None:
    reply = say("should i stop taking prednisone")
    answered_by(say(reply.press("Can I stop prednisone suddenly?")), "lupus-steroids-stopping")


def test_a_question_of_knowledge_is_not_a_request_for_advice(say: Say) -> None:
    assert say("why do people with lupus take prednisone").kind == "answer"
