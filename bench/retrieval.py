"""How well search finds the right entry, and how well its confidence tells inside from outside.

    .venv/bin/python -m bench.retrieval [--every N] [--fit]

Each published phrasing is asked with itself left out of the index (every Nth of them, default 3), each message of
`bench/training/messages.jsonl` as it is, and each outside question with itself left out of the background.
No evaluation question is read. Prints the shares of right first hits, and for a range of thresholds the shares of
right, wrong and withheld answers: `knowledge.answer.Thresholds` was chosen from these tables. `--fit` fits
`knowledge.search.confidence.WEIGHTS` to the same material and prints them as they stand there; the
tables are then made with the new ones. That takes a few minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.progress import Progress
from knowledge.search import message
from knowledge.search.confidence import WEIGHTS, Evidence, confidence
from knowledge.search.confidence import Weights as Chances
from knowledge.search.index import RANKED, Index, Ranking, _Near, odds
from knowledge.search.nearest import About
from knowledge.search.words import Vocabulary
from knowledge.wiring import from_environment

TRAINING = Path(__file__).parent / "training" / "messages.jsonl"


class LeftOut(Index):
    """An index that can forget one of its phrasings, or one outside question, as though it had never held it."""

    @classmethod
    def of(cls, index: Index) -> LeftOut:
        left = cls.__new__(cls)
        vars(left).update(vars(index))
        left.phrasing, left.outsider = None, None
        vectors = index._rows.vectors[: len(index._passages)]
        left._spread = np.linalg.inv(vectors.T @ vectors + index._weights.ridge * np.eye(vectors.shape[1]))
        left._uses = [Counter() for _ in index.entries]
        left._writings = Counter(word for text in left._texts for word in set(index._prepared[text].words))
        for owner, text in zip(index._owner, left._texts):
            left._uses[owner].update(index._prepared[text].meaning)
        left._line_spread = left._spread_of_line()
        return left

    phrasing: int | None
    outsider: int | None

    @property
    def _texts(self) -> list[str]:
        return [passage.text for passage in self._passages]

    def asked_phrasing(self, place: int) -> Ranking:
        """What the phrasing at `place` finds when it is not there."""
        self.phrasing = place
        prepared, owner = self._prepared[self._texts[place]], int(self._owner[place])
        known, mentions = self.vocabulary, self._mentions[owner]
        own = {word for word in prepared.words if self._writings[word] == 1}
        if own:
            self.vocabulary = _without(known, own)
        self._mentions[owner] = {word for word in mentions if self._uses[owner][word] > (word in prepared.meaning)}
        text = self.vocabulary.canonical(self._texts[place])
        vector = self._embedder.embed_message(text)
        ranking = self._ranked(text, vector, self._fitted_without(vector, owner), RANKED)
        self.phrasing, self.vocabulary, self._mentions[owner] = None, known, mentions
        return ranking

    def _fitted_without(self, vector: np.ndarray, owner: int) -> np.ndarray:
        """What the map would say had it not been fitted to this very phrasing (the leave-one-out form of least
        squares)."""
        leverage = float(vector @ self._spread @ vector)
        wanted = np.zeros(len(self.entries))
        wanted[owner] = 1.0
        return (self._map @ vector - leverage * wanted) / (1 - leverage)

    def _near(self, about: About, shared: np.ndarray, known: np.ndarray, most: int) -> _Near:
        # What is left out is not left out of the copy that tells which entries can be near.
        return self._all

    def _likeness(self, vector: np.ndarray, shared: np.ndarray, rows: np.ndarray) -> np.ndarray:
        likeness = super()._likeness(vector, shared, rows)
        if self.phrasing is not None:
            likeness[rows == self.phrasing] = -1.0
        return likeness

    def _spread_of_line(self) -> np.ndarray:
        rows = np.concatenate([self._rows.vectors, np.ones((len(self._rows), 1))], axis=1)
        numbers = [len(self._passages), len(self.background_texts)]
        sizes = np.repeat(numbers, numbers)
        self._line_shares = len(rows) / 2 / sizes
        weighted = rows * self._line_shares[:, None]
        return np.linalg.inv(weighted.T @ rows + self._weights.inside_ridge * np.eye(rows.shape[1]))

    def _sides(self, vector: np.ndarray, about: About) -> tuple[float, float]:
        outside, inside = super()._sides(vector, about)
        row = np.append(vector, 1.0)
        if self.phrasing is not None:
            leverage = float(row @ self._line_spread @ row) * self._line_shares[self.phrasing]
            inside = (inside - leverage) / (1 - leverage)
        if self.outsider is not None:
            likeness = self._rows.vectors[len(self._passages) :] @ vector
            likeness[self.outsider] = -1.0
            outside = max(0.0, float(likeness.max()))
            leverage = float(row @ self._line_spread @ row) * self._line_shares[len(self._passages) + self.outsider]
            inside = (inside + leverage) / (1 - leverage)
        return outside, inside

    def _odds(self, word: str) -> float:
        if self.outsider is None or word not in self._prepared[self.background_texts[self.outsider]].meaning:
            return super()._odds(word)
        held, apart = self._written[word], self._apart[word] - 1
        return odds(held, len(self._passages), apart, len(self.background_texts)) if held or apart else 0.0


def _without(vocabulary: Vocabulary, gone: set[str]) -> Vocabulary:
    less = Vocabulary.__new__(Vocabulary)
    vars(less).update(vars(vocabulary))
    less._known = vocabulary._known - gone
    less._targets = [word for word in vocabulary._targets if word not in gone]
    less._by_letters = {letters: word for letters, word in vocabulary._by_letters.items() if word not in gone}
    less._repaired, less._foreign = {}, {}
    return less


@dataclass(frozen=True)
class Case:
    """Something asked, in all its readings, and the entries that answer it: none for an outside question."""

    readings: tuple[tuple[Evidence, tuple[str, ...]], ...]
    whole: Evidence
    right: frozenset[str]
    weight: float = 1.0

    def best(self, chances: Chances) -> tuple[float, Evidence, bool, bool]:
        """(confidence, evidence, right first?, right among three?) of the surest reading."""
        rated = [(confidence(evidence, self.whole, chances), evidence, hits) for evidence, hits in self.readings]
        sure, evidence, hits = max(rated, key=lambda row: row[0])
        return sure, evidence, bool(hits) and hits[0] in self.right, bool(self.right.intersection(hits[:3]))


def _case(text: str, index: Index, right: frozenset[str], weight: float = 1.0) -> Case:
    found = message.readings(text, index)
    rankings = [ranking for part in found.parts for ranking in part] + ([found.whole] if found.as_one else [])
    rows = tuple((ranking.evidence, tuple(hit.entry.id for hit in ranking.hits)) for ranking in rankings)
    return Case(rows, found.whole.evidence, right, weight)


def phrasings(index: LeftOut, every: int) -> Iterator[Case]:
    """Phrasings, each left out of the index."""
    places = [place for place, passage in enumerate(index._passages) if passage.kind == "asked"][::every]
    progress = Progress()
    for done, place in enumerate(places):
        progress.count(done, len(places), "phrasings")
        ranking = index.asked_phrasing(place)
        right = index.entries[index._owner[place]].id
        hits = tuple(hit.entry.id for hit in ranking.hits)
        yield Case(((ranking.evidence, hits),), ranking.evidence, frozenset([right]))


def messages(index: Index) -> Iterator[Case]:
    """The messages written for training that ask one thing."""
    rows = [json.loads(line) for line in TRAINING.read_text(encoding="utf-8").splitlines()]
    progress = Progress()
    for done, row in enumerate(rows):
        progress.count(done, len(rows), "messages")
        if "accept" in row:
            yield _case(row["text"], index, frozenset(row["accept"]), weight=2.0)


def outside(index: LeftOut) -> Iterator[Case]:
    """Outside questions, each left out of the background."""
    progress = Progress()
    for place, text in enumerate(index.background_texts):
        progress.count(place, len(index.background_texts), "outside questions")
        index.outsider = place
        case = _case(text, index, frozenset(), weight=1.5)
        if any(hits for _, hits in case.readings):
            yield case
    index.outsider = None


WRONG_WEIGHT = 0.3
"""What a case counts in the fit whose first hit is not the entry it was written for: often a neighbour answers too."""


def fit_confidence(cases: Sequence[Case], chances: Chances, rounds: int = 4) -> Chances:
    """Weights by which the surest reading of each case is told to be right or not: logistic regression, with the
    reading chosen anew by the weights of the round before."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    for _ in range(rounds):
        rows, labels, weights = [], [], []
        for case in cases:
            _, evidence, right, _ = case.best(chances)
            rows.append((*evidence, case.whole.inside, case.whole.telling, case.whole.foreign))
            labels.append(right)
            weights.append(case.weight * (WRONG_WEIGHT if case.right and not right else 1.0))
        scaler = StandardScaler().fit(rows)
        model = LogisticRegression(C=0.3, max_iter=2000).fit(scaler.transform(rows), labels, sample_weight=weights)
        slopes = model.coef_[0] / scaler.scale_
        base = float(model.intercept_[0] - (slopes * scaler.mean_).sum())
        chances = Chances(base, *map(float, slopes))
    return chances


