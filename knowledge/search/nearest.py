"""Which of many vectors are nearest to another one, without reading all of them.

Ten thousand vectors take 15 MB, and a processor waits longer for them than for all else in a search. A copy in eight
bits tells in a fifth of the time how near each vector is, and how wrong that can be at the most: so only those that may
be among the nearest are read in full. Products of small whole numbers are exact, whoever computes them; with the same
vectors every machine reads the same ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from knowledge.errors import ModelError
from knowledge.search.weights import PRODUCTS

_QUESTION, _ROW = 63, 127
"""Greatest whole number that stands for a part of a question, and of a row. Those of questions have a bit less, because
processors without VNNI instructions add two products into sixteen bits."""
_ROUNDING = 1e-5
"""More than the errors of all sums in 32 bits, in cosines."""


class Multiply(Protocol):
    """Matrix product of whole numbers: `left` (m, k) of uint8, `right` (k, n) of int8, the result exact."""

    def __call__(self, left: np.ndarray, right: np.ndarray) -> np.ndarray: ...


def multiplied(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The product by numpy, which is slow for whole numbers."""
    return left.astype(np.int32) @ right.astype(np.int32)


class OnnxMultiply:
    """The product by onnxruntime. Raises `ModelError` when the folder holds no prepared model."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / PRODUCTS), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises bare classes of its own
            raise ModelError(f"{folder / PRODUCTS} cannot be loaded ({error}); run: ./lantern model") from error

    def __call__(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        product: np.ndarray = self._session.run(None, {"left": left, "right": right})[0]
        return product


class About(NamedTuple):
    """A cosine for each row, and by how much any of them may be wrong."""

    cosines: np.ndarray
    wrong: float


class Rows:
    """Unit vectors to be searched, one a row."""

    def __init__(self, vectors: np.ndarray, multiply: Multiply) -> None:
        """`vectors`: shape (rows, 384), float32, each of length 1 or 0. They are kept in sixteen bits, and all cosines
        are those of what is kept."""
        self._kept, self._multiply = vectors.astype(np.float16), multiply
        vectors = self._kept.astype(np.float32)
        longest = np.abs(vectors).max(axis=1, initial=0.0)
        self._steps = np.maximum(longest, np.finfo(np.float32).tiny) / _ROW
        small = np.rint(vectors / self._steps[:, None])
        lost = np.linalg.norm(vectors - small * self._steps[:, None], axis=1)
        self._lost = float(lost.max(initial=0.0))
        self._small = np.ascontiguousarray(small.T.astype(np.int8))
        # All numbers of a question are moved up to be without a sign; this is what each row gains by it.
        self._shift = _QUESTION * small.sum(axis=1).astype(np.int32)

    def __len__(self) -> int:
        return len(self._kept)

    def vectors(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Those at these places, or all, float32."""
        return self._kept[rows].astype(np.float32)

    def about(self, vector: np.ndarray) -> About:
        """How near `vector`, shape (384,), is to each row."""
        step = np.maximum(np.abs(vector).max(initial=0.0), np.finfo(np.float32).tiny) / _QUESTION
        small = np.rint(vector / step)
        products = self._multiply((small + _QUESTION).astype(np.uint8)[None], self._small)[0] - self._shift
        lost = float(np.linalg.norm(vector - small * step))
        wrong = self._lost * float(np.linalg.norm(vector)) + lost * (1 + self._lost) + _ROUNDING
        return About(products * (self._steps * step), wrong)

    def exactly(self, vector: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The cosine to these rows."""
        cosines: np.ndarray = self.vectors(rows) @ vector
        return cosines
