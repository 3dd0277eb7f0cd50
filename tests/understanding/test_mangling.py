"""Mangled messages are the same in every run, and stay messages that a person would understand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from rapidfuzz.distance import OSA

from bench.understanding.cases import rows_of
from tests.understanding.mangling import PADDED_LENGTH, mangled, padded, slipped

FOLDER = Path(__file__).parent / "development"
TEXTS = [
    turn
    for kind in ("emergencies", "near_misses")
    for row in rows_of(FOLDER / f"{kind}.jsonl")
    for turn in row["turns"]
]


def test_the_same_seed_gives_the_same_message_and_another_one_another() -> None:
    assert [mangled(text, "7") for text in TEXTS] == [mangled(text, "7") for text in TEXTS]
    same = sum(mangled(text, "7") == mangled(text, "8") for text in TEXTS)
    assert same < len(TEXTS) / 5
    # As it was when this was written: on another machine it is no other message.
    assert mangled("my dad just collapsed and is not breathing", "1") == "my dad just collapsed and is not breeathing"


def test_every_message_has_one_slip_or_two_and_many_have_two() -> None:
    chance = random.Random(5)
    slips = [OSA.distance(text, slipped(text, chance)) for text in TEXTS]
    assert set(slips) <= {0, 1, 2}
    assert slips.count(0) < len(TEXTS) / 50  # two slips can cancel each other
    assert slips.count(2) >= 0.4 * len(TEXTS)


def test_figures_stay_what_they_are() -> None:
    for number, text in enumerate(TEXTS):
        kept = "".join(sign for sign in slipped(text, random.Random(number)) if sign.isdigit())
        assert kept == "".join(sign for sign in text if sign.isdigit())


@pytest.mark.parametrize("text", ["no pulse help", "x" * 900, ""])
def test_padding_puts_calm_talk_around_and_keeps_the_words(text: str) -> None:
    long = padded(text, random.Random(3))
    assert text in long
    assert long == text if len(text) > PADDED_LENGTH else PADDED_LENGTH - 100 < len(long) <= PADDED_LENGTH


@pytest.mark.parametrize("text", ["", " ", "?!", "38.5", "no", "心臓"])
def test_messages_with_hardly_a_letter_are_no_trouble(text: str) -> None:
    for seed in range(20):
        assert len(mangled(text, str(seed))) in {
            len(text),
            len(text) - 1,
            *range(PADDED_LENGTH - 100, PADDED_LENGTH + 1),
        }
