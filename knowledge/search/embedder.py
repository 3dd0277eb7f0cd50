"""Vectors at the price of one computation: published texts are cached in the database, messages in memory only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from knowledge.search.encoder import Encoder
from knowledge.search.recent import Recent

MESSAGES_KEPT = 2048
"""Messages whose vectors are kept per process (two of 1.5 KiB each); they are never written anywhere."""


class VectorCache(Protocol):
    """Where vectors of published texts are kept."""

    def vectors(self, text_hashes: Sequence[str], model_hash: str) -> dict[str, np.ndarray]: ...

    def keep_vectors(self, by_hash: Mapping[str, np.ndarray], model_hash: str) -> None: ...


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Embedder:
    """Vectors of texts. Safe to share between threads."""

    def __init__(self, encoder: Encoder, cache: VectorCache) -> None:
        self._encoder, self._cache = encoder, cache
        self._messages: Recent[str, tuple[np.ndarray, np.ndarray]] = Recent(MESSAGES_KEPT)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of published texts, shape (len(texts), 384): from the cache, and what is missing computed and
        kept. Never give it a patient's words: they would be stored."""
        hashes = [text_hash(text) for text in texts]
        known = self._cache.vectors(hashes, self._encoder.hash)
        missing = {key: text for key, text in zip(hashes, texts) if key not in known}
        if missing:
            fresh = dict(zip(missing, self._encoder.encode(list(missing.values()))))
            self._cache.keep_vectors(fresh, self._encoder.hash)
            known.update(fresh)
        return np.stack([known[key] for key in hashes]) if hashes else np.zeros((0, 384), np.float32)

    def embed_inner(self, texts: Sequence[str]) -> np.ndarray:
        """Inner vectors of texts to learn from, shape (len(texts), 384). Those of recent messages are known; the others
        are computed each time, and kept nowhere."""
        known = {text: both[1] for text in texts if (both := self._messages.get(text)) is not None}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(missing, self._encoder.encode_both(missing)[1]))
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, 384), np.float32)

    def embed_message(self, text: str) -> np.ndarray:
        """The unit vector of something a person wrote, shape (384,). Kept in memory for a while, never stored."""
        return self.embed_message_both(text)[0]

    def embed_message_inner(self, text: str) -> np.ndarray:
        """Its inner vector, shape (384,), from the same computation."""
        return self.embed_message_both(text)[1]

    def embed_message_both(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Its unit vector and its inner vector."""
        return self._messages.of(text, lambda: self._computed(text))

    def _computed(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        vectors, inner = self._encoder.encode_both([text])
        return vectors[0], inner[0]
