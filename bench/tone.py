"""Learns anew how urgent words sound, and writes it beside the emergency rules.

    .venv/bin/python -m bench.tone        # the first part of: make net

From the same written examples as the second net (`bench.second_net`), and as further calm ones what people ask of
Lantern. `bench.rewordings` shows what the rules make of it. It takes half a minute.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from bench.second_net import asked_in_calm, digest, examples
from bot.nlu.emergencies import shipped_rules
from knowledge.wiring import from_environment
from safety import TONE
from safety.tone import TENTHS, traits

SOFTNESS = 30.0
"""C of the regression."""
SEEN = 3
"""In how many examples a word or a pair must stand to have a weight."""
LIGHTEST = 0.6
"""A smaller weight is left out: most of them are, and change next to nothing."""
CALM_BELOW = {"message": 0.2, "sentence": 0.3, "match": 0.5}
"""Chances below which the message, the sentence of a match and the match by itself sound calm. By what becomes of the
messages of other authors in `bench.rewordings`: of those that the rules take for urgent a third of the needless ones
falls, and of the others none."""
SHORTEST = 6
"""Words of a message that may sound calm."""
ABOUT = [
    "How urgent words and pairs of neighbours sound. Read by tone.py and by the browser, learned by bench/tone.py.",
    "weights: by their weight, in tenths, the words and pairs that have it. Log odds, as are offset and calm_below.",
    "<, > = the begin and the end of what is read. 0 = whatever begins with a digit.",
]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.tone", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=TONE, help=f"the file to write ({TONE.name})")
    given = parser.parse_args(arguments)
    own, asked = examples(), asked_in_calm(from_environment())
    if len(asked) < len(own) // 2:
        print("Nothing is published in this home: import the content first (./lantern content import --seed).")
        return 1
    every, rules = [*own, *asked], shipped_rules()
    print(f"{len(own)} examples, {len(asked)} questions; reading them ...", flush=True)
    found = [traits(rules.words(example.text)) for example in every]
    counts = Counter(trait for one in found for trait in one)
    usual = {trait for trait, count in counts.items() if count >= SEEN}
    rows = [dict.fromkeys(sorted(one & usual), 1 / math.sqrt(max(len(one & usual), 1))) for one in found]
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=SOFTNESS, max_iter=3000, solver="liblinear", random_state=1)
    model.fit(vectorizer.fit_transform(rows), [bool(example.card) for example in every])
    named = zip(vectorizer.feature_names_, model.coef_[0].tolist())
    weights = sorted((round(weight * TENTHS), trait) for trait, weight in named if abs(weight) > LIGHTEST)
    by_weight = groupby(weights, lambda row: row[0])
    kept = {
        "about": ABOUT,
        "learned_from": digest(),
        "calm_below": {name: round(math.log(chance / (1 - chance)), 2) for name, chance in CALM_BELOW.items()},
        "shortest": SHORTEST,
        "offset": round(float(model.intercept_[0]), 2),
        "weights": {str(weight): "|".join(trait for _, trait in row) for weight, row in by_weight},
    }
    given.out.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{given.out.name}: {len(weights)} words and pairs, {given.out.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
