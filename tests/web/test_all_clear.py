"""What is taken for "this is not an emergency" after a card, and what is not."""

from __future__ import annotations

import pytest

from web.all_clear import is_denied


@pytest.mark.parametrize(
    "text",
    [
        "it's not an emergency, i was asking for school",
        "false alarm sorry",
        "no no sorry that was yesterday at the gym, pulled a muscle, its gone",
        "no dear nobody is ill we are all fine",
        "she's ok now",
        "hes totally fine lol",
        "just kidding",
        "it was years ago",
        "no not now, it happened last week",
        "ya estamos todos bien",
        "era broma",
        "fue hace meses",
    ],
)
def test_who_says_that_all_is_well_or_long_over_is_believed(text: str) -> None:
    assert is_denied(text, crisis=False)


@pytest.mark.parametrize(
    "text",
    [
        "is this an emergency?",
        "so it's not an emergency?",
        "he's fine but very pale",
        "she is not ok",
        "it's still not over",
        "what should i do",
        "how long does it take",
        "is he ok?",
        "no está bien",
        "my lips are swelling",
    ],
)
def test_a_question_or_a_doubt_is_none(text: str) -> None:
    assert not is_denied(text, crisis=False)


def test_after_a_crisis_only_the_plain_words_count() -> None:
    assert not is_denied("im fine", crisis=True)
    assert not is_denied("just joking", crisis=True)
    assert is_denied("This is not an emergency, I am writing a novel", crisis=True)
