"""How well search finds the right entry, and how well its confidence tells right from wrong.

    .venv/bin/python -m bench.retrieval [--every N] [--fit]

Nothing that is asked is in the index that is asked. Asked are:
- messages of `bench/training/messages.jsonl`, of an index without any phrasing by the same author, so as to tell how
  well those are understood who have not read the phrasings;
- these messages again, of an index without any entry that answers them: nothing is right then;
- outside questions, in ten parts, each of an index without it;
- phrasings, in ten parts, each of an index without it.

Every other one of each is held back: it is never fitted to, and the tables are of these alone. No evaluation question
is read. Prints the shares of right first hits, and for a range of thresholds the shares of right, wrong and withheld
answers: `knowledge.thresholds.Thresholds` was chosen from these tables. `--fit` first fits
`knowledge.search.index.SCORING` and then `knowledge.search.confidence.WEIGHTS` to the other half, and prints both as
they stand there; the tables are then made with the new ones. `--every N` takes every Nth of both halves (default 3);
with 1, `--fit` takes about a quarter of an hour of a processor. It asks the release that is live in `var/`: after a
change of content files, publish them with `./lantern content import --seed`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.progress import Progress
from knowledge.model import Entry, Release
from knowledge.search.confidence import WEIGHTS, Evidence, Weights, confidence
from knowledge.search.index import RIVALS, SCORING, Index, Scoring
from knowledge.search.message import read, readings
from knowledge.wiring import Knowledge, from_environment

TRAINING = Path(__file__).parent / "training" / "messages.jsonl"
PARTS = 10
"""Parts in which phrasings, entries and outside questions are left out. More of them cost more time, not less truth."""
OF_MESSAGE = {1: 2.0, 2: 1.0, **dict.fromkeys(range(3, 21), 0.5)}
"""Author of messages -> what each counts in the fit of the confidence. The second wrote twelve for each entry, so as
many for what nobody asks as for what everybody does; the others, each for a part of the entries, looked for what is
hard."""
OUTSIDE, WITHOUT_ENTRY = 1.5, 0.2
"""The same of an outside question, and of a message whose entry was taken out, for which a neighbour is often a fair
answer. Phrasings count nothing: whoever writes twenty for one entry takes care that they differ."""

DRAWN = 1e-3
"""How much the fit of the confidence is drawn towards nought, of figures that are brought to the same spread."""


@dataclass(frozen=True)
class Case:
    """Something that was asked, what was found for it, and the entries that answer it: none for an outside question."""

    evidence: Evidence
    hits: tuple[str, ...]
    right: frozenset[str]
    weight: float = 0.0
    style: str = ""


def _case(text: str, index: Index, right: Collection[str] = (), weight: float = 0.0, style: str = "") -> Case:
    best = read(text, index).best
    return Case(best.evidence, tuple(hit.entry.id for hit in best.hits), frozenset(right), weight, style)


def changed(release: Release, change: Callable[[Entry], Entry | None]) -> Release:
    """A release with each English entry changed, or left out where the change makes nothing of it."""
    revisions = []
    for revision in release.revisions:
        entry = change(revision.entry) if revision.entry.locale == "en" else revision.entry
        if entry is not None:
            revisions.append(replace(revision, entry=entry))
    return replace(release, revisions=tuple(revisions))


def without_phrasings(release: Release, texts: Collection[str]) -> Release:
    return changed(
        release, lambda entry: replace(entry, phrasings=tuple(row for row in entry.phrasings if row not in texts))
    )


def without_entries(release: Release, ids: Collection[str]) -> Release:
    return changed(release, lambda entry: None if entry.id in ids else entry)


def phrasings(knowledge: Knowledge, chosen: slice, scoring: Scoring) -> Iterator[Case]:
    """Phrasings, each left out of the index."""
    release = knowledge.live().release
    entries = knowledge.live().index.entries
    rows = [(text, entry.id) for entry in entries for text in entry.phrasings]
    for part in range(PARTS):
        index = knowledge.index(without_phrasings(release, {text for text, _ in rows[part::PARTS]}), scoring=scoring)
        for text, entry in _counted(rows[part::PARTS][chosen], f"phrasings, part {part + 1}"):
            yield _case(text, index, [entry])


def training() -> list[dict[str, Any]]:
    """The messages written for training that ask one thing. They are shuffled, alike each time: their authors went
    through the same styles for each entry, so that every twelfth would be of one style."""
    rows = [json.loads(line) for line in TRAINING.read_text(encoding="utf-8").splitlines()]
    found = [row for row in rows if "accept" in row]
    random.Random(1).shuffle(found)
    return found


def by_author() -> Mapping[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in training():
        found[row["author"]].append(row)
    return found


def _without_author(knowledge: Knowledge, rows: Sequence[Mapping[str, Any]], scoring: Scoring) -> Index:
    return knowledge.index(without_phrasings(knowledge.live().release, {row["text"] for row in rows}), scoring=scoring)


def messages(knowledge: Knowledge, chosen: slice, scoring: Scoring) -> Iterator[Case]:
    """The messages written for training, each asked of an index without the phrasings of its author."""
    for author, rows in by_author().items():
        index = _without_author(knowledge, rows, scoring)
        for row in _counted(rows[chosen], f"messages of author {author}"):
            yield _case(row["text"], index, row["accept"], OF_MESSAGE[author], row["style"])


def without_entry(knowledge: Knowledge, chosen: slice, scoring: Scoring) -> Iterator[Case]:
    """Messages of the same kind, asked of an index without the entries that answer them."""
    rows, release = training()[chosen], knowledge.live().release
    ids = [entry.id for entry in knowledge.live().index.entries]
    for part in range(PARTS):
        gone = set(ids[part::PARTS])
        asked = [row for row in rows if gone.issuperset(row["accept"])]
        left = without_phrasings(without_entries(release, gone), {row["text"] for row in asked})
        index = knowledge.index(left, scoring=scoring)
        for row in _counted(asked, f"messages without an entry, part {part + 1}"):
            yield _case(row["text"], index, weight=WITHOUT_ENTRY)


def outside(knowledge: Knowledge, chosen: slice, scoring: Scoring) -> Iterator[Case]:
    """Outside questions, each left out of the background."""
    every_one, release = knowledge.background, knowledge.live().release
    for part in range(PARTS):
        kept = [text for place, text in enumerate(every_one) if place % PARTS != part]
        index = knowledge.index(release, kept, scoring)
        for text in _counted(every_one[part::PARTS][chosen], f"outside questions, part {part + 1}"):
            yield _case(text, index, weight=OUTSIDE)


def _counted(rows: Sequence[Any], what: str) -> Iterator[Any]:
    progress = Progress()
    for done, row in enumerate(rows):
        progress.count(done, len(rows), what)
        yield row


@dataclass(frozen=True)
class Rivals:
    """The likeliest entries for one message: `whole`, what speaks for each, shape (RIVALS, 2) as the first two of
    `Scoring`; `parts`, the same of each part that asks; `right`: which of them answer it."""

    whole: np.ndarray
    parts: tuple[np.ndarray, ...]
    right: np.ndarray


def rivals(knowledge: Knowledge, chosen: slice, scoring: Scoring) -> Iterator[Rivals]:
    """Those of each message for training whose right entry is among the likeliest."""
    for author, rows in by_author().items():
        index = _without_author(knowledge, rows, scoring)
        ids = [entry.id for entry in index.entries]
        for row in _counted(rows[chosen], f"messages of author {author}"):
            found = readings(row["text"], index)
            parts = found.asking or (found.whole,)
            likely = np.argsort(-sum(reading.scores for reading in (found.whole, *parts)))[:RIVALS]
            right = np.array([ids[place] in row["accept"] for place in likely])
            if right.any():
                figures = [np.stack([r.shares[likely], r.usage[likely]], axis=1) for r in (found.whole, *parts)]
                yield Rivals(figures[0], tuple(figures[1:]), right)


def fit_scores(found: Sequence[Rivals], scoring: Scoring) -> Scoring:
    """Weights by which the right entries are the likeliest: a conditional logit (McFadden 1974)."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def loss(guess: np.ndarray) -> float:
        share, usage, beside = guess
        total = 0.0
        for one in found:
            asked = np.max([part @ (share, usage) for part in one.parts], axis=0)
            scores = (1 - beside) * (one.whole @ (share, usage)) + beside * asked
            odds = np.exp(scores - scores.max())
            total -= np.log(odds[one.right].sum() / odds.sum())
        return total / len(found)

    best = minimize(loss, (scoring.share, scoring.usage, scoring.beside), method="Nelder-Mead", options={"xatol": 0.01})
    share, usage, beside = map(float, best.x)
    return replace(scoring, share=share, usage=usage, beside=beside)


