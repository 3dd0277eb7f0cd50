"""How well messages are understood that follow an answer, and what their readings count for.

    .venv/bin/python -m bench.follow_ups [--fit]

`knowledge/content/en/asked_next.jsonl` holds what fifteen authors, who had not read the code, would say next after an
answer, and which entries answer that; none where `accept` is empty. Each is held against what the others said. Beside
them stand messages of `bench/training/messages.jsonl` that have nothing to do with the answer before, each asked of an
index without any phrasing by its author, and outside questions, asked of an index without them. No evaluation question
is read.

Prints the shares of right first hits and, for a range of thresholds, of right, wrong and withheld answers:
`knowledge.thresholds.Thresholds.following` was chosen from these tables. `--fit` fits `knowledge.search.context.LIGHT`
and `knowledge.search.confidence.FOLLOWING` to all authors and prints them as they stand there; the tables are of the
messages of each author then, with weights that were fitted to the others. It takes about four minutes of a processor
and asks the release that is live in `var/`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.retrieval import as_written, by_author, without_phrasings
from bot.progress import Progress
from knowledge.answer import Answerer
from knowledge.search.asked_next import AskedNext, Next
from knowledge.search.confidence import FOLLOWING, Following, following_figures
from knowledge.search.context import LIGHT, Followed, Light, follow, ranked_after
from knowledge.search.index import Index, Ranking
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import Knowledge, from_environment

FOLLOW_UPS = SHIPPED_CONTENT / "en" / "asked_next.jsonl"
OF_ITSELF = 0
"""Stands as the author of messages that have nothing to do with what came before."""
OF_EACH_AUTHOR = 12
"""Such messages that are taken of each author of `messages.jsonl`."""
OUTSIDE = 150
"""Outside questions that are taken."""
FOLDS = 5
DRAWN = 0.01
"""How much the fit of the scores is drawn towards nought, of figures that are brought to the same spread."""


@dataclass(frozen=True)
class Case:
    """A message after an answer, how it was read of which index, and the entries that answer it."""

    followed: Followed
    index: Index
    right: frozenset[str]
    author: int
    form: str

    @property
    def answers(self) -> np.ndarray:
        """Which entries answer it, shape (entries,)."""
        return np.array([entry.id in self.right for entry in self.index.entries])


def cases(knowledge: Knowledge) -> Iterator[Case]:
    """Everything that is asked, after the answers that were shown."""
    live, progress = knowledge.live(), Progress()
    rows = [json.loads(line) for line in FOLLOW_UPS.read_text(encoding="utf-8").splitlines()]
    by_others = {
        author: live.index.knowing(
            [Next(row["shown"], row["say"], tuple(row["accept"])) for row in rows if row["author"] != author]
        )
        for author in {row["author"] for row in rows}
    }
    for done, row in enumerate(rows):
        progress.count(done, len(rows), "messages that follow")
        known = by_others[row["author"]]
        yield _case(live, live.index, row["shown"], row["say"], row["accept"], row["author"], row["form"], known)
    chosen = random.Random(7)
    for author, said in by_author().items():
        texts = {row["text"] for row in said}
        index = knowledge.index(without_phrasings(live.release, texts))
        for row in chosen.sample(said, OF_EACH_AUTHOR):
            shown = chosen.choice(index.entries).id
            yield _case(live, index, shown, row["text"], row["accept"], OF_ITSELF, f"of itself, author {author}")
    outside = chosen.sample(knowledge.background, OUTSIDE)
    index = knowledge.index(live.release, [text for text in knowledge.background if text not in outside])
    for text in outside:
        yield _case(live, index, chosen.choice(index.entries).id, text, (), OF_ITSELF, "outside")


def _case(
    live: Answerer,
    index: Index,
    shown: str,
    text: str,
    right: Collection[str],
    author: int,
    form: str,
    asked_next: AskedNext | None = None,
) -> Case:
    return Case(follow(text, live.live(shown).entry, index, asked_next), index, frozenset(right), author, form)


def fit_light(rows: Sequence[Case]) -> Light:
    """Weights by which the right entries are the likeliest: a conditional logit (McFadden 1974)."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    found = [(row.followed.figures, row.answers) for row in rows if row.answers.any()]
    spread = np.mean([figures.std(axis=0) for figures, _ in found], axis=0)

    def loss(guess: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = DRAWN * float(guess @ guess), 2 * DRAWN * guess
        for figures, right in found:
            scores = figures @ (guess / spread)
            odds = np.exp(scores - scores.max())
            chances = odds / odds.sum()
            among = chances * right / chances[right].sum()
            total -= np.log(chances[right].sum()) / len(found)
            gradient = gradient + (chances - among) @ (figures / spread) / len(found)
        return total, gradient

    return Light(*map(float, minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread))


def fit_sureness(rows: Sequence[Case]) -> Following:
    """Weights by which the first entry of each message is told to be right or not. Which entry is first is decided for
    each fold of the messages by weights that were fitted to the others."""
    from sklearn.linear_model import LogisticRegression

    figures: list[tuple[float, ...]] = []
    right: list[bool] = []
    for fold in range(FOLDS):
        light = fit_light([row for place, row in enumerate(rows) if place % FOLDS != fold])
        for row in rows[fold::FOLDS]:
            best = ranked_after(row.followed, row.index, light)
            figures.append(following_figures(best.evidence, row.followed.answered, row.followed.unanswered))
            right.append(_is_right(best, row))
    found = np.array(figures)
    mean, spread = found.mean(axis=0), np.maximum(found.std(axis=0), 1e-9)
    model = LogisticRegression(C=0.5).fit((found - mean) / spread, right)
    slopes = model.coef_[0] / spread
    return Following(float(model.intercept_[0] - slopes @ mean), *map(float, slopes))


def _is_right(best: Ranking, row: Case) -> bool:
    """Of nothing but "no, sorry" nothing is left to be read."""
    return bool(best.hits) and best.hits[0].entry.id in row.right


def table(name: str, rows: Sequence[Case], light: Light, weights: Following) -> None:
    found = [ranked_after(row.followed, row.index, light, weights) for row in rows]
    right = np.array([_is_right(best, row) for best, row in zip(found, rows)])
    sure, gap = np.array([best.confidence for best in found]), np.array([not row.right for row in rows])
    print(f"\n{len(rows)} {name}: {right[~gap].mean():.3f} right first of the {np.sum(~gap)} that have an answer")
    print("threshold  right  wrong  withheld  shown though nothing answers")
    for threshold in np.arange(0.3, 0.81, 0.1):
        shown = sure >= threshold
        row = ((right & shown).mean(), (~right & shown).mean(), (~shown).mean())
        print(
            f"{threshold:9.2f}" + "".join(f"{value:7.3f}" for value in row) + f"{np.sum(shown & gap):10} of {gap.sum()}"
        )
    for form in sorted({row.form for row in rows}):
        of_form = np.array([row.form == form for row in rows]) & ~gap
        if of_form.any():
            print(f"{form:24}{of_form.sum():6}{right[of_form].mean():8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="fit the weights first, and print them")
    options = parser.parse_args()
    os.environ.setdefault("LANTERN_HOME", "var")
    every_one = list(cases(from_environment()))
    authors = sorted({row.author for row in every_one} - {OF_ITSELF})
    if options.fit:
        print(as_written("LIGHT = Light", fit_light(every_one)._asdict()))
        print(as_written("FOLLOWING = Following", fit_sureness(every_one)._asdict()))
    for author in authors:
        others = [row for row in every_one if row.author != author]
        light, weights = (fit_light(others), fit_sureness(others)) if options.fit else (LIGHT, FOLLOWING)
        table(f"messages of author {author}", [row for row in every_one if row.author == author], light, weights)
    table("messages of themselves", [row for row in every_one if row.author == OF_ITSELF], LIGHT, FOLLOWING)
    print("The last table is of messages that the weights in the code were fitted to.")


if __name__ == "__main__":
    main()
