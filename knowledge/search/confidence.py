"""How sure search is of its best entry: a logistic model over a few figures about the question and that entry.

The weights are fitted by `bench/retrieval.py --fit`, which prints them as they stand here: to published phrasings, each
left out of the index, to messages written for training, and to outside questions, each left out of the background.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Evidence(NamedTuple):
    """What speaks for and against the best entry. Likenesses are about 0 to 1."""

    best: float = 0.0
    """Likeness of the best phrasing."""
    second: float = 0.0
    """Likeness of the second best phrasing of the same entry."""
    told: float = 0.0
    """Likeness of the best paragraph of its text."""
    fitted: float = 0.0
    """What the fitted map says for this entry."""
    lead: float = 0.0
    """How much more it scores than the next entry."""
    unmentioned: float = 0.0
    """Share of the question's meaning that the entry does not mention."""
    outside: float = 0.0
    """Likeness of the nearest outside question."""
    inside: float = 0.0
    """What the fitted line between published and outside texts says: about 1 inside, -1 outside."""
    telling: float = 0.0
    """How much more usual the words are in published texts than in outside ones: mean log of the odds."""
    length: float = 0.0
    """Log of the number of words that carry meaning, and one."""
    unknown: float = 0.0
    """Words of ordinary English that no published text holds, at most four."""
    strange: float = 0.0
    """Words that neither a published text holds nor ordinary English: names and slips; at most three."""
    foreign: float = 0.0
    """Strange words that are no slip of a known one, such as the name of another medicine; at most two."""
    strangest: float = 0.0
    """The least of what `telling` is the mean of."""


class Weights(NamedTuple):
    """What each figure counts for, in log odds. `whole_…` are those of the whole message of which the question is a
    part: a part may sound like something published because it leaves out what the message is about."""

    base: float
    best: float
    second: float
    told: float
    fitted: float
    lead: float
    unmentioned: float
    outside: float
    inside: float
    telling: float
    length: float
    unknown: float
    strange: float
    foreign: float
    strangest: float
    whole_inside: float
    whole_telling: float
    whole_foreign: float


WEIGHTS = Weights(
    base=-4.840,
    best=3.108,
    second=4.037,
    told=-0.315,
    fitted=6.359,
    lead=1.859,
    unmentioned=-1.829,
    outside=-5.525,
    inside=-0.501,
    telling=-0.082,
    length=1.531,
    unknown=-0.182,
    strange=-0.061,
    foreign=0.440,
    strangest=0.059,
    whole_inside=1.728,
    whole_telling=0.700,
    whole_foreign=-1.297,
)


def confidence(part: Evidence, whole: Evidence, weights: Weights = WEIGHTS) -> float:
    """Chance, 0 to 1, that the best entry answers the question that was asked."""
    figures = (1.0, *part, whole.inside, whole.telling, whole.foreign)
    odds = sum(weight * figure for weight, figure in zip(weights, figures))
    return round(1 / (1 + math.exp(-odds)), 3)
