from __future__ import annotations

import pytest

from knowledge.search.confidence import WEIGHTS, Evidence, Weights, confidence

NEAR = Evidence(best=0.95, second=0.9, told=0.6, fitted=0.9, lead=1.0, inside=1.0, telling=2.0, length=1.1)
FAR = Evidence(best=0.3, second=0.2, told=0.2, unmentioned=1.0, outside=0.8, inside=-1.0, telling=-3.0, length=1.1)


def test_what_is_near_is_surer_than_what_is_far() -> None:
    assert confidence(FAR, FAR) < 0.1 < 0.9 < confidence(NEAR, NEAR)


@pytest.mark.parametrize("size", [0.0, 1.0, 6.0, -6.0])
def test_it_is_a_chance_in_thousandths(size: float) -> None:
    evidence = Evidence(*(size for _ in Evidence._fields))
    chance = confidence(evidence, evidence)
    assert 0.0 <= chance <= 1.0
    assert chance == round(chance, 3)


@pytest.mark.parametrize(
    ("figure", "more"), [("best", 1), ("fitted", 1), ("lead", 1), ("unmentioned", -1), ("outside", -1)]
)
def test_each_figure_speaks_for_or_against_as_its_name_says(figure: str, more: int) -> None:
    middle = Evidence(best=0.5, second=0.5, fitted=0.4, outside=0.3, unmentioned=0.3)
    moved = middle._replace(**{figure: getattr(middle, figure) + 0.3})
    assert (confidence(moved, middle) - confidence(middle, middle)) * more > 0


def test_a_part_is_less_sure_in_a_message_that_is_about_something_else() -> None:
    middle = Evidence(best=0.6, second=0.5, fitted=0.4, outside=0.3, inside=0.5, telling=0.5)
    elsewhere = middle._replace(inside=-0.8, telling=-2.0, foreign=2.0)
    assert confidence(middle, elsewhere) < confidence(middle, middle)


def test_weights_stand_in_the_order_of_what_they_weigh() -> None:
    assert Weights._fields == ("base", *Evidence._fields, "whole_inside", "whole_telling", "whole_foreign")
    nothing = Weights(*(0.0 for _ in WEIGHTS))
    assert confidence(NEAR, FAR, nothing) == 0.5
