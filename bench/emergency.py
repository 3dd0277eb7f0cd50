"""How long the emergency rules look at one message, in CPU time, without a server.

    .venv/bin/python -m bench.emergency [--texts N]

Four kinds of messages: the short ones that people write, and three of 16 KiB, the longest that a body may carry:
published prose, calm messages one after the other, and letters at random. Calm ones are read to their end; whatever
is an emergency ends the reading. Each text is read once, after a first round over other texts.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import string
import sys
import time
from pathlib import Path

from bench import yardstick
from safety import EMERGENCY_RULES, load_rules

LONGEST = 16 * 1024
CONTENT = Path(__file__).parent.parent / "knowledge" / "content"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.emergency", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=400, metavar="N", help="texts of each kind (400)")
    number = parser.parse_args(arguments).texts
    if number < 10:
        parser.error("--texts: at least 10")
    begun = time.process_time()
    rules = load_rules(EMERGENCY_RULES)
    print(f"Reading the rules took {time.process_time() - begun:.2f} s.")
    print(f"{'ms of CPU time':<32}{'p50':>8}{'p99':>8}{'largest':>9}{'yardstick':>11}")
    for kind, texts in _texts(random.Random(1), number).items():
        for text in texts[: number // 10]:
            rules.check(text[::-1])
        spent = []
        for text in texts:
            begun = time.process_time()
            rules.check(text)
            spent.append(1000 * (time.process_time() - begun))
        cuts = statistics.quantiles(spent, n=100)
        print(f"{kind:<32}{cuts[49]:8.2f}{cuts[98]:8.2f}{max(spent):9.2f}{yardstick.milliseconds():11.0f}", flush=True)
    return 0


def _texts(chance: random.Random, number: int) -> dict[str, list[str]]:
    rows = [json.loads(line) for line in (EMERGENCY_RULES.parent / "vectors.jsonl").read_text("utf-8").splitlines()]
    calm = [row["text"] for row in rows if row["expect"] is None]
    prose = "\n".join(file.read_text("utf-8") for file in sorted(CONTENT.rglob("*.md")))
    starts = [chance.randrange(len(prose) - LONGEST) for _ in range(number)]
    letters = (
        "".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 10))) for _ in range(number * LONGEST // 4)
    )
    return {
        "short messages": [row["text"] for row in chance.sample(rows, min(number, len(rows)))],
        "16 KiB of published prose": [prose[start : start + LONGEST] for start in starts],
        "16 KiB of calm messages": [". ".join(chance.choices(calm, k=500))[:LONGEST] for _ in range(number)],
        "16 KiB of letters at random": [
            " ".join(next(letters) for _ in range(LONGEST // 5))[:LONGEST] for _ in range(number)
        ],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
