from __future__ import annotations

import copy

import numpy as np
import pytest

import knowledge.search.embedder
from knowledge.model import Question
from knowledge.search.embedder import Embedder
from knowledge.wiring import Knowledge
from tests.knowledge.samples import Vectors, WordEncoder


def test_a_text_is_computed_once_and_then_read() -> None:
    encoder, cache = WordEncoder(), Vectors()
    first = Embedder(encoder, cache).embed(["tea", "hot tea", "tea"])
    assert encoder.encoded == ["tea", "hot tea"]
    again = Embedder(encoder, cache).embed(["hot tea", "tea", "cold tea"])
    assert encoder.encoded == ["tea", "hot tea", "cold tea"]
    assert np.array_equal(first, again[[1, 0, 1]])


def test_vectors_of_one_model_are_never_used_by_another() -> None:
    cache = Vectors()
    Embedder(WordEncoder("words-1"), cache).embed(["tea"])
    other = WordEncoder("words-2")
    Embedder(other, cache).embed(["tea"])
    assert other.encoded == ["tea"]


def test_what_a_person_wrote_is_never_stored() -> None:
    encoder, cache = WordEncoder(), Vectors()
    embedder = Embedder(encoder, cache)
    first, again = embedder.embed_message("my name is Ada"), embedder.embed_message("my name is Ada")
    assert np.array_equal(first, again)
    assert encoder.encoded == ["my name is Ada"]
    assert cache.kept == {}


def test_both_vectors_of_a_message_come_from_one_computation() -> None:
    encoder, cache = WordEncoder(), Vectors()
    embedder = Embedder(encoder, cache)
    assert np.array_equal(2 * embedder.embed_message("hot tea"), embedder.embed_message_inner("hot tea"))
    learned = embedder.embed_inner(["cold tea", "hot tea", "cold tea"])
    assert encoder.encoded == ["hot tea", "cold tea"]
    assert np.array_equal(learned[1], embedder.embed_message_inner("hot tea"))
    assert np.array_equal(learned[0], learned[2])
    assert cache.kept == {}


def test_only_so_many_messages_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge.search.embedder, "MESSAGES_KEPT", 2)
    encoder = WordEncoder()
    embedder = Embedder(encoder, Vectors())
    for text in ("one", "two", "one", "three", "one", "two"):
        embedder.embed_message(text)
    assert encoder.encoded == ["one", "two", "three", "two"]


def test_no_texts_have_no_vectors() -> None:
    assert Embedder(WordEncoder(), Vectors()).embed([]).shape == (0, 384)


class _Watching:
    """Counts what a real encoder is asked."""

    def __init__(self, shipped: Knowledge) -> None:
        self._real = shipped.embedder._encoder
        self.hash, self.english, self.asked = self._real.hash, self._real.english, 0

    def encode(self, texts: list[str]) -> np.ndarray:
        return self.encode_both(texts)[0]

    def encode_both(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        self.asked += len(texts)
        return self._real.encode_both(texts)


def test_a_restart_embeds_nothing(shipped: Knowledge) -> None:
    shipped.live()
    watching = _Watching(shipped)
    restarted = copy.copy(shipped)
    restarted.embedder, restarted._live = Embedder(watching, shipped.store), None
    assert restarted.live().release == shipped.live().release
    assert watching.asked == 0
    restarted.live().answer(Question("what is lupus, roughly?"))
    assert watching.asked == 1