def fit_confidence(cases: Sequence[Case]) -> Weights:
    """Weights by which the first hit of each case is told to be right or not: greatest likelihood of the product of two
    logistic models, drawn towards nought by as little as keeps it from running away."""
    from scipy.optimize import minimize

    rows = np.array([case.evidence for case in cases])
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    right, counts = np.array(list(map(is_right, cases))), np.array([case.weight for case in cases])
    scaled = (rows - mean) / spread
    entry = np.column_stack([np.ones(len(rows)), scaled[:, :1]])
    published = np.column_stack([np.ones(len(rows)), scaled[:, 1:]])

    def loss(guess: np.ndarray) -> tuple[float, np.ndarray]:
        of_entry, of_published = 1 / (1 + np.exp(-entry @ guess[:2])), 1 / (1 + np.exp(-published @ guess[2:]))
        chance = np.clip(of_entry * of_published, 1e-9, 1 - 1e-9)
        drawn = np.where(np.isin(np.arange(len(guess)), (0, 2)), 0.0, guess)
        total = -np.average(np.where(right, np.log(chance), np.log(1 - chance)), weights=counts)
        slope = counts / counts.sum() * np.where(right, -1.0, chance / (1 - chance))
        gradient = np.concatenate([entry.T @ (slope * (1 - of_entry)), published.T @ (slope * (1 - of_published))])
        return float(total + DRAWN * (drawn**2).sum()), gradient + 2 * DRAWN * drawn

    best = minimize(loss, np.zeros(len(Weights._fields)), jac=True, method="L-BFGS-B").x
    slopes = np.delete(best, (0, 2)) / spread
    first, others = best[0] - slopes[0] * mean[0], best[2] - (slopes[1:] * mean[1:]).sum()
    return Weights(*map(float, (first, slopes[0], others, *slopes[1:])))


