"""One release as something that can be searched: question -> ranked entries with a confidence.

An entry scores by its best phrasings and its best paragraph (cosine of the sentence vectors plus a share of character
n-gram likeness, which catches what spelling repair does not), by a linear map from vectors to entries, fitted to the
phrasings in closed form whenever a release is loaded, which learns what tells neighbouring entries apart, and by the
share of the question that it does not mention. The confidence is a logistic model over the same evidence for the best
entry and what the question alone tells: how near it is to outside ones, how usual its words are in published texts
(`knowledge.search.confidence`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import get_args

import numpy as np

from knowledge.model import Entry, Release
from knowledge.search.audience import AgeGroup, age_groups
from knowledge.search.confidence import Evidence, confidence
from knowledge.search.embedder import Embedder
from knowledge.search.encoder import DIMENSIONS
from knowledge.search.grams import Counts, Grams, count
from knowledge.search.nearest import About, Multiply, Rows, multiplied
from knowledge.search.passages import Passage, passages
from knowledge.search.words import GENERAL_STEMS, Aliases, Vocabulary, content_words, is_stop_word, words

RANKED = 15
"""Entries whose words are held against the question; what a first, cheaper score puts behind them is never shown."""
SUBJECT = 0.5
"""Log of the odds from which a word of a published question tells what it is about."""
DRAWN = 100
"""Texts; what `odds` draws rare words by."""
MOST_UNKNOWN, MOST_STRANGE, MOST_FOREIGN = 4, 3, 2
"""Words of a kind that count: of a long message, more of them would say no more."""
AGE_FIRST = 0.3
"""What an entry about another age loses in the first, cheaper score."""


@dataclass(frozen=True)
class Weights:
    """How the parts of a score are blended. `of_figures` are those of an entry's three best phrasings, its best
    paragraph, the fitted map, the share it does not mention, and being about another age than the question; the best of
    several by `bench/retrieval.py`, where all that are of this size differ by less than two in a hundred."""

    grams: float = 0.15
    ridge: float = 1.0
    inside_ridge: float = 5.0
    of_figures: tuple[float, ...] = (1.0, 0.7, 0.5, 0.5, 1.2, -1.0, -0.5)


@dataclass(frozen=True)
class Hit:
    """An entry with its score and the passage that earned it. Scores compare hits of one question only."""

    entry: Entry
    score: float
    passage: str


@dataclass(frozen=True)
class Ranking:
    """The best entries for one question, best first. `confidence` is that of the first, 0 to 1; `text` is the question
    as it was compared."""

    hits: tuple[Hit, ...]
    evidence: Evidence
    confidence: float
    text: str


def _products(vectors: np.ndarray) -> np.ndarray:
    """Sums of products of the columns of `vectors` and of a constant 1 behind them, shape (385, 385). Both regressions
    are made of it, and it is by far the longest part of either."""
    sums = vectors.sum(axis=0, dtype=np.float64)
    inner = (vectors.T @ vectors).astype(np.float64)
    return np.block([[inner, sums[:, None]], [sums[None, :], np.array([[len(vectors)]], np.float64)]])


def _fit(vectors: np.ndarray, products: np.ndarray, first: np.ndarray, ridge: float) -> np.ndarray:
    """Ridge regression from vectors to the entries that own them, shape (entries, 384): penalized least squares in
    closed form. `products`: those of the vectors; `first`: where each entry's vectors begin."""
    if not len(vectors):
        return np.zeros((0, DIMENSIONS), np.float32)
    # Wanted is 1 for the owner of a vector and 0 for all others, less the mean. Its product with the vectors is a sum
    # for each entry; the table itself would have a gigabyte for 5,000 entries.
    sums = np.add.reduceat(vectors, first)
    shares = np.diff(np.append(first, len(vectors))) / len(vectors)
    spread = products[:-1, :-1] + ridge * np.eye(DIMENSIONS)
    wanted = sums.T - np.outer(products[:-1, -1], shares)
    return np.linalg.solve(spread, wanted).T.astype(np.float32)


