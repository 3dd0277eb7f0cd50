"""The second net under the emergency rules, on vectors made for the purpose and on its real examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.likeness import Likeness
from bot.nlu.rewordings import LAST_PART, examples, last_part
from safety import EMERGENCY_RULES, cards_named, load_rules


def around(centre: int, number: int, seed: int) -> np.ndarray:
    """Unit vectors, shape (number, 384), that all point roughly the same way."""
    chance = np.random.default_rng(seed)
    rows = np.zeros((number, 384), np.float32)
    rows[:, centre] = 1.0
    rows += 0.02 * chance.standard_normal(rows.shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def likeness() -> Likeness:
    return Likeness.learned(around(0, 20, 1), around(1, 20, 2), around(2, 50, 3))


def test_what_is_like_emergencies_is_told_from_what_is_not(likeness: Likeness) -> None:
    urgent, calm, asked = (likeness.match(around(centre, 1, 9)[0]) for centre in (0, 1, 2))
    assert urgent.margin > 0.5
    assert urgent.close > 0.8
    assert max(calm.margin, asked.margin) < 0


def test_what_lies_between_the_two_sides_is_not_an_emergency(likeness: Likeness) -> None:
    between = around(0, 1, 9)[0] + around(1, 1, 8)[0]
    assert abs(likeness.match(between / np.linalg.norm(between)).margin) < 0.1


def test_a_likeness_is_the_same_after_it_was_kept(likeness: Likeness, tmp_path: Path) -> None:
    likeness.save(tmp_path / "likeness.npz")
    kept = Likeness.load(tmp_path / "likeness.npz")
    vector = around(0, 1, 9)[0]
    assert kept.match(vector) == likeness.match(vector)


def test_phrasings_far_from_every_emergency_are_not_kept(likeness: Likeness) -> None:
    assert len(likeness.calm) == 20


def test_the_examples_are_many_on_both_sides_and_name_cards_that_exist() -> None:
    urgent, calm = examples()
    assert len(urgent) > 1000
    assert len(calm) > 800
    assert not set(urgent) & set(calm)
    assert {card["card"] for card in urgent.values()} <= cards_named(EMERGENCY_RULES)


def test_no_calm_example_is_an_emergency_to_the_rules() -> None:
    rules = load_rules(EMERGENCY_RULES)
    assert [text for text in examples()[1] if rules.check(text)] == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("One. Two! Three?", "One. Two! Three?"),
        ("a" * 150 + ". Then he fell over. He is quiet now", "Then he fell over. He is quiet now"),
        ("x" * 500, "x" * LAST_PART),
        ("", ""),
    ],
)
def test_the_last_part_of_a_story_is_whole_sentences_where_they_fit(text: str, part: str) -> None:
    assert last_part(text) == part
