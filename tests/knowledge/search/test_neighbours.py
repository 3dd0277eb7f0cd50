"""Whose phrasings are around a message, with entries whose texts lie around directions of their own."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.search.encoder import DIMENSIONS
from knowledge.search.neighbours import NEAREST, Neighbours

CHANCE = np.random.default_rng(3)
DIRECTIONS = CHANCE.standard_normal((6, DIMENSIONS)).astype(np.float32)


def like(direction: int, number: int, spread: float = 0.5) -> np.ndarray:
    rows = DIRECTIONS[direction] + spread * CHANCE.standard_normal((number, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def neighbours() -> Neighbours:
    phrasings = np.concatenate([like(0, 12), like(1, 12), like(2, 12)])
    return Neighbours(list(phrasings), [12, 12, 12], list(like(3, 20)))


@pytest.mark.parametrize("entry", [0, 1, 2])
def test_an_entry_owns_most_of_what_is_around_its_own(neighbours: Neighbours, entry: int) -> None:
    shares, outside = neighbours.shares(neighbours.around(like(entry, 1)[0]))
    assert shares.argmax() == entry
    assert shares[entry] > 0.5 > abs(outside)


def test_outside_questions_own_what_is_around_them(neighbours: Neighbours) -> None:
    shares, outside = neighbours.shares(neighbours.around(like(3, 1)[0]))
    assert outside > 0.5 > shares.sum()


def test_what_is_like_nothing_belongs_to_nobody(neighbours: Neighbours) -> None:
    shares, outside = neighbours.shares(neighbours.around(like(5, 1)[0]))
    assert max(abs(outside), *np.abs(shares)) < 0.2


def test_what_is_between_two_is_shared(neighbours: Neighbours) -> None:
    between = (like(0, 1)[0] + like(1, 1)[0]) / np.sqrt(2)
    shares, _ = neighbours.shares(neighbours.around(between))
    assert shares[2] < 0.1 < min(shares[:2])


def test_an_entry_with_few_phrasings_is_found_beside_one_with_many() -> None:
    phrasings = [*like(0, 60, 0.9), *like(1, 4, 0.9), *like(2, 60, 0.9)]
    neighbours = Neighbours(phrasings, [60, 4, 60], list(like(3, 20)))
    assert [neighbours.shares(neighbours.around(row))[0].argmax() for row in like(1, 10)] == [1] * 10


def test_how_something_is_written_does_not_tell_what_is_asked() -> None:
    # Half of each entry's phrasings lean the same way, as all that are written in capitals would.
    manner = DIRECTIONS[4]
    rows = [like(0, 10), like(0, 10) + manner / 20, like(1, 10), like(1, 10) + manner / 20]
    neighbours = Neighbours(list(np.concatenate(rows)), [20, 20], [])
    for entry in (0, 1):
        plain = like(entry, 1)[0]
        leaning = plain + manner / 20
        both = [neighbours.shares(neighbours.around(row / np.linalg.norm(row)))[0] for row in (plain, leaning)]
        assert np.allclose(*both, atol=0.1)


def test_only_the_nearest_are_looked_at_and_none_of_them_is_missed() -> None:
    rows = np.concatenate([like(entry, 100) for entry in range(3)])
    neighbours = Neighbours(list(rows), [100] * 3, [])
    around = neighbours.around(like(1, 1)[0])
    assert len(around.phrasings) == NEAREST
    cosines = np.sort(neighbours._rows.vectors() @ around.vector)[-NEAREST:]
    assert np.allclose(np.sort(around.likeness), cosines, atol=1e-6)


def test_nobody_owns_what_is_around_where_nothing_is_published() -> None:
    shares, outside = (neighbours := Neighbours([], [], [])).shares(neighbours.around(like(0, 1)[0]))
    assert (len(shares), outside) == (0, 0.0)
    neighbours = Neighbours([], [], list(like(3, 5)))
    assert neighbours.shares(neighbours.around(like(3, 1)[0]))[1] > 0.5
