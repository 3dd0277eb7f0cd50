"""How many messages still get their card when they are misspelt, and how many calm ones raise an alarm then.

    .venv/bin/python -m bench.mangled [--seed N] [--show N]

Every example of the emergency rules is mangled once (`tests/safety/mangler.py`): half of them with two edits. The rules
read them alone, without the second net of the assistant.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from safety import EMERGENCY_RULES, load_rules
from tests.safety.conftest import examples
from tests.safety.mangler import found, mangled


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.mangled", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the mangler (1)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N misses and alarms (0)")
    given = parser.parse_args(arguments)
    rules, rows = load_rules(EMERGENCY_RULES), examples("vectors.jsonl")
    print(f"{'seed ' + str(given.seed):<14}{'texts':>7}{'two edits':>11}{'found':>8}")
    for name, urgent in (("emergencies", True), ("calm", False)):
        texts = mangled([row for row in rows if (row["expect"] is not None) is urgent], given.seed)
        hits = found(rules, texts)
        share = sum(len(one.edits) == 2 for one in texts) / len(texts)
        print(f"{name:<14}{len(texts):>7}{share:>11.1%}{len(hits) / len(texts):>8.1%}")
        wrong = [one for one in texts if (one in hits) is not urgent]
        for edits, number in Counter(one.edits for one in wrong).most_common(given.show and 12):
            print(f"    {number:>4}  {' + '.join(edits)}")
        for one in wrong[: given.show]:
            print("      ", " + ".join(one.edits), "|", one.text[:200])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
