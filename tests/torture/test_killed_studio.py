"""A gateway killed while somebody works in its studio leaves what was, or what was meant, and never half of it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.torture.invariants import unsound
from tests.torture.killed_studio import DEEDS, Place, done, repeat

SEED = 7
BETWEEN = 1


@pytest.mark.parametrize("name", DEEDS)
def test_a_gateway_killed_while_somebody_saves_publishes_or_imports_leaves_nothing_half_done(
    name: str, tmp_path: Path
) -> None:
    deed = DEEDS[name]
    before = Place.begun(tmp_path / "before", deed)
    whole = before.copy("whole")
    steps = done(whole, deed)
    old, new = before.seen(), whole.seen()
    assert steps is not None
    assert old != new
    between = random.Random(SEED).sample(range(2, steps), min(BETWEEN, steps - 2))
    left = []
    for step in (1, *sorted(between), steps):
        place = before.copy(f"killed-{step}")
        # What the gateway makes ready beside the request is counted, too, and is not the same each time: a step beyond
        # the last one kills nobody.
        is_killed = done(place, deed, step) is None
        found = place.seen()
        assert found in ((old, new) if is_killed else (new,)), f"killed at step {step} of {steps}"
        assert unsound([place.home / "knowledge.db"]) == []
        left += ["new" if found == new else "old"] * is_killed
        repeat(place, deed)
        assert place.seen() == new
    assert len(left) >= BETWEEN + 1
    assert left[0] == "old", "first nothing is done"
