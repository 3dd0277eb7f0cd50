"""Shaking hands and phone keyboards: what holds for the examples holds for most of them with one slip or two."""

from __future__ import annotations

import random

import pytest

from safety import Rules
from tests.safety.conftest import examples, remembered
from tests.understanding.mangling import mangled

SAMPLE = 500
"""Examples of each side. `bench.mangled` reads all of them."""


def found(rules: Rules, urgent: bool, seed: str) -> list[bool]:
    """Whether each example of a sample gets a card when it is mangled."""
    rows = [row for row in examples("vectors.jsonl") if (row["expect"] is not None) is urgent]
    rows = random.Random(SAMPLE).sample(rows, SAMPLE)
    return [rules.check(mangled(row["text"], seed), **remembered(row)) is not None for row in rows]


@pytest.mark.parametrize("seed", ["7", "8"])
def test_most_mangled_emergencies_are_found(emergencies: Rules, seed: str) -> None:
    """By the rules alone; what is left are mostly two slips in one word, or a slip that made another real word ("frank"
    for "drank")."""
    assert sum(found(emergencies, True, seed)) >= 0.93 * SAMPLE


@pytest.mark.parametrize("seed", ["7", "8"])
def test_hardly_any_mangled_calm_message_raises_an_alarm(emergencies: Rules, seed: str) -> None:
    assert sum(found(emergencies, False, seed)) <= 0.03 * SAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "my dsd just collapsed",  # a short word, told by the words beside it
        "blood wont tsop spurting",  # the first letters changed places
        "no uedo respirar",  # the first letter is missing
        "my babywon't ake",  # two words in one, and a slip in the next
        "icantgettanyairplezsehelp",  # a whole message without spaces, with two slips
        "helpmymuminsotbreathing",  # letters of two words changed places
        "gonna kill ymself tonite",
        "I wannt to duie",
        "stabbed in the belly The cat is asleep as always.",  # a full stop was left out
        "BABY SWALLOWED BUTTONBATTERY The new phone has big letters.",
    ],
)
def test_slips_with_several_readings_are_read_as_the_words_beside_them_tell(emergencies: Rules, text: str) -> None:
    assert emergencies.check(text) is not None


@pytest.mark.parametrize("text", ["I had CRA-T last week", "after my acr-t", "six days after thecar-t"])
def test_a_slip_in_the_name_of_the_therapy_is_remembered_like_the_name(emergencies: Rules, text: str) -> None:
    assert emergencies.mentions(text).therapy
    assert not emergencies.mentions("what happens in a trial").therapy


@pytest.mark.parametrize(
    "text",
    [
        "babysitting course for a baby of six months",
        "had a stroke in2016",
        "I was in the film where the girl is drowning The weather has been lovely.",
        "my cousin has MS, is car-t for that too",
        "hydroxychloroquine and antihistamines, is that allowed",
    ],
)
def test_what_is_no_slip_stays_calm(emergencies: Rules, text: str) -> None:
    assert emergencies.check(text) is None
