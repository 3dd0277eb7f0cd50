"""One release as something that can be searched: question -> ranked entries with a confidence.

An entry scores by its two best passages (cosine of the sentence vectors plus a share of character n-gram likeness,
which catches what spelling repair does not) and by a linear map from vectors to entries, fitted to the phrasings in
closed form whenever a release is loaded: it learns which directions tell neighbouring entries apart. The confidence is
the best passage's score made comparable between questions: what a crowd of outside questions scores is taken off, and
so is what the entry does not mention at all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.model import Entry, Release
from knowledge.search.audience import age_groups
from knowledge.search.embedder import Embedder
from knowledge.search.encoder import DIMENSIONS
from knowledge.search.grams import Counts, Grams, count
from knowledge.search.passages import Passage, passages
from knowledge.search.words import Aliases, Vocabulary, content_words, words


@dataclass(frozen=True)
class Weights:
    """How the parts of a score are blended. The defaults were chosen with `bench/retrieval.py` (see its output for
    figures): leave-one-phrasing-out over the published entries, and outside questions that the index does not hold."""

    grams: float = 0.15
    told: float = 0.9
    fitted: float = 1.0
    ridge: float = 1.0
    other_age: float = 0.3
    background: float = 0.5
    unmentioned: float = 0.15


@dataclass(frozen=True)
class Hit:
    """An entry with its score and the passage that earned it. Scores compare hits of one question only."""

    entry: Entry
    score: float
    passage: str


@dataclass(frozen=True)
class Ranking:
    """The best entries for one question, best first. `confidence` is that of the first, 0 to 1."""

    hits: tuple[Hit, ...]
    confidence: float
    text: str


def _fit(vectors: np.ndarray, first: np.ndarray, ridge: float) -> np.ndarray:
    """Ridge regression from vectors to the entries that own them, shape (entries, 384): penalized least squares in
    closed form. `first`: where each entry's vectors begin."""
    if not len(vectors):
        return np.zeros((0, DIMENSIONS), np.float32)
    # Wanted is 1 for the owner of a vector and 0 for all others, less the mean. Its product with the vectors is a sum
    # for each entry; the table itself would have a gigabyte for 5,000 entries.
    sums = np.add.reduceat(vectors, first)
    shares = np.diff(np.append(first, len(vectors))) / len(vectors)
    spread = vectors.T @ vectors + ridge * np.eye(vectors.shape[1], dtype=np.float32)
    wanted = sums.T - np.outer(vectors.sum(axis=0), shares)
    return np.linalg.solve(spread, wanted).T.astype(np.float32)


@dataclass(frozen=True)
class _Prepared:
    """A published text, ready to be searched: its words, the form that is compared, what it means, how it is spelt."""

    words: tuple[str, ...]
    meaning: frozenset[str]
    grams: Counts
    vector: np.ndarray


def _prepare(
    texts: Sequence[str], known: Mapping[str, _Prepared], embedder: Embedder, aliases: Aliases
) -> dict[str, _Prepared]:
    fresh = sorted({text for text in texts if text not in known})
    # Every word of a published text is in the vocabulary, so only other names need replacing, no slips.
    plain = [aliases.plain(text) for text in fresh]
    made = {
        text: _Prepared(tuple(words(text)), frozenset(content_words(form)), count(form), vector)
        for text, form, vector in zip(fresh, plain, embedder.embed(plain))
    }
    return {text: made.get(text) or known[text] for text in texts}


def _stack(vectors: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), np.float32)


