"""The regression that tells kinds of messages apart, as both models of what a message does fit it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from knowledge.pairs import words_and_pairs


class Fitted(NamedTuple):
    """`kinds` in their order; `matrix`, shape (kinds, features), and `bias`, shape (kinds,): scores in log odds."""

    kinds: list[str]
    matrix: np.ndarray
    bias: np.ndarray


def usual(texts: Iterable[str], least: int) -> dict[str, int]:
    """The words and pairs of words that stand in at least so many of these texts, each with its place in a row."""
    counts = Counter(word for text in texts for word in words_and_pairs(text))
    return {word: place for place, word in enumerate(sorted(w for w, count in counts.items() if count >= least))}


def fitted(
    rows: Sequence[np.ndarray],
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
        # Most of a row are words that it does not have.
        model.fit(csr_matrix(np.stack(list(rows))), list(kinds), sample_weight=weights)
    matrix, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    return Fitted([str(kind) for kind in model.classes_], matrix, bias)
