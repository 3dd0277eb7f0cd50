"""How many messages still get their card when they are misspelt, and how many calm ones raise an alarm then.

    .venv/bin/python -m bench.mangled [--seed N] [--show N]

Every example of the emergency rules is mangled once (`tests/understanding/mangling.py`). The rules read them alone,
without the second net of the assistant.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from safety import EMERGENCY_RULES, load_rules
from tests.safety.conftest import examples, remembered
from tests.understanding.mangling import mangled


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.mangled", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", default="1", metavar="S", help="seed of the mangling (1)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N misses and alarms (0)")
    given = parser.parse_args(arguments)
    rules, rows = load_rules(EMERGENCY_RULES), examples("vectors.jsonl")
    print(f"{'seed ' + given.seed:<14}{'texts':>7}{'found':>8}")
    for name, urgent in (("emergencies", True), ("calm", False)):
        texts = {
            mangled(row["text"], given.seed): remembered(row) for row in rows if (row["expect"] is not None) is urgent
        }
        hits = [text for text, known in texts.items() if rules.check(text, **known) is not None]
        print(f"{name:<14}{len(texts):>7}{len(hits) / len(texts):>8.1%}")
        wrong = [text for text in texts if (text in hits) is not urgent]
        for text in wrong[: given.show]:
            print("      ", text[:200])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
