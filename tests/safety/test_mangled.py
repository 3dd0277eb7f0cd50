"""Shaking hands and phone keyboards: what holds for the examples holds for most of them with one slip or two."""

from __future__ import annotations

import random

import pytest

from safety import Rules
from tests.safety.conftest import examples
from tests.safety.mangler import EDITS, PADDED_TO, TWO_EDITS, found, mangled

SAMPLE = 500
"""Examples of each side. `bench.mangled` reads all of them."""


def sample(urgent: bool) -> list[dict]:
    rows = [row for row in examples("vectors.jsonl") if (row["expect"] is not None) is urgent]
    return random.Random(SAMPLE).sample(rows, SAMPLE)


@pytest.mark.parametrize("seed", [7, 8])
def test_most_mangled_emergencies_are_found(emergencies: Rules, seed: int) -> None:
    """Over all examples and many seeds 97 % are found by the rules alone; what is left are mostly two slips in one
    word, or a slip that made another real word ("wort" for "worst")."""
    texts = mangled(sample(urgent=True), seed)
    assert len(found(emergencies, texts)) >= 0.95 * len(texts)


@pytest.mark.parametrize("seed", [7, 8])
def test_hardly_any_mangled_calm_message_raises_an_alarm(emergencies: Rules, seed: int) -> None:
    texts = mangled(sample(urgent=False), seed)
    assert len(found(emergencies, texts)) <= 0.02 * len(texts)


def test_the_mangler_repeats_itself_and_gives_two_edits_often_enough() -> None:
    rows = sample(urgent=True)
    texts = mangled(rows, 3)
    assert texts == mangled(rows, 3)
    assert texts != mangled(rows, 4)
    assert sum(len(one.edits) == 2 for one in texts) > 0.4 * len(texts)
    assert {name for one in texts for name in one.edits} == set(EDITS)
    assert 0.4 < TWO_EDITS < 0.6
    padded = [one for one in texts if one.edits[-1] == "padded" and len(one.row["text"]) < 100]
    assert padded
    assert all(len(one.row["text"]) + 300 < len(one.text) <= PADDED_TO for one in padded)
