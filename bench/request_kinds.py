"""How well the kind of a request is told, with words beside the vectors and without.

    .venv/bin/python bench/request_kinds.py [--folds N]

Each example of `data/nlu` is judged by a classifier that was trained without it and the other examples of its fold
(default 10 folds). No evaluation question is read. Prints, for several lengths of the words and thresholds, the share
of requests for advice that are told and of questions that are wrongly sent to the care team, and the share of right
kinds among all others: the settings of `bot.nlu.requests.RequestClassifier` were chosen from this table.

Then a classifier that was trained with all examples judges `bench/training/moves.jsonl`: moves in a conversation, such
as "say that again", and questions that look like one, by two authors of whom nothing stands in `data/nlu`; and
`bench/training/advice.jsonl`, by another: requests for advice and questions of knowledge that tell of oneself.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from ruamel.yaml import YAML

from bot.nlu.emergencies import EMERGENCY
from bot.nlu.requests import ADVICE, QUESTION, RequestClassifier
from knowledge.wiring import Knowledge, from_environment

PROJECT = Path(__file__).parent.parent
MOVES, ADVICE_ROWS = (Path(__file__).parent / "training" / f"{name}.jsonl" for name in ("moves", "advice"))
LIKELY = (0.3, 0.35, 0.4, 0.5, 0.6, 0.7)
NOT_A_MOVE = (QUESTION, ADVICE, "find_trial")


def examples() -> list[tuple[str, str]]:
    """(text, intent) of all training examples."""
    files = sorted((PROJECT / "data" / "nlu").glob("*.yml"))
    rows = [row for file in files for row in YAML(typ="safe").load(file.read_text(encoding="utf-8"))["nlu"]]
    lines = ((line, row["intent"]) for row in rows for line in row["examples"].splitlines())
    return [(line.removeprefix("- "), intent) for line, intent in lines if intent != EMERGENCY]


def judged(
    rows: list[tuple[str, str]], both: np.ndarray, knowledge: Knowledge, folds: int, words: float
) -> dict[float, list[str]]:
    """By least probability of a request for advice: the kind each example is taken for while its fold is left out."""
    kinds = np.array([intent for _, intent in rows])
    fold = np.random.default_rng(7).permutation(len(rows)) % folds
    found = {likely: [""] * len(rows) for likely in LIKELY}
    for number in range(folds):
        config = RequestClassifier.get_default_config() | {"words": words}
        classifier = RequestClassifier(config, None, None, knowledge)  # type: ignore[arg-type]
        kept = np.flatnonzero(fold != number)
        classifier.fit([rows[place][0] for place in kept], both[kept, 0], both[kept, 1], kinds[kept])
        for likely in LIKELY:
            config["likely_advice"] = likely
            for place in np.flatnonzero(fold == number):
                found[likely][place] = classifier.rank(rows[place][0], *both[place])[0]["name"]
    return found


def share(rows: list[tuple[str, str]], found: list[str], intents: set[str], wanted: str | None = None) -> float:
    """Share of the examples of `intents` that were taken for `wanted`, or for what they are."""
    right = [name == (wanted or intent) for (_, intent), name in zip(rows, found) if intent in intents]
    return sum(right) / len(right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folds",
        type=int,
        default=10,
        help="parts that are left out one after the other (10); 0: only the other authors",
    )
    options = parser.parse_args()
    os.environ.setdefault("LANTERN_HOME", "var")
    knowledge = from_environment()
    knowledge.live()
    rows = examples()
    both = np.array([knowledge.embedder.embed_message_both(knowledge.canonical(text)) for text, _ in rows])
    others = {intent for _, intent in rows} - {ADVICE, QUESTION}
    print(f"{len(rows)} examples, {options.folds} folds")
    print("words  likely  advice told  questions deferred  other kinds right")
    for words in (0.0, 0.5, 1.0, 1.5) if options.folds else ():
        for likely, found in judged(rows, both, knowledge, options.folds, words).items():
            told, lost = share(rows, found, {ADVICE}), share(rows, found, {QUESTION}, ADVICE)
            print(f"{words:5.1f}{likely:8.1f}{told:13.3f}{lost:20.3f}{share(rows, found, others):19.3f}", flush=True)
    classifier = RequestClassifier(RequestClassifier.get_default_config(), None, None, knowledge)  # type: ignore[arg-type]
    classifier.fit([text for text, _ in rows], both[:, 0], both[:, 1], np.array([intent for _, intent in rows]))
    print_moves(classifier, knowledge)
    print_advice(classifier, knowledge)


def print_moves(classifier: RequestClassifier, knowledge: Knowledge) -> None:
    """Of each kind of move the share that is told, and the share of questions that stay questions."""
    told: dict[str, list[bool]] = {}
    for intent, found in _told(MOVES, classifier, knowledge):
        told.setdefault(intent, []).append(found in NOT_A_MOVE if intent == QUESTION else found == intent)
    moves = [right for kind, rights in told.items() if kind != QUESTION for right in rights]
    print(f"\nmoves of other authors: {np.mean(moves):.3f} of {len(moves)} told")
    for kind, rights in told.items():
        print(f"{kind:22}{len(rights):6}{np.mean(rights):8.3f}")


def print_advice(classifier: RequestClassifier, knowledge: Knowledge) -> None:
    """The share of requests for advice, and of questions, that are deferred, by the rules or the classifier."""
    found = [(intent, kind == ADVICE) for intent, kind in _told(ADVICE_ROWS, classifier, knowledge)]
    for name, wanted in (("requests for advice", ADVICE), ("questions", QUESTION)):
        deferred = [is_deferred for intent, is_deferred in found if intent == wanted]
        print(f"{name} of another author: {np.mean(deferred):.3f} of {len(deferred)} deferred")


def _told(file: Path, classifier: RequestClassifier, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """(what it is, what it is taken for) of each message of a file, by the advice rules first."""
    for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        vectors = knowledge.embedder.embed_message_both(knowledge.canonical(row["text"]))
        by_rules = ADVICE if knowledge.seeks_advice(row["text"]) else ""
        yield row["intent"], by_rules or str(classifier.rank(row["text"], *vectors)[0]["name"])


if __name__ == "__main__":
    main()
