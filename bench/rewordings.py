"""What the second net under the emergency rules catches, and how often it is wrong, over its own examples.

    .venv/bin/python -m bench.rewordings [--folds N]

Each part of the examples (`safety/vectors.jsonl`, `safety/rewordings.jsonl`) and of the published phrasings is compared
with a likeness learned from the other parts, so that no text is compared with itself. For a range of margins: the share
of emergencies caught, and of calm examples and published phrasings that would get a card. The calm examples are near
misses, written to be mistaken; phrasings are what people mostly ask. The margin of `RewordedEmergency` was chosen here.

At last, `bench/training/cries.jsonl`: messages of other authors, made to be hard, from which neither the rules nor the
net have learned yet. It tells how many get a card from the rules, and from both at the margin in use.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.nlu.emergencies import shipped_rules
from bot.nlu.likeness import Likeness
from bot.nlu.rewordings import RewordedEmergency, examples, published
from knowledge.wiring import Knowledge, from_environment

CRIES = Path(__file__).parent / "training" / "cries.jsonl"
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.rewordings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folds", type=int, default=10, metavar="N", help="parts, each left out once (10)")
    folds = parser.parse_args(arguments).folds
    knowledge = from_environment()
    urgent, calm = examples()
    texts = ([*urgent], calm, published(knowledge, shipped_rules()))
    sides = [knowledge.embedder.embed([knowledge.canonical(text) for text in side]) for side in texts]
    close = RewordedEmergency.get_default_config()["close"]
    margins = left_out(sides, folds, close)
    print(f"{'margin':>8}{'caught':>10}{'near misses':>14}{'phrasings':>12}")
    print(f"{'of':>8}" + "".join(f"{len(side):>{width}}" for side, width in zip(sides, (10, 14, 12))))
    for margin in MARGINS:
        shares = [float((side >= margin).mean()) for side in margins]
        print(f"{margin:8.2f}{shares[0]:10.1%}{shares[1]:14.1%}{shares[2]:12.1%}")
    _of_other_authors(knowledge, Likeness.learned(*sides))
    return 0


def _of_other_authors(knowledge: Knowledge, likeness: Likeness) -> None:
    config, rules = RewordedEmergency.get_default_config(), shipped_rules()
    rows = [json.loads(line) for line in CRIES.read_text(encoding="utf-8").splitlines()]
    urgent = [row["text"] for row in rows if row["expect"]]
    calm = [row["text"] for row in rows if not row["expect"]]
    for name, texts in (("urgent", urgent), ("calm", calm)):
        by_rules = np.array([rules.check(text) is not None for text in texts])
        matches = [likeness.match(knowledge.embedder.embed_message(knowledge.canonical(text))) for text in texts]
        by_net = [m.margin >= config["margin"] and m.close >= max(config["close"], m.calm) for m in matches]
        shares = f"{by_rules.mean():.1%} by the rules, {(by_rules | np.array(by_net)).mean():.1%} with the net"
        print(f"{len(texts)} {name} ones of other authors: {shares}")


def left_out(sides: Sequence[np.ndarray], folds: int, close: float) -> list[np.ndarray]:
    """The margin of each text in a likeness learned without it; -1 where no emergency is as close as `close`, or
    a calm example is closer."""
    parts = [np.random.default_rng(1).permutation(len(side)) % folds for side in sides]
    margins = [np.zeros(len(side)) for side in sides]
    for fold in range(folds):
        likeness = Likeness.learned(*(side[part != fold] for side, part in zip(sides, parts)))
        for side, part, margin in zip(sides, parts, margins):
            for place in np.flatnonzero(part == fold):
                match = likeness.match(side[place])
                margin[place] = match.margin if match.close >= max(close, match.calm) else -1.0
    return margins


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
