"""How well search finds the right entry, and how well its confidence tells inside from outside.

    .venv/bin/python bench/retrieval.py [--every N]

Each published phrasing is asked with itself left out of the index (every Nth of them, default 3), and each outside
question with itself left out of the background. No evaluation question is read. Prints the share of right first hits,
and for a range of thresholds the shares of right, wrong and withheld answers and of outside questions answered: the
constants of `knowledge.answer.Thresholds` and `knowledge.search.index.Weights` were chosen from this table.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from knowledge.search.index import Index
from knowledge.wiring import from_environment


def measured(index: Index, every: int) -> list[tuple[bool, bool, float]]:
    """(right first?, right among three?, confidence) of phrasings left out of the index."""
    vectors, share = index._vectors, index._share.copy()
    spread = vectors.T @ vectors + index._weights.ridge * np.eye(vectors.shape[1])
    results = []
    for place in [place for place, passage in enumerate(index._passages) if passage.kind == "asked"][::every]:
        owner, vector = index._owner[place], vectors[place]
        fitted = index._map @ vector
        # What the map would say had it not been fitted to this very phrasing (the leave-one-out form of least squares).
        leverage = float(vector @ np.linalg.solve(spread, vector))
        wanted = np.zeros(len(index.entries))
        wanted[owner] = 1.0
        fitted = (fitted - leverage * wanted) / (1 - leverage)
        index._share[place] = 0.0
        ranking = index._ranked(index.vocabulary.canonical(index._passages[place].text), vector, fitted, 3)
        index._share[place] = share[place]
        entries = [hit.entry for hit in ranking.hits]
        right = index.entries[owner]
        results.append((entries[0] is right, right in entries, ranking.confidence))
    return results


def outside(index: Index) -> list[float]:
    """Confidences of outside questions left out of the background."""
    background = index._background
    confidences = []
    for place, text in enumerate(index.background_texts):
        index._background = np.delete(background, place, axis=0)
        confidences.append(index.search(text).confidence)
    index._background = background
    return confidences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=3, help="ask every Nth phrasing")
    options = parser.parse_args()
    os.environ.setdefault("LANTERN_HOME", "var")
    index = from_environment().live().index
    inside = measured(index, options.every)
    right = np.array([first for first, _, _ in inside])
    among = np.array([three for _, three, _ in inside])
    confidence = np.array([value for _, _, value in inside])
    far = np.array(outside(index))
    print(f"{len(inside)} phrasings left out: {right.mean():.3f} right first, {among.mean():.3f} among three")
    print(f"{len(far)} outside questions, each left out of the background")
    print("threshold  right  wrong  withheld  outside answered")
    for threshold in np.arange(0.2, 0.71, 0.05):
        shown = confidence >= threshold
        row = ((right & shown).mean(), (~right & shown).mean(), (~shown).mean(), (far >= threshold).mean())
        print(f"{threshold:9.2f}" + "".join(f"{value:7.3f}" for value in row))


if __name__ == "__main__":
    main()
