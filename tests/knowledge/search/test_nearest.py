"""The copy in eight bits is never more wrong than it says, and nothing that is near is overlooked because of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import ModelError
from knowledge.search.nearest import About, Multiply, OnnxMultiply, Rows, multiplied
from knowledge.wiring import Knowledge

WIDTH = 384


def vectors(number: int, seed: int, spread: float = 1.0) -> np.ndarray:
    """Vectors of length 1 around one direction; the first is zero, as that of a text without words."""
    chance = np.random.default_rng(seed)
    rows = chance.standard_normal(WIDTH) + spread * chance.standard_normal((number, WIDTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[:1] = 0
    return rows.astype(np.float32)


@pytest.fixture(scope="module")
def by_onnx(prepared_home: Path) -> OnnxMultiply:
    return OnnxMultiply(prepared_home / "model")


@given(st.integers(0, 2**32), st.integers(1, 300), st.sampled_from([0.01, 0.3, 1.0, 30.0]))
@settings(max_examples=60, deadline=None)
def test_no_cosine_is_further_off_than_is_said(seed: int, number: int, spread: float) -> None:
    every = vectors(number + 1, seed, spread)
    rows, asked = Rows(every[:-1], multiplied), every[-1]
    about, cosines = rows.about(asked), rows.vectors() @ asked
    assert np.allclose(cosines, every[:-1] @ asked, atol=1e-3)
    assert np.abs(about.cosines - cosines).max() <= about.wrong < 0.1
    assert rows.exactly(asked, np.arange(number)) == pytest.approx(cosines, abs=1e-6)


def test_a_vector_of_nothing_is_near_to_nothing() -> None:
    rows, nothing = Rows(vectors(5, 1), multiplied), np.zeros(WIDTH, np.float32)
    about = rows.about(nothing)
    assert about.cosines.tolist() == [0.0] * 5
    assert len(Rows(np.zeros((0, WIDTH), np.float32), multiplied).about(nothing).cosines) == 0


def test_all_that_multiply_give_the_same(by_onnx: Multiply) -> None:
    every = vectors(500, 7)
    for asked in every[:20]:
        about, other = Rows(every, multiplied).about(asked), Rows(every, by_onnx).about(asked)
        assert np.array_equal(about.cosines, other.cosines)
        assert about.wrong == other.wrong
    # The greatest numbers there can be.
    left, right = np.full((1, 4000), 126, np.uint8), np.full((4000, 3), -127, np.int8)
    assert np.array_equal(multiplied(left, right), by_onnx(left, right))


def test_a_folder_without_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"products.onnx cannot be loaded .* run: ./lantern model"):
        OnnxMultiply(tmp_path)


def test_search_overlooks_nothing(shipped: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    index = shipped.live().index
    asked = [entry.question for entry in index.entries[::9]]
    asked += [" ".join(text.split()[1:4]) for entry in index.entries[::7] for text in entry.phrasings[:1]]
    asked += ["who won the cup in 1998", "kidneys", "my mother has it and i wonder what the treatment costs her"]
    found = [index.search(text, limit=limit) for text in asked for limit in (5, 30)]
    monkeypatch.setattr(Rows, "about", lambda rows, vector: About(rows.vectors() @ vector, 1.0))
    exact = [index.search(text, limit=limit) for text in asked for limit in (5, 30)]
    for one, other in zip(found, exact):
        assert [hit.entry.id for hit in one.hits] == [hit.entry.id for hit in other.hits]
        assert one.confidence == other.confidence
