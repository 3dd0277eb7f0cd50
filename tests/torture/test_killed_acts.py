"""Whatever changes what people are told may be killed at any moment: a few moments here, all in `make torture`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.torture.acts import KILLED
from tests.torture.killed_acts import Databases, Files, Places, suffer

SEED = 7
BETWEEN = 2


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    if request.param == "sqlite":
        return Files(tmp_path)
    return Databases(request.getfixturevalue("postgresql"), tmp_path)


def some(steps: Sequence[int]) -> Iterable[int]:
    """The first, the last, and a few between."""
    between = steps[1:-1]
    chosen = random.Random(SEED).sample(between, min(BETWEEN, len(between)))
    return [steps[0], *sorted(chosen), steps[-1]]


@pytest.mark.parametrize("name", KILLED)
def test_an_act_killed_at_any_step_leaves_the_old_state_or_the_new_one_and_can_be_repeated(
    name: str, places: Places
) -> None:
    suffered = suffer(name, places, some)
    assert suffered.broken == []
    assert list(dict.fromkeys(suffered.left.values())) == ["old", "new"], "first nothing is done, then all of it"
