"""Vectors at the price of one computation: published texts are cached in the database, messages in memory only."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from knowledge.search.encoder import Encoder

MESSAGES_KEPT = 2048
"""Vectors of recent messages kept per process (1.5 KiB each); they are never written anywhere."""


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
        self._messages: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

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

    def embed_message(self, text: str) -> np.ndarray:
        """The unit vector of something a person wrote, shape (384,). Kept in memory for a while, never stored."""
        with self._lock:
            if text in self._messages:
                self._messages.move_to_end(text)
                return self._messages[text]
        vector: np.ndarray = self._encoder.encode([text])[0]
        with self._lock:
            self._messages[text] = vector
            while len(self._messages) > MESSAGES_KEPT:
                self._messages.popitem(last=False)
        return vector
