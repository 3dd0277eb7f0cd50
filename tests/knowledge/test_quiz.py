"""Which replies are a choice of a check question."""

from __future__ import annotations

import pytest

from knowledge.model import Choice, Quiz
from knowledge.quiz import chosen

PEOPLE = Quiz(
    "Who took part?",
    (
        Choice("Four women and one man", "Right, five people in all.", True),
        Choice("Only women", "One of the five was a man.", False),
        Choice("Nobody knows", "The paper says it.", False),
    ),
)
HUG = Quiz("Can you hug?", (Choice("Yes, gladly", "Right.", True), Choice("No", "It is fine.", False)))


@pytest.mark.parametrize("text", ["b", "B.", "b)", "2", "the second", "only women", "Only women!", "i think it's b"])
def test_a_choice_is_made_by_letter_number_or_words(text: str) -> None:
    choice = chosen(text, PEOPLE)
    assert choice is not None
    assert choice.text == "Only women"


@pytest.mark.parametrize(("text", "place"), [("yes", 0), ("Yep", 0), ("no", 1), ("nope", 1), ("a", 0)])
def test_yes_and_no_choose_where_they_are_choices(text: str, place: int) -> None:
    assert chosen(text, HUG) == HUG.choices[place]


@pytest.mark.parametrize("text", ["yes", "no", "d", "4", "what is lupus", "", "is it only women who get lupus", "why"])
def test_anything_else_is_an_ordinary_message(text: str) -> None:
    assert chosen(text, PEOPLE) is None