def as_written(name: str, values: Mapping[str, float]) -> str:
    """The weights as they stand in the code."""
    return "\n".join([f"{name}(", *(f"    {key}={value:.3f}," for key, value in values.items()), ")"])


def is_right(case: Case) -> bool:
    return bool(case.hits) and case.hits[0] in case.right


def table(name: str, cases: Sequence[Case], weights: Weights) -> None:
    sure = np.array([confidence(case.evidence, weights) for case in cases])
    right = np.array(list(map(is_right, cases)))
    among = np.array([bool(case.right.intersection(case.hits[:3])) for case in cases])
    print(f"\n{len(cases)} {name}: {right.mean():.3f} right first, {among.mean():.3f} among three")
    print("threshold  right  wrong  withheld")
    for threshold in np.arange(0.1, 0.81, 0.1):
        shown = sure >= threshold
        row = ((right & shown).mean(), (~right & shown).mean(), (~shown).mean())
        print(f"{threshold:9.2f}" + "".join(f"{value:7.3f}" for value in row))


def by_style(cases: Sequence[Case]) -> None:
    print("\nright first by style")
    for style in sorted({case.style for case in cases}):
        right = [is_right(case) for case in cases if case.style == style]
        print(f"{style:20}{len(right):6}{sum(right) / len(right):8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=3, metavar="N", help="ask every Nth of both halves; default 3")
    parser.add_argument("--fit", action="store_true", help="fit the weights to one half first, and print them")
    options = parser.parse_args()
    os.environ.setdefault("LANTERN_HOME", "var")
    knowledge, scoring, weights = from_environment(), SCORING, WEIGHTS
    fitted, held_back = slice(0, None, 2 * options.every), slice(1, None, 2 * options.every)
    if options.fit:
        scoring = fit_scores(list(rivals(knowledge, fitted, scoring)), scoring)
        kinds = [asked(knowledge, fitted, scoring) for asked in (messages, without_entry, outside)]
        weights = fit_confidence([case for kind in kinds for case in kind])
        print(as_written("SCORING = Scoring", asdict(scoring)))
        print(as_written("WEIGHTS = Weights", weights._asdict()))
    told = list(messages(knowledge, held_back, scoring))
    for weight in sorted(set(OF_MESSAGE.values()), reverse=True):
        of_some = [case for case in told if case.weight == weight]
        authors = ", ".join(str(author) for author, its in OF_MESSAGE.items() if its == weight)
        table(f"messages of author {authors}", of_some, weights)
        by_style(of_some)
    table(
        "messages whose entry is left out (none is right)", list(without_entry(knowledge, held_back, scoring)), weights
    )
    table("outside questions left out (none is right)", list(outside(knowledge, held_back, scoring)), weights)
    table("phrasings left out", list(phrasings(knowledge, held_back, scoring)), weights)


if __name__ == "__main__":
    main()
