"""The regression that tells kinds of messages apart, as both models of what a message does fit it and read it.

Of ten thousand words a message has ten, so features are told by their places, and only those are looked at.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from knowledge.pairs import words_and_pairs


class Features(NamedTuple):
    """What a model sees of a message: the `values`, of float32, at these `places`; all others are 0. Where a message is
    seen in several ways, `values` have a column for each."""

    places: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, dense: np.ndarray, known: Sequence[int], length: float) -> Features:
        """`dense` in the first places, then words in their `known` places behind these, of this `length` together."""
        words = np.array(sorted(known), np.intp) + len(dense)
        worth = np.full(len(words), length / np.sqrt(max(len(words), 1)), np.float32)
        return cls(np.concatenate([np.arange(len(dense)), words]), np.concatenate([dense, worth]).astype(np.float32))


class Fitted(NamedTuple):
    """`kinds` in their order; `matrix`, shape (kinds, features), and `bias`, shape (kinds,): scores in log odds."""

    kinds: list[str]
    matrix: np.ndarray
    bias: np.ndarray

    def scores(self, seen: Features) -> np.ndarray:
        """Of each kind, in log odds, shape (kinds,); of a message seen in several ways (ways, kinds)."""
        scores: np.ndarray = (self.matrix[:, seen.places] @ seen.values).T + self.bias
        return scores


def usual(texts: Iterable[str], least: int) -> dict[str, int]:
    """The words and pairs of words that stand in at least so many of these texts, each with its place in a row."""
    counts = Counter(word for text in texts for word in words_and_pairs(text))
    return {word: place for place, word in enumerate(sorted(w for w, count in counts.items() if count >= least))}


def fitted(
    rows: Sequence[Features],
    kinds: Sequence[str],
    *,
    softness: float,
    rounds: int,
    weights: Sequence[float] | None = None,
    balanced: bool = False,
) -> Fitted:
    """Learns from `rows`, of each its features. `softness`: C of the logistic regression; `rounds`: how often it is
    improved at most, since later rounds change what it says no more; `balanced`: kinds with few rows count as much."""
    from scipy.sparse import csr_matrix
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=softness, max_iter=rounds, class_weight="balanced" if balanced else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        starts = np.cumsum([0, *(len(row.places) for row in rows)])
        values = np.concatenate([row.values.ravel() for row in rows])
        seen = csr_matrix((values, np.concatenate([row.places for row in rows]), starts))
        seen.eliminate_zeros()
        model.fit(seen, list(kinds), sample_weight=weights)
    matrix, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    return Fitted([str(kind) for kind in model.classes_], matrix, bias)
