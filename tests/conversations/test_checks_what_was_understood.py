"""Teach-back: the check question of the entry shown last, and the entry's own words to the choice."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, phrase


@pytest.mark.parametrize("asked", ["quiz me", "test me", "can you check my understanding"])
def test_is_asked_and_told_whether_it_is_right(say: Say, asked: str) -> None:
    say("is lupus contagious")
    quiz = say(asked)
    [block] = [block for block in quiz.first["blocks"] if block["type"] == "quiz"]
    right = next(choice for choice in block["data"]["choices"] if choice["correct"])
    answered_by(quiz, "lupus-contagious")
    assert block["data"]["question"] in quiz.texts[0]
    assert quiz.offers == tuple(choice["text"] for choice in block["data"]["choices"])
    feedback = say(quiz.press(right["text"]))
    answered_by(feedback, "lupus-contagious")
    assert feedback.texts[0].startswith(right["explanation"])


@pytest.mark.parametrize("reply", ["b", "B.", "no", "No!", "the second one"])
def test_a_wrong_choice_gets_its_explanation(say: Say, reply: str) -> None:
    say("is lupus contagious")
    quiz = say("quiz me")
    wrong = quiz.first["blocks"][0]["data"]["choices"][1]
    feedback = say(reply)
    assert phrase("quiz_not_quite") in feedback.texts[0]
    assert wrong["explanation"] in feedback.texts[0]


def test_a_question_instead_of_a_choice_is_answered(say: Say) -> None:
    say("is lupus contagious")
    say("quiz me")
    answered_by(say("how fast do i push in cpr"), "cpr-how-fast")
    assert say("b").texts[0] == phrase("nothing_to_choose"), "the check is over"


def test_without_a_check_question_others_are_named(say: Say) -> None:
    answered_by(say("are you a doctor"), "assistant-who")
    assert phrase("quiz_none") in say("quiz me").texts[0]


def test_before_any_answer_there_is_nothing_to_check(say: Say) -> None:
    assert say("quiz me").texts[0] == phrase("nothing_yet")
