from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("what is lupus", "lupus-what-is"),
        ("is lupus contagious", "lupus-contagious"),
        ("waht is plaquenil for", "lupus-hydroxychloroquine-what-for"),
        ("lupus rash", "lupus-rash"),
        ("what causes lupus", "lupus-causes"),
        ("Can lupus be cured?", "lupus-cure"),
    ],
)
def test_gets_the_entry_with_its_source_and_date(say: Say, question: str, entry: str) -> None:
    answered_by(say(question), entry)


def test_a_yes_or_no_question_is_answered_in_the_first_word(say: Say) -> None:
    assert say("is lupus contagious").texts[0].startswith("No, ")


def test_is_told_once_that_this_is_an_automated_assistant(say: Say) -> None:
    first, second = say("what is lupus"), say("what causes lupus")
    introduced = [text for text in first.texts if "automated assistant" in text and "not medical advice" in text]
    assert introduced == [first.texts[-1]], "after the answer, not before it"
    assert len(second.texts) == 1


def test_can_press_what_is_offered_next(say: Say) -> None:
    reply = say("what is lupus")
    answered_by(say(reply.press("What are the symptoms of lupus?")), "lupus-symptoms")