@dataclass(frozen=True)
class _Near:
    """Some entries, and the passages of each, entry after entry: `rows` of the passages, the place of the `owner` of
    each among these entries, and where each entry is `first`."""

    entries: np.ndarray
    rows: np.ndarray
    owner: np.ndarray
    first: np.ndarray

    @classmethod
    def all(cls, owner: np.ndarray, number: int) -> _Near:
        places = np.arange(number)
        return cls(places, np.arange(len(owner)), owner, np.searchsorted(owner, places))

    def only(self, places: np.ndarray) -> _Near:
        """Those at these places, which rise."""
        sizes = np.diff(np.append(self.first, len(self.rows)))[places]
        first = np.cumsum(sizes) - sizes
        owner = np.repeat(np.arange(len(places)), sizes)
        at = np.arange(len(owner)) + (self.first[places] - first)[owner]
        return _Near(self.entries[places], self.rows[at], owner, first)


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


def odds(held: int, size: int, apart: int, crowd: int) -> float:
    """Log of how much more usual a word is in published texts (`held` of `size`) than in outside ones (`apart` of
    `crowd`). Rare words are drawn towards none, by as much as `DRAWN` texts of the usual share would draw them."""
    usual = DRAWN * (held + apart) / (size + crowd)
    return math.log((held + usual) / (size + DRAWN)) - math.log((apart + usual) / (crowd + DRAWN))


def _inside(published: np.ndarray, outside: np.ndarray, ridge: float) -> np.ndarray:
    """The line that parts published vectors (+1) from outside ones (-1), shape (385,): weighted least squares in closed
    form, both sides counting alike; the last number is the constant. Given are the products of each side."""
    counts = published[-1, -1], outside[-1, -1]
    if not all(counts):
        return np.zeros(DIMENSIONS + 1, np.float32)
    half = sum(counts) / 2
    spread = half / counts[0] * published + half / counts[1] * outside + ridge * np.eye(DIMENSIONS + 1)
    wanted = half / counts[0] * published[:, -1] - half / counts[1] * outside[:, -1]
    return np.linalg.solve(spread, wanted).astype(np.float32)


