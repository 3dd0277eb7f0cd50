"""In which entries a word, or two words one after the other, are usual: naive Bayes over the published texts.

Vectors say what a question is about; words say it exactly: "how deep" and "how fast" lie side by side, and so do the
names of two medicines. Probabilities are smoothed towards those in all texts (Dirichlet prior; Zhai and Lafferty: A
Study of Smoothing Methods for Language Models, ACM TOIS 22, 2004). They are made of counts alone.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from knowledge.search.words import is_stop_word, stem, words

PRIOR = 2.0
"""Texts: as many of the usual kind are thought to stand under every entry beside its own."""


def uses(text: str) -> np.ndarray:
    """The distinct words of a text and pairs of neighbouring words, the first with what begins a text, as numbers in
    rising order. Little words count too: "is it" and "how is it" ask for different things."""
    parted = words(text)
    single = [_code(word if is_stop_word(word) else stem(word)) for word in parted]
    plain = [_code(word) for word in parted]
    # A pair is one number, beyond those of all single words.
    pairs = [(1 << 62) | (before << 31) | after for before, after in zip([0, *plain], plain)]
    # In Python: of a short text, numpy would take longer to begin than to sort.
    return np.array(sorted({*single, *pairs}), np.int64)


def _code(word: str) -> int:
    """The same number in every process, of 31 bits."""
    return zlib.crc32(word.encode()) & 0x7FFFFFFF


class Usage:
    """How usual words and pairs are in the texts of each entry."""

    def __init__(self, used: Sequence[np.ndarray], owners: np.ndarray, entries: int) -> None:
        """`used`: what `uses` gave for each text; `owners`: the entry of each."""
        self._texts = np.bincount(owners, minlength=entries)
        codes = np.concatenate([np.zeros(0, np.int64), *used])
        holders = np.repeat(owners, [len(row) for row in used])
        order = np.lexsort((holders, codes))
        codes, holders = codes[order], holders[order]
        is_new = np.ones(len(codes), bool)
        is_new[1:] = (np.diff(codes) != 0) | (np.diff(holders) != 0)
        starts = np.flatnonzero(is_new)
        self._counts = np.diff(np.append(starts, len(codes)))
        self._holders, codes = holders[starts], codes[starts]
        rows = np.flatnonzero(np.diff(codes, prepend=-1))
        self._codes, self._starts, self._held = codes[rows], rows, np.diff(np.append(rows, len(codes)))

    def scores(self, used: np.ndarray) -> np.ndarray:
        """Of each entry, shape (entries,): mean log of how much more usual these words are in its texts than in all,
        times the root of their number. Words that no text holds say nothing."""
        places = np.minimum(np.searchsorted(self._codes, used), len(self._codes) - 1)
        known = places[self._codes[places] == used] if len(self._codes) else places[:0]
        if not len(known):
            return np.zeros(len(self._texts))
        rows = [np.arange(start, start + held) for start, held in zip(self._starts[known], self._held[known])]
        places = np.concatenate(rows)
        totals = np.add.reduceat(self._counts[places], np.cumsum(self._held[known]) - self._held[known])
        expected = np.repeat(PRIOR * totals / self._texts.sum(), self._held[known])
        told = np.bincount(self._holders[places], np.log1p(self._counts[places] / expected), minlength=len(self._texts))
        unsaid = np.log(PRIOR / (self._texts + PRIOR))
        return (told + len(known) * unsaid) / math.sqrt(len(known))
