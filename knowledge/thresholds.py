"""How sure search must be before an entry is shown or offered, and which of that staff may change, within what bounds.

Nothing here touches emergencies: what brings up a card is decided before anything is searched.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Thresholds:
    """Chances, 0 to 1. At or above a confidence of `answer` an entry is shown. Else, where the question is about
    something published by a chance of `clarify`, the nearest entries are offered; below it the assistant says that it
    does not know. Set with the tables of `bench/retrieval.py`, so that of a hundred answers about three are wrong, and
    of a hundred outside questions four to eight are not refused.

    Of several questions in one message each is answered only at or above a confidence of `several`, which is of a model
    of its own (`bench/several.py`): a part that only sounds like a question is the likelier mistake. A message that is
    read together with the answer before it gets an entry at or above a confidence of `following`, of a model of its own
    too (`bench/follow_ups.py`)."""

    answer: float = 0.34
    following: float = 0.45
    clarify: float = 0.93
    several: float = 0.75

    @property
    def mark(self) -> str:
        """What a finding of the safety check, or a measurement, is bound to: those that staff may change, as text."""
        return " ".join(f"{name}={getattr(self, name):.2f}" for name in ADJUSTABLE)

    def with_value(self, name: str, value: float) -> Thresholds:
        return replace(self, **{name: value})


AS_IT_COMES = Thresholds()


@dataclass(frozen=True)
class Adjustable:
    """A threshold that staff may change: to one of `choices`, and `why` to no other."""

    choices: tuple[float, ...]
    why: str

    @property
    def told(self) -> str:
        """The choices and why there are no others, as the end of a sentence."""
        return f"{', '.join(f'{one:.2f}' for one in self.choices)}. {self.why}"


ADJUSTABLE: Mapping[str, Adjustable] = {
    "answer": Adjustable(
        (0.30, 0.34, 0.38, 0.42, 0.46, 0.50, 0.60, 0.70),
        "Below 0.30, more than five of a hundred questions about something else get an answer that does not fit "
        "them. Above 0.70, people are refused what is published, and it is hardly any safer.",
    ),
    "clarify": Adjustable(
        (0.70, 0.80, 0.85, 0.90, 0.93, 0.95, 0.97, 0.99),
        "Below 0.70, more than three of a hundred questions about something else are led to answers that do not fit "
        "them. Above 0.99, fewer people find theirs among the choices, and it is hardly any safer.",
    ),
}
"""By the name of the field. The figures are those of the starter content, as `./lantern editing measure-thresholds`
measures them; `several` and `following` are of models of their own, and stay as they were fitted."""

KEPT_AS = {"threshold_answer": "answer", "threshold_clarify": "clarify"}
"""Name of a setting of the site -> the threshold that it sets."""


def in_force(kept: Mapping[str, str]) -> Thresholds:
    """The thresholds by what staff set; what this version has no such choice for is as it comes with Lantern."""
    thresholds = AS_IT_COMES
    for setting, name in KEPT_AS.items():
        if setting in kept:
            value = choice(name, kept[setting])
            if value is None:
                _say_that_it_does_not_count(setting, kept[setting])
                continue
            thresholds = thresholds.with_value(name, value)
    return thresholds


@functools.cache
def _say_that_it_does_not_count(setting: str, value: str) -> None:
    """Once for each value: the settings are read with every message."""
    logger.error("%s is as it comes with Lantern: %r of the studio is none of its choices", setting, value)


def choice(name: str, text: str) -> float | None:
    """The value among the choices of a threshold that a text names; None where it names none."""
    return next((value for value in ADJUSTABLE[name].choices if f"{value:.2f}" == text.strip()), None)
