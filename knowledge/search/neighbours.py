"""What the phrasings nearest to a message say about which entry it asks for.

One regression over all phrasings has to part hundreds of entries at once and blurs those that lie close together.
Here a kernel ridge regression is fitted anew for each message, to the phrasings around it alone (Bottou and Vapnik:
Local Learning Algorithms, Neural Computation 4, 1992), so it has just the neighbouring entries to tell apart, and
nothing is trained when an entry changes. The nearest outside questions stand among them as a side of their own.

Vectors of phrasings also tell how something is written, long or short, with care or without. The directions in which
the phrasings of one entry differ most are taken out of all vectors (nuisance attribute projection; Solomonoff,
Campbell and Boardman: Advances in Channel Compensation for SVM Speaker Recognition, ICASSP 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.encoder import DIMENSIONS
from knowledge.search.nearest import About, Multiply, Rows, multiplied

NEAREST, NEAREST_OUTSIDE = 100, 40
"""Phrasings and outside questions that a message is compared with."""
RIDGE = 0.5
"""What is added to the likeness of each text with itself, which is 1: the larger, the less a single one counts."""
MANNERS = 2
"""Directions that are taken out."""
FEW = 0.5
"""Power by which an entry with fewer phrasings than usual counts more: there are fewer of them to be near."""


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)


def _manners(vectors: np.ndarray, first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Orthogonal directions in which vectors of one entry differ most from their mean, shape (384, MANNERS)."""
    means = np.add.reduceat(vectors, first) / counts[:, None]
    scatter = (vectors.T @ vectors - (means * counts[:, None]).T @ means).astype(np.float64)
    return np.linalg.eigh(scatter)[1][:, -MANNERS:].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Around:
    """What lies around a message: places of the nearest phrasings, of all outside questions the nearest ones, and how
    near each is, as cosines."""

    vector: np.ndarray
    phrasings: np.ndarray
    likeness: np.ndarray
    outside: np.ndarray
    unlikeness: np.ndarray


class Neighbours:
    """The phrasings of all entries and the outside questions, as they are compared with messages."""

    def __init__(
        self,
        vectors: Sequence[np.ndarray],
        counts: Sequence[int],
        outside: Sequence[np.ndarray],
        multiply: Multiply = multiplied,
    ) -> None:
        """`vectors`: those of all phrasings, entry after entry; `counts`: how many each entry has, at least one."""
        self._counts = np.array(counts, np.int64)
        self._first = np.cumsum(self._counts) - self._counts
        self._owner = np.repeat(np.arange(len(self._counts)), self._counts)
        every = np.array([*vectors, *outside], np.float32).reshape(-1, DIMENSIONS)
        self._manners = np.zeros((DIMENSIONS, 0), np.float32)
        if vectors:
            self._manners = _manners(every[: len(vectors)], self._first, self._counts)
        # Those of outside questions stand behind the others: both are looked through at once.
        self._rows = Rows(self.without_manner(every), multiply)
        usual = np.median(self._counts) if len(self._counts) else 1.0
        self._more = np.maximum(1.0, usual / np.maximum(self._counts, 1)) ** FEW

    def around(self, vector: np.ndarray) -> Around:
        """What lies around a message with this vector, shape (384,)."""
        plain = self.without_manner(vector[None])[0]
        about, size = self._rows.about(plain), len(self._owner)
        return Around(
            plain,
            *self._nearest(plain, about, slice(0, size), NEAREST),
            *self._nearest(plain, about, slice(size, len(self._rows)), NEAREST_OUTSIDE),
        )

    def shares(self, around: Around) -> tuple[np.ndarray, float]:
        """How much of the neighbourhood each entry owns, shape (entries,), and how much the outside: about 0 to 1."""
        vectors = self._rows.vectors(np.concatenate([around.phrasings, around.outside]))
        likeness = np.concatenate([around.likeness, around.unlikeness]).astype(np.float64)
        # Squares: what is unlike counts nothing, and likeness counts the more the nearer it is to 1.
        kernel = np.maximum(vectors @ vectors.T, 0.0).astype(np.float64) ** 2
        kernel[np.diag_indices(len(kernel))] += RIDGE
        parts = np.linalg.solve(kernel, np.maximum(likeness, 0.0) ** 2)
        inside = len(around.phrasings)
        owned = np.bincount(self._owner[around.phrasings], parts[:inside], len(self._counts))
        return owned * self._more, float(parts[inside:].sum())

    def without_manner(self, vectors: np.ndarray) -> np.ndarray:
        """Unit vectors, shape (n, 384), of what is asked rather than of how it is written."""
        return _unit(vectors - (vectors @ self._manners) @ self._manners.T)

    def _nearest(self, vector: np.ndarray, about: About, among: slice, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of the nearest rows, rising, so that sums do not differ by how they were found; and their cosines."""
        cosines = about.cosines[among]
        places = np.arange(among.start, among.stop)
        if len(places) > most:
            least = np.partition(cosines, -most)[-most] - 2 * about.wrong
            places = places[cosines >= least]
        exact = self._rows.exactly(vector, places)
        kept = np.sort(np.argsort(-exact, kind="stable")[:most])
        return places[kept], exact[kept]
