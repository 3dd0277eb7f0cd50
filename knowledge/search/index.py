"""One release as something that can be searched: question -> ranked entries with a confidence.

Two things are held against every entry: the sentence vector of the question, by a regression over the phrasings nearest
to it (`knowledge.search.neighbours`), and its words, by how usual they are in the texts of the entry
(`knowledge.search.usage`). A message of several parts is read as a whole and by its parts that ask: what its whole is
about and what a part asks for add up. The confidence is a logistic model over the same evidence for the best entry and
what the question alone tells: how near it is to outside ones, how usual its words are in published texts
(`knowledge.search.confidence`).
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from knowledge.model import Entry, Release
from knowledge.search.asked_next import AskedNext, Next
from knowledge.search.audience import age_groups
from knowledge.search.confidence import Evidence, confidence
from knowledge.search.corrections import plainly
from knowledge.search.embedder import Embedder
from knowledge.search.encoder import DIMENSIONS
from knowledge.search.nearest import Multiply, multiplied
from knowledge.search.neighbours import Neighbours
from knowledge.search.passages import Passage, passages
from knowledge.search.recent import Recent
from knowledge.search.usage import Usage, uses
from knowledge.search.words import GENERAL_STEMS, Aliases, Vocabulary, content_words, is_stop_word, words

SUBJECT = 0.5
"""Log of the odds from which a word of a published question tells what it is about."""
DRAWN = 100
"""Texts; what `odds` draws rare words by."""
MOST_FOREIGN = 2
"""Foreign words that count: of a long message, more of them would say no more."""
HITS = 5
"""Entries that a search gives, unless more or fewer are asked for."""
TEXTS_READ = 64
"""Texts whose readings are remembered, in memory only and of some 10 KiB each: where a message may follow an answer,
several ask how it reads by itself."""
RIVALS, LEAST_RIVAL = 25, 1e-6
"""Entries among which the chance of the first is measured, and how likely all others are at least."""


@dataclass(frozen=True)
class Scoring:
    """How scores are made, in log odds between two entries: `share` of the neighbourhood that an entry owns, `usage` of
    its words, `other_age`: being about another age than the one that is named. `beside`: what the part that asks has in
    the score of a message, and the message in that of one of its several questions; 0 to 1. Fitted by
    `bench/retrieval.py` to messages of authors who had not read the phrasings; all but `other_age`, which is rare."""

    share: float = 15.216
    usage: float = 0.532
    other_age: float = -4.0
    beside: float = 0.094


SCORING = Scoring()


@dataclass(frozen=True)
class Hit:
    """An entry with its score. Scores compare hits of one question only."""

    entry: Entry
    score: float


@dataclass(frozen=True)
class Ranking:
    """The best entries for one question, best first. `confidence` is that of the first, 0 to 1; `text` is the question
    as it was compared."""

    hits: tuple[Hit, ...]
    evidence: Evidence
    confidence: float
    text: str


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as it is held against all entries; arrays have a place for each of them.

    `shares`, `outside_share`: who owns what is around it; `usage`: of its words; `scores`: all of that together, in log
    odds. `vector`: the unit vector of what it asks, shape (384,)."""

    text: str
    stems: frozenset[str]
    vector: np.ndarray
    shares: np.ndarray
    outside_share: float
    usage: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class _Prepared:
    """A published text, ready to be searched: its words, those with a meaning, what `uses` gives for it, its vector, in
    sixteen bits. Paragraphs have no vector: how people ask for them says more."""

    words: tuple[str, ...]
    meaning: frozenset[str]
    used: np.ndarray
    vector: np.ndarray | None


