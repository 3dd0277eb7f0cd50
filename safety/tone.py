"""How urgent the words of a text sound, taken together.

A guard of the rules looks for one turn of phrase beside a match. Stories of the past, films, lessons and laughing
people give themselves away by many words instead, each of which says little. So words and pairs of neighbours have
weights, learned before the release from the written examples (`bench/tone.py`, a logistic regression), and what is
worked out here is a sum of them. It can only ever take back what a rule found, and only where the whole message, the
sentence of the match and the match by itself all sound calm.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from safety.errors import RulesError

ENDS = (".", "?")
"""What `safety.spelling.split` puts where a sentence ends."""
_BEGIN, _END, _NUMBER, _BEHIND_DIGITS = "<", ">", "0", ":"
TENTHS = 10
"""Weights are kept in tenths."""


def traits(words: Iterable[str]) -> set[str]:
    """The words that count, with question marks, and each two neighbours, with marks for begin and end. All that
    begins with a digit is one word."""
    found = [word if word > _BEHIND_DIGITS else _NUMBER for word in words if word != "."]
    return {*found, *map(" ".join, pairwise([_BEGIN, *found, _END]))}


@dataclass(frozen=True)
class Tone:
    """`weights` of words and pairs, in tenths; `offset` is added to them. Below the log odds `message`, `sentence` and
    `match` these sound calm. Whoever writes fewer words than `shortest` tells no story."""

    weights: Mapping[str, int]
    offset: float
    message: float
    sentence: float
    match: float
    shortest: int

    @classmethod
    def read(cls, path: Path) -> Tone:
        """Raises `RulesError` where the file is missing or damaged."""
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise RulesError(f"{path}: {fault}. Restore the file from the release it belongs to.") from fault

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Tone:
        weights = {trait: int(tenths) for tenths, named in data["weights"].items() for trait in named.split("|")}
        limits = {name: float(data["calm_below"][name]) for name in ("message", "sentence", "match")}
        return cls(weights, float(data["offset"]), shortest=int(data["shortest"]), **limits)

    def urgency(self, words: Iterable[str]) -> float:
        """The log odds that whoever writes these words needs help now; infinite where none of them is known."""
        known = [self.weights[trait] for trait in traits(words) if trait in self.weights]
        return self.offset + sum(known) / TENTHS / math.sqrt(len(known)) if known else math.inf

    def is_calm(self, words: Sequence[str]) -> bool:
        """Whether a whole message sounds calm."""
        return len(words) >= self.shortest and self.urgency(words) < self.message

    def is_calm_about(self, before: Sequence[str], match: Sequence[str], after: Sequence[str]) -> bool:
        """Whether a match sounds calm by itself, and in its sentence. `before` and `after` are the words around it."""
        first = next((place for place in range(len(before), 0, -1) if before[place - 1] in ENDS), 0)
        last = next((place + 1 for place, word in enumerate(after) if word in ENDS), len(after))
        sentence = [*before[first:], *match, *after[:last]]
        return self.urgency(match) < self.match and self.urgency(sentence) < self.sentence
