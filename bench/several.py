"""How well the questions of one message are told apart and answered.

    .venv/bin/python -m bench.several [--failures N]

`bench/training/several.jsonl` holds messages by an author who had not read the code: two or three questions in one, or
one that looks like two. `wants` has for each question the entries that answer it. Nothing is learned from it. It asks
the release that is live in the home which LANTERN_HOME names.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.model import Question
from knowledge.wiring import from_environment

SEVERAL = Path(__file__).parent / "training" / "several.jsonl"


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
    given = parser.parse_args(arguments)
    live = from_environment().live()
    outcomes = []
    for row in map(json.loads, SEVERAL.read_text(encoding="utf-8").splitlines()):
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