def _prepare(
    rows: Sequence[Passage], known: Mapping[Passage, _Prepared], embedder: Embedder, aliases: Aliases
) -> dict[Passage, _Prepared]:
    fresh = sorted({row for row in rows if row not in known}, key=lambda row: (row.kind, row.text))
    # Every word of a published text is in the vocabulary, so only other names need replacing, no slips.
    plain = {row: aliases.plain(row.text) for row in fresh}
    embedded = [row for row in fresh if row.is_embedded]
    vectors = dict(zip(embedded, embedder.embed([plain[row] for row in embedded]).astype(np.float16)))
    # A word stands in hundreds of texts, and is kept once.
    made = {
        row: _Prepared(
            tuple(map(sys.intern, words(row.text))),
            frozenset(map(sys.intern, content_words(form))),
            uses(form),
            vectors.get(row),
        )
        for row, form in plain.items()
    }
    return {row: made.get(row) or known[row] for row in rows}


def said_plainly(text: str, aliases: Aliases) -> str:
    """The form in which a message that was asked next is embedded."""
    return aliases.plain(plainly(text))


def _said(
    asked_next: Sequence[Next], known: Mapping[str, np.ndarray], embedder: Embedder, aliases: Aliases
) -> dict[str, np.ndarray]:
    """The vectors of what people asked next, in sixteen bits, by its words."""
    fresh = sorted({row.say for row in asked_next if row.say not in known})
    vectors = embedder.embed([said_plainly(text, aliases) for text in fresh]).astype(np.float16)
    return {**{row.say: known[row.say] for row in asked_next if row.say in known}, **dict(zip(fresh, vectors))}


def odds(held: int, size: int, apart: int, crowd: int) -> float:
    """Log of how much more usual a word is in published texts (`held` of `size`) than in outside ones (`apart` of
    `crowd`). Rare words are drawn towards none, by as much as `DRAWN` texts of the usual share would draw them."""
    usual = DRAWN * (held + apart) / (size + crowd)
    return math.log((held + usual) / (size + DRAWN)) - math.log((apart + usual) / (crowd + DRAWN))


