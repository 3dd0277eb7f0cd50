"""How sure search is of its best entry: the chance that a question is about something published, times the chance that
it is this entry then. Each is a logistic model over a few figures about the question and that entry.

The weights are fitted by `bench/retrieval.py --fit`, which prints them as they stand here: to messages of authors who
had not read the phrasings, to the same with their entry taken out, and to outside questions, each of an index without
it.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Evidence(NamedTuple):
    """What speaks for and against the best entry."""

    chance: float = 0.0
    """Log of the odds that it is meant rather than any other entry, if one is."""
    inside: float = 0.0
    """What all entries own of the neighbourhood of the message, about 0 to 1."""
    outside: float = 0.0
    """What outside questions own of it, about 0 to 1."""
    part_outside: float = 0.0
    """The same for the part that asks, where a message has several."""
    unmentioned: float = 0.0
    """Share of the meaning of that part that the entry does not mention, 0 to 1."""
    telling: float = 0.0
    """How much more usual the words are in published texts than in outside ones: mean log of the odds."""
    foreign: float = 0.0
    """Words that are no slip of a known one, such as the name of another medicine; at most two."""


class Weights(NamedTuple):
    """What each figure counts for, in log odds: the first two for the entry among others, the rest for the question
    being about something published."""

    first: float
    chance: float
    published: float
    inside: float
    outside: float
    part_outside: float
    unmentioned: float
    telling: float
    foreign: float


WEIGHTS = Weights(
    first=-0.613,
    chance=0.509,
    published=0.318,
    inside=4.866,
    outside=-4.066,
    part_outside=-3.114,
    unmentioned=-3.247,
    telling=0.721,
    foreign=-0.730,
)


class Following(NamedTuple):
    """What the figures of a message that follows an answer count for, in log odds of its best entry being right. It is
    one model, not two: "how long?" by itself speaks of nothing published, however clear it is. `answered` and
    `unanswered`: how like it is to what others asked next (`knowledge.search.asked_next.Near`)."""

    right: float
    chance: float
    inside: float
    outside: float
    unmentioned: float
    telling: float
    foreign: float
    answered: float
    unanswered: float


FOLLOWING = Following(
    right=-0.548,
    chance=0.508,
    inside=0.812,
    outside=-1.839,
    unmentioned=-1.188,
    telling=0.237,
    foreign=-0.127,
    answered=2.428,
    unanswered=-8.732,
)
"""Fitted by `bench/follow_ups.py --fit`, which prints them as they stand here."""


class Beside(NamedTuple):
    """What speaks for a part of a message being a question of its own, for which its best entry is asked."""

    sure: float
    """Confidence that this entry answers the part, 0 to 1, as that of any question."""
    chance: float
    """Log of the odds that it is meant by the part rather than any other entry."""
    asks: bool
    """The part is put as a question."""
    told: bool
    """It is not, while others are."""
    words: int
    """Words with a meaning in it."""
    behind: float
    """Log of the odds of this entry against the best one for the whole message; 0 where it is that."""
    among_three: bool
    """It is among the first three for the whole message."""
    among_six: bool
    """It is among the first six."""
    whole_sure: float
    """Confidence of the best entry for the whole message."""
    whole_chance: float
    """Log of the odds of that entry against all others."""
    several_parts: bool
    """The message is of several parts, not only of one that lists something."""
    listed: bool
    """It is no part of the message, but something that one lists."""


class BesideWeights(NamedTuple):
    """What each figure of `Beside` counts for, in log odds; of `sure` and `whole_sure` their own log odds count."""

    always: float
    sure: float
    chance: float
    asks: float
    told: float
    words: float
    behind: float
    among_three: float
    among_six: float
    whole_sure: float
    whole_chance: float
    several_parts: float
    listed: float


BESIDE = BesideWeights(
    always=0.998,
    sure=0.416,
    chance=0.133,
    asks=0.015,
    told=-1.455,
    words=-0.403,
    behind=0.336,
    among_three=0.753,
    among_six=1.929,
    whole_sure=0.183,
    whole_chance=0.045,
    several_parts=0.212,
    listed=-0.881,
)
"""Fitted by `bench/several.py --fit`, which prints them as they stand here."""

SUREST, MOST_WORDS, FARTHEST = 0.998, 6, 15.0
"""Beyond these a confidence, the words of a part, and log odds tell nothing more."""


def confidence_beside(figures: Beside, weights: BesideWeights = BESIDE) -> float:
    """Chance, 0 to 1, that a message asks for the best entry of a part of it, beside other questions."""
    return round(_chance(weights, beside_figures(figures)), 3)


def beside_figures(figures: Beside) -> tuple[float, ...]:
    """What `BesideWeights` weighs, in the order of its fields."""
    return (
        _odds(figures.sure),
        min(figures.chance, FARTHEST),
        float(figures.asks),
        float(figures.told),
        float(min(figures.words, MOST_WORDS)),
        max(figures.behind, -FARTHEST),
        float(figures.among_three),
        float(figures.among_six),
        _odds(figures.whole_sure),
        min(figures.whole_chance, FARTHEST),
        float(figures.several_parts),
        float(figures.listed),
    )


def _odds(chance: float) -> float:
    drawn = min(max(chance, 1 - SUREST), SUREST)
    return math.log(drawn / (1 - drawn))


def chance_published(evidence: Evidence, weights: Weights = WEIGHTS) -> float:
    """Chance, 0 to 1, that a question is about something published."""
    return _chance(weights[2:], evidence[1:])


def confidence(evidence: Evidence, weights: Weights = WEIGHTS) -> float:
    """Chance, 0 to 1, that the best entry answers the question that was asked."""
    return round(chance_published(evidence, weights) * _chance(weights[:2], evidence[:1]), 3)


def confidence_following(
    evidence: Evidence, answered: float, unanswered: float, weights: Following = FOLLOWING
) -> float:
    """Chance, 0 to 1, that the best entry answers a message that follows an answer. `evidence` is that of the message
    by itself, with its `chance` from all its readings."""
    return round(_chance(weights, following_figures(evidence, answered, unanswered)), 3)


def following_figures(evidence: Evidence, answered: float, unanswered: float) -> tuple[float, ...]:
    """What `Following` weighs, in the order of its fields."""
    return (
        evidence.chance,
        evidence.inside,
        evidence.outside,
        evidence.unmentioned,
        evidence.telling,
        evidence.foreign,
        answered,
        unanswered,
    )


def _chance(weights: tuple[float, ...], figures: tuple[float, ...]) -> float:
    odds = math.fsum(weight * figure for weight, figure in zip(weights, (1.0, *figures)))
    return 1 / (1 + math.exp(-odds))
