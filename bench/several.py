"""How well the questions of one message are told apart and answered.

    .venv/bin/python -m bench.several [--failures N] [--fit]

`bench/training/several.jsonl` holds messages by authors who had not read the code: two or three questions in one, or
one that looks like two. `wants` has for each question the entries that answer it. The table is of the first author
alone, of whom nothing is learned, by the weights that stand in `knowledge.search.confidence.BESIDE`; `--fit` first fits
these to the others and prints them as they would stand there. It asks the release that is live in the home which
LANTERN_HOME names.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.progress import Progress
from knowledge.answer import Answerer
from knowledge.model import Question
from knowledge.search.confidence import BesideWeights, beside_figures
from knowledge.search.message import ranked_beside, readings
from knowledge.wiring import from_environment

SEVERAL = Path(__file__).parent / "training" / "several.jsonl"
JUDGE = 1
"""The author of whom nothing is learned."""


@dataclass(frozen=True)
class Outcome:
    """`found`: for each question of `text` whether an entry that answers it was shown; `beside`: what else was."""

    text: str
    found: tuple[bool, ...]
    beside: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.several", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--failures", type=int, default=0, metavar="N", help="print the first N of each kind (0)")
    parser.add_argument("--fit", action="store_true", help="fit the confidence of a part to the other authors first")
    given = parser.parse_args(arguments)
    live = from_environment().live()
    rows = [json.loads(line) for line in SEVERAL.read_text(encoding="utf-8").splitlines()]
    if given.fit:
        print(f"BESIDE = {fitted([row for row in rows if row['author'] != JUDGE], live)}\n")
    outcomes = []
    for row in [row for row in rows if row["author"] == JUDGE]:
        shown = [answer.entry for answer in live.answers(Question(row["text"])) if answer.entry]
        found = tuple(any(entry in wanted for entry in shown) for wanted in row["wants"])
        beside = tuple(entry for entry in shown if not any(entry in wanted for wanted in row["wants"]))
        outcomes.append(Outcome(row["text"], found, beside))
    print(f"{'questions':<22}{'messages':>9}{'all answered':>14}{'some':>8}{'shown beside':>14}")
    for name, is_one in (("one", True), ("two and more", False)):
        rows = [row for row in outcomes if (len(row.found) == 1) is is_one]
        every = sum(all(row.found) for row in rows) / len(rows)
        some = sum(any(row.found) and not all(row.found) for row in rows) / len(rows)
        beside = sum(bool(row.beside) for row in rows) / len(rows)
        print(f"{name:<22}{len(rows):>9}{every:>14.1%}{some:>8.1%}{beside:>14.1%}")
        for row in [row for row in rows if row.beside or not all(row.found)][: given.failures]:
            print(f"    {row.found} {', '.join(row.beside)} {row.text[:200]}")
    return 0


def fitted(rows: Sequence[dict[str, Any]], live: Answerer) -> BesideWeights:
    """The weights of a logistic model over the parts of these messages: whether their best entry is asked for. What is
    told beside a question that finds the same counts nothing: it would be no other answer."""
    from sklearn.linear_model import LogisticRegression

    figures, right = [], []
    progress = Progress()
    for done, row in enumerate(rows):
        text, index = row["text"], live.index
        message = readings(text, index)
        best = index.ranked(message.whole, message.asking)
        rows_of_parts = list(ranked_beside(text, message.whole, best, index))
        asked = {ranking.hits[0].entry.id for unit, ranking, _ in rows_of_parts if not unit.is_told}
        for unit, ranking, found in rows_of_parts:
            first = ranking.hits[0].entry.id
            if unit.is_told and first in asked:
                continue
            figures.append(beside_figures(found))
            right.append(any(first in wanted for wanted in row["wants"]))
        progress.count(done, len(rows), "messages read")
    found = np.array(figures)
    mean, spread = found.mean(axis=0), found.std(axis=0)
    model = LogisticRegression(C=0.5).fit((found - mean) / spread, right)
    weights = model.coef_[0] / spread
    always = float(model.intercept_[0] - weights @ mean)
    return BesideWeights(*(round(float(weight), 3) for weight in (always, *weights)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
