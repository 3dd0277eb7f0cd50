"""Whom a question is about, as far as an answer differs for adults, children and babies."""

from __future__ import annotations

import re
from typing import Literal

AgeGroup = Literal["adult", "child", "infant"]

_WORDS: tuple[tuple[AgeGroup, re.Pattern[str]], ...] = (
    ("infant", re.compile(r"\b(bab(y|ies)|infants?|newborns?)\b", re.IGNORECASE)),
    ("child", re.compile(r"\b(child|children|kids?|toddlers?)\b", re.IGNORECASE)),
    ("adult", re.compile(r"\b(adults?|grown[- ]?ups?)\b", re.IGNORECASE)),
)


def age_groups(text: str) -> tuple[AgeGroup, ...]:
    """The age groups that a text names, youngest first."""
    return tuple(group for group, pattern in _WORDS if pattern.search(text))