def table(name: str, cases: Sequence[Case], chances: Chances) -> None:
    found = [case.best(chances) for case in cases]
    sure = np.array([row[0] for row in found])
    right = np.array([row[2] for row in found])
    among = np.array([row[3] for row in found])
    print(f"\n{len(cases)} {name}: {right.mean():.3f} right first, {among.mean():.3f} among three")
    print("threshold  right  wrong  withheld")
    for threshold in np.arange(0.1, 0.81, 0.1):
        shown = sure >= threshold
        row = ((right & shown).mean(), (~right & shown).mean(), (~shown).mean())
        print(f"{threshold:9.2f}" + "".join(f"{value:7.3f}" for value in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=3, help="ask every Nth phrasing")
    parser.add_argument("--fit", action="store_true", help="fit the weights to all phrasings first, and print them")
    options = parser.parse_args()
    os.environ.setdefault("LANTERN_HOME", "var")
    index = LeftOut.of(from_environment().live().index)
    chances = WEIGHTS
    asked = list(phrasings(index, options.every))
    told, apart = list(messages(index)), list(outside(index))
    if options.fit:
        chances = fit_confidence([*asked, *told, *apart], chances)
        print("WEIGHTS = Weights(")
        print("".join(f"    {name}={value:.3f},\n" for name, value in chances._asdict().items()) + ")")
    table("phrasings left out", asked, chances)
    table("messages written for training", told, chances)
    table("outside questions left out (none is right)", apart, chances)


if __name__ == "__main__":
    sys.exit(main())
