"""Likeness of texts by the letters they share, which survives slips that no spelling repair mends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Counts = tuple[np.ndarray, np.ndarray]
"""The distinct n-grams of a text, as numbers in rising order, and how often each occurs."""


def count(text: str) -> Counts:
    """Every run of three and of four bytes of the text, each as one number, and how often it occurs. No text that is
    compared holds a zero byte, so no number stands for two runs."""
    letters = np.frombuffer(f" {text} ".encode(), np.uint8).astype(np.uint32)
    three = (letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]
    four = (three[:-1] << 8) | letters[3:]
    codes, counts = np.unique(np.concatenate([three, four]), return_counts=True)
    return codes, counts.astype(np.uint32)


class Grams:
    """Likeness of texts by the letters they share: cosine of character n-grams weighted by how rare each is."""

    def __init__(self, counted: Sequence[Counts]) -> None:
        """`counted`: what `count` gave for each text."""
        self._size = len(counted)
        empty = np.zeros(0, np.uint32)
        codes = np.concatenate([empty, *(code for code, _ in counted)])
        counts = np.concatenate([empty, *(count for _, count in counted)]).astype(np.float32)
        places = np.repeat(np.arange(self._size, dtype=np.int32), [len(code) for code, _ in counted])
        order = np.argsort(codes, kind="stable")
        rising = codes[order]
        starts = np.flatnonzero(np.diff(rising, prepend=-1))
        held = np.diff(np.append(starts, len(rising)))
        self._codes = rising[starts]
        self._rows = np.stack([starts, held], axis=1)
        # Smoothed inverse document frequency, as scikit-learn's TfidfVectorizer defines it.
        self._rarity = (np.log((1 + self._size) / (1 + held)) + 1).astype(np.float32)
        self._rarest = math.log(1 + self._size) + 1
        weights = counts[order] * np.repeat(self._rarity, held)
        self._places = places[order]
        lengths = np.sqrt(np.bincount(self._places, weights * weights, self._size))
        self._weights = weights / np.maximum(lengths, 1e-9).astype(np.float32)[self._places]

    def likeness(self, text: str) -> np.ndarray:
        """Shape (texts,), 0 to 1."""
        codes, counts = count(text)
        found: Any = np.searchsorted(self._codes, codes)
        known = (found < len(self._codes)) & (self._codes[np.minimum(found, len(self._codes) - 1)] == codes)
        weights = counts * np.where(known, self._rarity[np.minimum(found, len(self._rarity) - 1)], self._rarest)
        weights = weights / max(float(np.sqrt((weights * weights).sum())), 1e-9)
        rows = [slice(start, start + held) for start, held in self._rows[found[known]].tolist()]
        if not rows:
            return np.zeros(self._size)
        places = np.concatenate([self._places[row] for row in rows])
        shares = np.concatenate([self._weights[row] * weight for row, weight in zip(rows, weights[known])])
        return np.bincount(places, shares, self._size)
