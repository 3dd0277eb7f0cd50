from __future__ import annotations

import pytest

from knowledge.search.confidence import WEIGHTS, Evidence, Weights, chance_published, confidence

NEAR = Evidence(chance=6.0, inside=0.9, outside=0.0, telling=2.0)
FAR = Evidence(chance=-2.0, inside=0.1, outside=0.8, part_outside=0.8, unmentioned=1.0, telling=-3.0, foreign=2.0)
MIDDLE = Evidence(chance=1.0, inside=0.4, outside=0.3, part_outside=0.3, unmentioned=0.3, telling=0.2)


def test_what_is_near_is_surer_than_what_is_far() -> None:
    assert confidence(FAR) < 0.05 < 0.9 < confidence(NEAR)


@pytest.mark.parametrize("size", [0.0, 1.0, 6.0, -6.0, 14.0])
def test_it_is_a_chance_in_thousandths(size: float) -> None:
    chance = confidence(Evidence(*(size for _ in Evidence._fields)))
    assert 0.0 <= chance <= 1.0
    assert chance == round(chance, 3)


@pytest.mark.parametrize(
    ("figure", "more"),
    [
        *(("chance", 1), ("inside", 1), ("telling", 1)),
        *(("outside", -1), ("part_outside", -1), ("unmentioned", -1), ("foreign", -1)),
    ],
)
def test_each_figure_speaks_for_or_against_as_its_name_says(figure: str, more: int) -> None:
    moved = MIDDLE._replace(**{figure: getattr(MIDDLE, figure) + 0.3})
    assert (confidence(moved) - confidence(MIDDLE)) * more > 0


def test_the_likeliest_of_all_entries_is_not_shown_for_a_question_about_something_else() -> None:
    assert confidence(FAR._replace(chance=14.0)) < 0.1
    assert chance_published(FAR) == chance_published(FAR._replace(chance=14.0))


def test_nor_is_one_of_two_that_are_as_likely_surer_than_a_guess_between_them() -> None:
    assert confidence(NEAR._replace(chance=0.0)) < confidence(NEAR) - 0.3


def test_weights_stand_in_the_order_of_what_they_weigh() -> None:
    assert Weights._fields == ("first", "chance", "published", *Evidence._fields[1:])
    nothing = Weights(*(0.0 for _ in WEIGHTS))
    assert confidence(NEAR, nothing) == 0.25
