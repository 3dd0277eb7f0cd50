"""Sentence vectors: all-MiniLM-L6-v2 run by onnxruntime, without a network.

The files are made once by `knowledge.search.weights.prepare`; this module only loads them.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from knowledge.errors import ModelError
from knowledge.search.weights import model_hash

DIMENSIONS = 384
MAX_TOKENS = 128
"""Longer texts are cut. The model was trained on 128 word pieces (its model card)."""
_BATCH = {"int8": 1, "fp32": 32}
"""Texts a run. int8 scales by the largest number in a run, so together texts would change each other's vectors."""


class Encoder(Protocol):
    """Turns texts into unit vectors. `hash` names the model: vectors of different hashes must not be compared."""

    @property
    def hash(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Shape (len(texts), 384), float32, each row of length 1; the zero row for a text without word pieces."""
        ...

    def encode_both(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """What `encode` gives, and at no further cost the inner vectors: of the same shape, of any length. They tell
        how a thing is said (`weights.INNER_LAYER`); whether two texts mean the same is not theirs to tell."""
        ...

    @property
    def english(self) -> Collection[str]:
        """Ordinary English words: those that are one piece in the model's own vocabulary of 30,000."""
        ...


class _Model:
    def __init__(self, folder: Path, precision: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # Questions of 8 to 16 word pieces gain nothing from a second thread, and other work needs the core.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self.session = onnxruntime.InferenceSession(
                str(folder / f"{precision}.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # onnxruntime and tokenizers raise bare classes of their own
            raise ModelError(
                f"the embedding model in {folder} cannot be loaded ({error}); run: ./lantern model"
            ) from error
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()


class OnnxEncoder:
    """The encoder of the product. Raises `ModelError` when the folder holds no prepared model."""

    def __init__(self, folder: Path, precision: str = "int8") -> None:
        self.hash = model_hash(folder, precision)
        self._folder, self._precision, self._batch = folder, precision, _BATCH[precision]

    @functools.cached_property
    def _model(self) -> _Model:
        # Loaded when the first text comes: to find that nothing has changed, a publication needs the hash alone.
        return _Model(self._folder, self._precision)

    def load(self) -> OnnxEncoder:
        """Loads the model now, so that no person waits for it. Raises `ModelError` when it cannot be read."""
        _ = self._model
        return self

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return self.encode_both(texts)[0]

    def encode_both(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        vectors, inner = np.zeros((2, len(texts), DIMENSIONS), np.float32)
        # Texts of like length share a batch, so that little is spent on padding.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), self._batch):
            places = order[start : start + self._batch]
            encoded = self._model.tokenizer.encode_batch([texts[place] for place in places])
            inputs = {
                "input_ids": np.array([row.ids for row in encoded], np.int64),
                "attention_mask": np.array([row.attention_mask for row in encoded], np.int64),
            }
            vectors[places], inner[places] = self._model.session.run(["sentence_vector", "inner_vector"], inputs)
        return vectors, inner

    @functools.cached_property
    def english(self) -> Collection[str]:
        return frozenset(piece for piece in self._model.tokenizer.get_vocab() if piece.isalpha())
