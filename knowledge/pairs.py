"""The words of a text and each two neighbours: what a linear model counts beside a vector.

A vector knows what a text is about, but hardly how it is said; the little words tell that.
"""

from __future__ import annotations

import re
from itertools import pairwise

from safety.rules import normalise

_WORD = re.compile(r"[a-z]+|[0-9]+|\?")
_BEGIN, _END, _NUMBER = "<", ">", "0"


def words_and_pairs(text: str) -> set[str]:
    """The words of a text and each two neighbours, with marks for its begin and end. All numbers are one word, so that
    no single dose is learned."""
    found = [_NUMBER if word.isdigit() else word for word in _WORD.findall(normalise(text))]
    return {*found, *map(" ".join, pairwise([_BEGIN, *found, _END]))}
