"""What a message most likely does in the talk about studies, as a model learned it, and the signs it goes by.

The model itself lives in `bot/nlu/trial_talk.py`; this room only says what it looks at and what its result means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from knowledge.trials.reading import Understood

Kind = Literal["search", "study", "join", "learn", "other"]
Before = Literal["nothing", "entry", "list", "study"]
"""What was shown just before a message: an entry, a list of studies, or one study."""

BEFORE: tuple[Before, ...] = ("nothing", "entry", "list", "study")

_LONG_NUMBER = re.compile(r"[0-9]{4,}")
_WHAT_IS = re.compile(r"^\W*(?:(?:and|but|so|ok|wait|sorry)\W+)*what(?:\W?s| is| are|s)?\b", re.IGNORECASE)
_FEW_LEFT = 2


@dataclass(frozen=True)
class Leaning:
    """How likely, 0 to 1, a message looks for studies or changes a search, asks about one `study`, or asks whether
    somebody may `join` one. What is left to 1 are questions to be explained and everything else."""

    search: float = 0.0
    study: float = 0.0
    join: float = 0.0


LEANINGS = tuple(field.name for field in fields(Leaning))


def signs(text: str, understood: Understood, *, named: bool) -> np.ndarray:
    """What stands in a message, as zeros and ones, shape (24,): the parts of a search, how it is put, how much of it is
    about something else, its length. `named`: it names a study."""
    search, left, length = understood.search, len(understood.left), len(text.split())
    found = (
        *(search.limits.condition, search.has_place, understood.unknown_place, understood.near_me),
        *(search.recruiting_only is not None, search.phase, search.ages, search.status, named),
        *(understood.speaks_of_studies, understood.asks, understood.lists, understood.explains),
        *(left == 0, left == 1, left == _FEW_LEFT, left >= 5),
        *(length <= 2, length <= 4, length <= 8, length > 25, _LONG_NUMBER.search(text), "?" in text),
        _WHAT_IS.search(text),
    )
    return np.array([bool(sign) for sign in found], dtype=np.float32)