def _counted(holds: Callable[[str], bool], among: Sequence[str], most: int) -> float:
    """How many of these words it holds for, at most `most`; the words after that many are not looked at."""
    return float(sum(1 for _ in islice(filter(holds, among), most)))


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
        english: Collection[str],
        previous: Index | None = None,
        weights: Weights = Weights(),
        multiply: Multiply = multiplied,
    ) -> None:
        """`previous`: the index of an earlier release; what it holds of unchanged texts is used again. `multiply` is
        what searches the vectors; all give the same."""
        self._embedder, self._weights = embedder, weights
        # What is withdrawn is still found, so that whoever asks for it hears so and gets no other answer instead.
        known = sorted((r.entry for r in (*release.revisions, *release.withdrawn)), key=lambda entry: entry.key)
        self.entries = tuple(entry for entry in known if entry.locale == locale and passages(entry))
        self._places = {entry.id: place for place, entry in enumerate(self.entries)}
        rows = [(place, passage) for place, entry in enumerate(self.entries) for passage in passages(entry)]
        self._passages: list[Passage] = [passage for _, passage in rows]
        self._owner = np.array([place for place, _ in rows], np.int64)
        audiences = [entry.audience for entry in self.entries]
        self._of_age = {group: np.array([group == whom for whom in audiences], bool) for group in get_args(AgeGroup)}
        self._all = _Near.all(self._owner, len(self.entries))
        texts = [passage.text for passage in self._passages]
        self.background_texts = tuple(background)
        before: Mapping[str, _Prepared] = previous._prepared if previous else {}
        self._prepared: dict[str, _Prepared] = _prepare([*texts, *background], before, embedder, aliases)
        ready = [self._prepared[text] for text in texts]
        self.vocabulary = Vocabulary((word for text in ready for word in text.words), aliases, english)
        vectors = _stack([text.vector for text in ready])
        outside = _stack([self._prepared[text].vector for text in background])
        # Those of outside questions stand behind the others: both are looked through at once.
        self._rows = Rows(np.concatenate([vectors, outside]), multiply)
        products = _products(vectors)
        self._map = _fit(vectors, products, self._all.first, weights.ridge)
        self._is_asked = np.array([passage.kind == "asked" for passage in self._passages], bool)
        self._grams = Grams([text.grams for text in ready])
        self._line = _inside(products, _products(outside), weights.inside_ridge)
        self._mentions: list[set[str]] = [set() for _ in self.entries]
        for place, text in zip(self._owner, ready):
            self._mentions[place].update(text.meaning)
        held = Counter(word for mentioned in self._mentions for word in mentioned)
        size = len(self.entries)
        self._rarity = {word: math.log((1 + size) / (1 + number)) for word, number in held.items()}
        self._rarest = math.log(1 + size)
        self._written = Counter(word for text in ready for word in text.meaning)
        self._apart = Counter(word for text in background for word in self._prepared[text].meaning)
        self._telling = {
            word: odds(self._written[word], len(ready), self._apart[word], len(background))
            for word in {*self._written, *self._apart}
        }
        asked = Counter(word for entry in self.entries for word in set(content_words(aliases.plain(entry.question))))
        self._topics = {
            word: number
            for word, number in asked.items()
            if self._telling.get(word, 0.0) > SUBJECT and word not in GENERAL_STEMS
        }

    def search(self, text: str, limit: int = 5, besides: Entry | None = None) -> Ranking:
        """The best entries for a question, however it is spelt, leaving out `besides`; an index without entries finds
        none."""
        canonical = self.vocabulary.canonical(text)
        if not self.entries or not canonical:
            return Ranking((), Evidence(), 0.0, canonical)
        vector = self._embedder.embed_message(canonical)
        return self._ranked(canonical, vector, self._map @ vector, limit, besides)

    def subjects(self, text: str) -> tuple[str, ...]:
        """The words that tell what a message is about, as they are compared: those of published questions that are much
        more usual in published texts than elsewhere. What most questions are about comes first."""
        written = dict.fromkeys(words(self.vocabulary.canonical(text)))
        asked = {word: max((self._topics.get(stem, 0) for stem in content_words(word)), default=0) for word in written}
        return tuple(sorted((word for word in written if asked[word]), key=lambda word: -asked[word]))

    def mentions(self, entry: Entry, text: str) -> bool:
        """Whether an entry, or a way to ask for it, holds a word of this text that carries meaning."""
        place = self._places.get(entry.id)
        if place is None or self.entries[place] != entry:
            return False
        return not self._mentions[place].isdisjoint(content_words(self.vocabulary.canonical(text)))

    def _odds(self, word: str) -> float:
        return self._telling.get(word, 0.0)

    def _ranked(
        self, text: str, vector: np.ndarray, fitted: np.ndarray, limit: int, besides: Entry | None = None
    ) -> Ranking:
        asked = set(content_words(text))
        shared = self._weights.grams * self._grams.likeness(text)
        ages = self._for_others(text).astype(float)
        about = self._rows.about(vector)
        near = self._near(about, shared, fitted - AGE_FIRST * ages, max(RANKED, limit))
        likeness = self._likeness(vector, shared, near.rows)
        places, figures = self._figures(near, likeness, fitted, asked, ages, max(RANKED, limit))
        kept = [at for at, place in enumerate(places) if self.entries[near.entries[place]] is not besides]
        if not kept:
            return Ranking((), Evidence(), 0.0, text)
        places, figures = places[kept], figures[kept]
        scores = figures @ np.array(self._weights.of_figures)
        order = np.argsort(-scores, kind="stable")
        top = figures[order[0]]
        evidence = Evidence(
            best=float(top[0]),
            second=float(top[1]),
            told=float(top[3]),
            fitted=float(top[4]),
            lead=float(scores[order[0]] - scores[order[1]]) if len(order) > 1 else float(scores[order[0]]),
            unmentioned=float(top[5]),
            **self._of_question(text, vector, about, asked),
        )
        hits = tuple(self._hit(near, int(places[at]), float(scores[at]), likeness) for at in order[:limit])
        return Ranking(hits, evidence, confidence(evidence, evidence), text)

    def _near(self, about: About, shared: np.ndarray, known: np.ndarray, most: int) -> _Near:
        """The entries that can be among the `most` with the highest first score. `known` is what that score has beside
        their two best phrasings."""
        likeness = about.cosines[: len(self._passages)] + shared
        best, second = self._best(self._all, np.where(self._is_asked, likeness, -1.0), 2)
        first = (best + second) / 2 + known
        least = np.partition(first, -most)[-most] - 2 * about.wrong if len(first) > most else -np.inf
        return self._all.only(np.flatnonzero(first >= least))

    def _figures(
        self, near: _Near, likeness: np.ndarray, fitted: np.ndarray, asked: set[str], ages: np.ndarray, most: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest of these entries, shape (most,), and what speaks for each, shape (most, 7): columns as in
        `Weights`."""
        is_asked, fitted, ages = self._is_asked[near.rows], fitted[near.entries], ages[near.entries]
        best, second, third = self._best(near, np.where(is_asked, likeness, -1.0), 3)
        told = np.maximum.reduceat(np.where(is_asked, 0.0, np.maximum(likeness, 0.0)), near.first)
        places = np.argsort(-((best + second) / 2 + fitted - AGE_FIRST * ages), kind="stable")[:most]
        unmentioned = [self._unmentioned(asked, int(place)) for place in near.entries[places]]
        columns = (best, second, third, told, fitted)
        return places, np.stack([*(column[places] for column in columns), unmentioned, ages[places]], axis=1)

    def _likeness(self, vector: np.ndarray, shared: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Of these passages to the question; `shared`: what letters of all of them count for."""
        return self._rows.exactly(vector, rows) + shared[rows]

    def _sides(self, vector: np.ndarray, about: About) -> tuple[float, float]:
        """Likeness to the nearest outside question, and where the question lies between outside and inside."""
        outside = self._rows.greatest(vector, about, len(self._passages))
        return max(0.0, outside), float(self._line[:-1] @ vector + self._line[-1])

    @staticmethod
    def _best(near: _Near, likeness: np.ndarray, number: int) -> list[np.ndarray]:
        """The best of each entry, at least 0. Passages stand entry after entry, so no loop over them is needed."""
        left, found = likeness.copy(), []
        for _ in range(number):
            best = np.maximum.reduceat(left, near.first)
            found.append(np.maximum(best, 0.0))
            holders = np.flatnonzero(left == best[near.owner])
            is_first = np.diff(near.owner[holders], prepend=-1) > 0
            left[holders[is_first]] = -1.0
        return found

    def _of_question(self, text: str, vector: np.ndarray, about: About, asked: set[str]) -> dict[str, float]:
        """The evidence that lies in the question alone."""
        plain = [word for word in words(text) if not is_stop_word(word) and len(word) > 1]
        # Exact sums: words of a set come in another order in each process.
        telling = math.fsum(map(self._odds, asked)) / max(len(asked), 1)
        outside, inside = self._sides(vector, about)
        return {
            "outside": outside,
            "inside": inside,
            "telling": min(6.0, max(-6.0, telling)),
            "length": math.log(1 + len(asked)),
            "unknown": _counted(self.vocabulary.is_unknown, plain, MOST_UNKNOWN),
            "strange": _counted(self.vocabulary.is_strange, plain, MOST_STRANGE),
            "foreign": _counted(self.vocabulary.is_foreign, plain, MOST_FOREIGN),
            "strangest": max(-6.0, min(map(self._odds, asked), default=0.0)),
        }

    def _for_others(self, text: str) -> np.ndarray:
        """1 for entries about an age group other than the one asked about (adults, where none is named), else 0."""
        groups = age_groups(text) or ("adult",)
        others = [mine for group, mine in self._of_age.items() if group not in groups]
        return np.logical_or.reduce(others) if others else np.zeros(len(self.entries), bool)

    def _hit(self, near: _Near, place: int, score: float, likeness: np.ndarray) -> Hit:
        begin, end = np.searchsorted(near.owner, [place, place + 1])
        winner = near.rows[begin + int(np.argmax(likeness[begin:end]))]
        return Hit(self.entries[near.entries[place]], score, self._passages[winner].text)

    def _unmentioned(self, asked: set[str], owner: int) -> float:
        """Share of the question's meaning, by rarity of its words, that the entry does not mention; 0 to 1."""
        total = math.fsum(self._rarity.get(word, self._rarest) for word in asked)
        missing = math.fsum(self._rarity.get(word, self._rarest) for word in asked if word not in self._mentions[owner])
        return missing / total if total else 0.0