def _order(scores: np.ndarray) -> tuple[list[int], float]:
    """Places of the likeliest entries, the first one first, and the log of the odds that it is the one among them."""
    order = np.argsort(-scores, kind="stable")[:RIVALS]
    others = float(np.exp(scores[order[1:]] - scores[order[0]]).sum())
    return [int(place) for place in order], -math.log(max(others, LEAST_RIVAL))


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
        asked_next: Sequence[Next] = (),
        previous: Index | None = None,
        scoring: Scoring = SCORING,
        multiply: Multiply = multiplied,
    ) -> None:
        """`asked_next`: messages that people sent after an answer. `previous`: the index of an earlier release; what it
        holds of unchanged texts is used again. `multiply` is what searches the vectors; all give the same."""
        self._embedder, self._scoring = embedder, scoring
        # What is withdrawn is still found, so that whoever asks for it hears so and gets no other answer instead.
        known = sorted((r.entry for r in (*release.revisions, *release.withdrawn)), key=lambda entry: entry.key)
        self.entries = tuple(entry for entry in known if entry.locale == locale and passages(entry))
        self._places = {entry.key: place for place, entry in enumerate(self.entries)}
        self._own: dict[int, np.ndarray] = {}
        self._read: Recent[str, Reading] = Recent(TEXTS_READ)
        rows = [(place, passage) for place, entry in enumerate(self.entries) for passage in passages(entry)]
        outside = [Passage(text, "outside") for text in background]
        before: Mapping[Passage, _Prepared] = previous._prepared if previous else {}
        self._prepared: dict[Passage, _Prepared] = _prepare(
            [*(passage for _, passage in rows), *outside], before, embedder, aliases
        )
        ready = [self._prepared[passage] for _, passage in rows]
        owners = np.array([place for place, _ in rows], np.int64)
        self.vocabulary = Vocabulary((word for text in ready for word in text.words), aliases, english)
        asked = [place for place, passage in rows if passage.kind == "asked"]
        self._neighbours = Neighbours(
            [text.vector for text in ready if text.vector is not None],
            [count for _, count in sorted(Counter(asked).items())],
            [vector for row in outside if (vector := self._prepared[row].vector) is not None],
            multiply,
        )
        said: Mapping[str, np.ndarray] = previous._said if previous else {}
        self._said: dict[str, np.ndarray] = _said(asked_next, said, embedder, aliases)
        self.asked_next = self.knowing(asked_next)
        self._usage = Usage([text.used for text in ready], owners, len(self.entries))
        ages = (entry.audience if entry.audience in ("adult", "child", "infant") else "" for entry in self.entries)
        self._ages = np.array(list(ages), "U6")
        self._mentions: list[set[str]] = [set() for _ in self.entries]
        for place, text in zip(owners, ready):
            self._mentions[place].update(text.meaning)
        held = Counter(word for mentioned in self._mentions for word in mentioned)
        size = len(self.entries)
        self._rarity = {word: math.log((1 + size) / (1 + number)) for word, number in held.items()}
        self._rarest = math.log(1 + size)
        self._written = Counter(word for text in ready for word in text.meaning)
        self._apart = Counter(word for row in outside for word in self._prepared[row].meaning)
        self._telling = {
            word: odds(self._written[word], len(ready), self._apart[word], len(outside))
            for word in {*self._written, *self._apart}
        }
        questions = Counter(w for entry in self.entries for w in set(content_words(aliases.plain(entry.question))))
        self._topics = {
            word: number
            for word, number in questions.items()
            if self._telling.get(word, 0.0) > SUBJECT and word not in GENERAL_STEMS
        }

    def knowing(self, asked_next: Sequence[Next]) -> AskedNext:
        """These messages that people sent after an answer, all of which this index was made with, as its own are."""
        said = np.array([self._said[row.say] for row in asked_next], np.float32).reshape(-1, DIMENSIONS)
        return AskedNext(asked_next, self._neighbours.without_manner(said), self.entries)

    def search(self, text: str, limit: int = HITS) -> Ranking:
        """The best entries for a question, however it is spelt; an index without entries finds none."""
        return self.ranked(self.read(text), limit=limit)

    def read(self, text: str) -> Reading:
        """Holds a text against all entries. Whoever gets a reading shares it, so nobody may change its arrays."""
        return self._read.of(text, lambda: self._held_against_all(text))

    def _held_against_all(self, text: str) -> Reading:
        canonical = self.vocabulary.canonical(text)
        vector = self._embedder.embed_message(canonical) if canonical else np.zeros(DIMENSIONS, np.float32)
        around = self._neighbours.around(vector)
        shares, outside_share = self._neighbours.shares(around)
        usage = self._usage.scores(uses(canonical))
        scoring = self._scoring
        scores = scoring.share * shares + scoring.usage * usage + scoring.other_age * self._is_about_others(canonical)
        stems = frozenset(content_words(canonical))
        return Reading(canonical, stems, around.vector, shares, outside_share, usage, scores)

    def ranked(
        self,
        whole: Reading,
        parts: Sequence[Reading] = (),
        *,
        as_part: bool = False,
        limit: int = HITS,
    ) -> Ranking:
        """The best entries for a message: as a whole, where its `parts` that ask count beside it, or `as_part`, for one
        of its several questions, of which `parts` are the readings: then the whole counts beside that part."""
        parts = parts or (whole,)
        if not self.entries or not whole.text:
            return Ranking((), Evidence(), 0.0, whole.text)
        asked = np.max([part.scores for part in parts], axis=0)
        first, beside = (asked, whole.scores) if as_part else (whole.scores, asked)
        scores = first + self._scoring.beside * (beside - first)
        order, chance = _order(scores)
        part = max(parts, key=lambda reading: float(reading.scores[order[0]]))
        evidence = self._evidence(order[0], part if as_part else whole, whole if as_part else part, part)
        evidence = evidence._replace(chance=chance)
        return Ranking(self._hits(scores, order[:limit]), evidence, confidence(evidence), whole.text)

    def ranked_by(self, scores: np.ndarray, reading: Reading, sure: Callable[[Evidence], float]) -> Ranking:
        """The best entries by scores that were made of several readings. `reading`: of the message itself, of which the
        evidence is; `sure`: how sure that makes of the best one."""
        if not self.entries or not reading.text:
            return Ranking((), Evidence(), 0.0, reading.text)
        order, chance = _order(scores)
        evidence = self._evidence(order[0], reading, reading, reading)._replace(chance=chance)
        return Ranking(self._hits(scores, order[:HITS]), evidence, sure(evidence), reading.text)

    def own(self, entry: Entry) -> np.ndarray:
        """The scores of all entries for the question of this one; all alike where it is none that people ask for."""
        place = self._places.get(entry.key)
        if place is None:
            return np.zeros(len(self.entries))
        if place not in self._own:
            self._own[place] = self.read(entry.question).scores
        return self._own[place]

    def place(self, entry: Entry) -> int:
        """Where an entry of this index stands in the arrays of a reading."""
        return self._places[entry.key]

    def _hits(self, scores: np.ndarray, places: Sequence[int]) -> tuple[Hit, ...]:
        return tuple(Hit(self.entries[place], float(scores[place])) for place in places)

    def words_of(self, asked: str) -> tuple[str, ...]:
        """The words of a way to ask; of those that the index holds they are known, also from the index before it."""
        known = self._prepared.get(Passage(asked, "asked"))
        return known.words if known else tuple(words(asked))

    def subjects(self, text: str) -> tuple[str, ...]:
        """The words that tell what a message is about, as they are compared: those of published questions that are much
        more usual in published texts than elsewhere. What most questions are about comes first."""
        written = dict.fromkeys(words(self.vocabulary.canonical(text)))
        asked = {word: max((self._topics.get(stem, 0) for stem in content_words(word)), default=0) for word in written}
        return tuple(sorted((word for word in written if asked[word]), key=lambda word: -asked[word]))

    def mentioning(self, text: str) -> Callable[[Entry], bool]:
        """What says of an entry whether it, or a way to ask for it, holds a word of this text that carries meaning."""
        asked = content_words(self.vocabulary.canonical(text))

        def mentions(entry: Entry) -> bool:
            place = self._places.get(entry.key)
            return place is not None and not self._mentions[place].isdisjoint(asked)

        return mentions

    def telling(self, text: str) -> float:
        """How much more usual the words of a text are in published texts than in outside ones (`Evidence.telling`)."""
        return self._told_by(frozenset(content_words(self.vocabulary.canonical(text))))

    def _told_by(self, stems: Collection[str]) -> float:
        # Exact sums: words of a set come in another order in each process.
        return math.fsum(self._telling.get(stem, 0.0) for stem in stems) / max(len(stems), 1)

    def _evidence(self, place: int, main: Reading, beside: Reading, part: Reading) -> Evidence:
        """What speaks for an entry and against it, but for its rivals. `main` and `beside`: the whole message and the
        part that asks, or the other way round."""
        plain = (word for word in words(main.text) if not is_stop_word(word))
        return Evidence(
            inside=float(main.shares.sum()),
            outside=main.outside_share,
            part_outside=beside.outside_share,
            unmentioned=self._unmentioned(part.stems, place),
            telling=self._told_by(main.stems),
            foreign=float(sum(1 for _ in islice(filter(self.vocabulary.is_foreign, plain), MOST_FOREIGN))),
        )

    def _is_about_others(self, text: str) -> np.ndarray:
        """1 for entries about an age group other than those that are named, else 0."""
        groups = age_groups(text)
        return ((self._ages != "") & ~np.isin(self._ages, groups) if groups else np.zeros(len(self._ages))).astype(
            float
        )

    def _unmentioned(self, asked: Collection[str], owner: int) -> float:
        """Share of the question's meaning, by rarity of its words, that the entry does not mention; 0 to 1."""
        total = math.fsum(self._rarity.get(word, self._rarest) for word in asked)
        missing = math.fsum(self._rarity.get(word, self._rarest) for word in asked if word not in self._mentions[owner])
        return missing / total if total else 0.0