class Index:
    """The searchable form of one locale of one release. Building it embeds only texts that were never embedded."""

    def __init__(
        self,
        release: Release,
        locale: str,
        embedder: Embedder,
        *,
        aliases: Aliases,
        background: Sequence[str],
        is_common: Callable[[str], bool],
        previous: Index | None = None,
        weights: Weights = Weights(),
    ) -> None:
        """`previous`: the index of an earlier release; what it holds of unchanged texts is used again."""
        self._embedder, self._weights = embedder, weights
        # What is withdrawn is still found, so that whoever asks for it hears so and gets no other answer instead.
        known = sorted((r.entry for r in (*release.revisions, *release.withdrawn)), key=lambda entry: entry.key)
        self.entries = tuple(entry for entry in known if entry.locale == locale and passages(entry))
        rows = [(place, passage) for place, entry in enumerate(self.entries) for passage in passages(entry)]
        self._passages: list[Passage] = [passage for _, passage in rows]
        self._owner = np.array([place for place, _ in rows], np.int64)
        ages = (entry.audience if entry.audience in ("adult", "child", "infant") else "" for entry in self.entries)
        self._ages = np.array(list(ages), "U6")
        self._first = np.searchsorted(self._owner, np.arange(len(self.entries)))
        texts = [passage.text for passage in self._passages]
        self.background_texts = tuple(background)
        before: Mapping[str, _Prepared] = previous._prepared if previous else {}
        self._prepared: dict[str, _Prepared] = _prepare([*texts, *background], before, embedder, aliases)
        ready = [self._prepared[text] for text in texts]
        self.vocabulary = Vocabulary((word for text in ready for word in text.words), aliases, is_common)
        self._vectors = _stack([text.vector for text in ready])
        self._map = _fit(self._vectors, self._first, weights.ridge)
        self._share = np.array([1.0 if p.kind == "asked" else weights.told for p in self._passages], np.float32)
        self._grams = Grams([text.grams for text in ready])
        self._background = _stack([self._prepared[text].vector for text in background])
        self._mentions: list[set[str]] = [set() for _ in self.entries]
        for place, text in zip(self._owner, ready):
            self._mentions[place].update(text.meaning)
        held = Counter(word for mentioned in self._mentions for word in mentioned)
        self._rarity = {word: math.log((1 + len(self.entries)) / (1 + number)) for word, number in held.items()}
        self._rarest = math.log(1 + len(self.entries))

    def search(self, text: str, limit: int = 5) -> Ranking:
        """The best entries for a question, however it is spelt; an index without entries finds none."""
        canonical = self.vocabulary.canonical(text)
        if not self.entries or not canonical:
            return Ranking((), 0.0, canonical)
        vector = self._embedder.embed_message(canonical)
        return self._ranked(canonical, vector, self._map @ vector, limit)

    def _ranked(self, text: str, vector: np.ndarray, fitted: np.ndarray, limit: int) -> Ranking:
        passages = (self._vectors @ vector + self._weights.grams * self._grams.likeness(text)) * self._share
        # Passages stand entry after entry, so each entry's two best are found without a loop.
        best = np.maximum.reduceat(passages, self._first)
        rest = np.where(passages == best[self._owner], -1.0, passages)
        second = np.maximum(np.maximum.reduceat(rest, self._first), 0.0)
        scores = (best + second) / 2 + self._weights.fitted * fitted - self._weights.other_age * self._for_others(text)
        ranked = [int(place) for place in np.argsort(-scores)[:limit]]
        top = ranked[0]
        outside = float(np.max(self._background @ vector)) if len(self._background) else 0.0
        confidence = (
            float(best[top])
            - self._weights.background * max(0.0, outside)
            - self._weights.unmentioned * self._unmentioned(text, top)
        )
        confidence = round(min(1.0, max(0.0, confidence)), 3)
        return Ranking(tuple(self._hit(place, scores, passages) for place in ranked), confidence, text)

    def _for_others(self, text: str) -> np.ndarray:
        """1 for entries about an age group other than the one asked about (adults, where none is named), else 0."""
        groups = age_groups(text) or ("adult",)
        return (self._ages != "") & ~np.isin(self._ages, groups)

    def _hit(self, place: int, scores: np.ndarray, passages: np.ndarray) -> Hit:
        rows = slice(self._first[place], self._first[place + 1] if place + 1 < len(self._first) else None)
        winner = self._first[place] + int(np.argmax(passages[rows]))
        return Hit(self.entries[place], float(scores[place]), self._passages[winner].text)

    def _unmentioned(self, text: str, owner: int) -> float:
        """Share of the question's meaning, by rarity of its words, that the entry does not mention; 0 to 1."""
        asked = set(content_words(text))
        total = sum(self._rarity.get(word, self._rarest) for word in asked)
        missing = sum(self._rarity.get(word, self._rarest) for word in asked if word not in self._mentions[owner])
        return missing / total if total else 0.0
