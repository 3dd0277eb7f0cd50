"""Which short messages are a choice, and which are questions that only look like one."""

from __future__ import annotations

import pytest

from knowledge.choosing import named, picked, says_no, says_none, says_yes


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2", 1),
        ("2.", 1),
        ("#2", 1),
        ("b)", 1),
        ("second", 1),
        ("the second one", 1),
        ("The 2nd one, please!", 1),
        ("no, the first", 0),
        ("option three", 2),
        ("number one please", 0),
        ("i meant the third", 2),
        ("I think it's B", 1),
        ("the answer is a", 0),
        ("the last one", 2),
        ("la segunda por favor", 1),
        ("the fifth", 3),
    ],
)
def test_a_place_is_picked(text: str, place: int) -> None:
    assert picked(text, 3) == place, "beyond the last one it is the number of options"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "what is phase 2",
        "phase 2",
        "one in ten",
        "is the second dose safe",
        "the other one",
        "two weeks",
        "yes",
    ],
)
def test_a_question_with_a_number_picks_nothing(text: str) -> None:
    assert picked(text, 3) is None


OPTIONS = ("What are the side effects of CAR-T?", "Can children get lupus?", "Can lupus be cured?")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the one about children", 1),
        ("the side effects one", 0),
        ("children", 1),
        ("can lupus be cured", 2),
        ("the one about lupus", None),
        ("lupus", None),
        ("pizza", None),
        ("is it worse for children than for other people", None),
        ("", None),
    ],
)
def test_an_option_is_named_only_by_words_that_no_other_has(text: str, place: int | None) -> None:
    assert named(text, OPTIONS) == place


@pytest.mark.parametrize("text", ["yes", "Yes please!", "ok", "sí", "👍", "that one", "yep"])
def test_yes(text: str) -> None:
    assert says_yes(text)
    assert not says_no(text)


@pytest.mark.parametrize("text", ["no", "No, thanks.", "none of these", "neither", "never mind", "👎"])
def test_no(text: str) -> None:
    assert says_no(text)
    assert not says_yes(text)


@pytest.mark.parametrize("text", ["yes but is it safe", "no fever today", "right sided pain", "okay what is lupus", ""])
def test_a_message_that_begins_with_yes_or_no_is_neither(text: str) -> None:
    assert not says_yes(text)
    assert not says_no(text)


def test_only_turning_down_all_is_none() -> None:
    assert says_none("none of them")
    assert not says_none("no")
