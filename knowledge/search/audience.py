"""Whom a question is about, as far as an answer differs for adults, children and babies."""

from __future__ import annotations

import re
from typing import Literal

AgeGroup = Literal["adult", "child", "infant"]

_WORDS: tuple[tuple[AgeGroup, re.Pattern[str]], ...] = (
    ("infant", re.compile(r"\b(bab(y|ys|ies)|infants?|newborns?|bairns?)\b", re.IGNORECASE)),
    (
        "child",
        re.compile(r"\b(child|childs|children|kids?|toddlers?|youngsters?|little (girl|boy)s?)\b", re.IGNORECASE),
    ),
    ("adult", re.compile(r"\b(adults?|grown[- ]?ups?)\b", re.IGNORECASE)),
)
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_AGE = re.compile(
    rf"\b(\d{{1,2}}|{'|'.join(_NUMBERS)})[ -]?(?:(day|week|month|year|yr)s?[ -]?old|yo)\b"
    rf"|\baged? (\d{{1,2}}|{'|'.join(_NUMBERS)})\b",
    re.IGNORECASE,
)
"""An age in figures or words: "a six year old", "3-month-old", "aged 5"."""
MONTHS_OF_INFANT, YEARS_OF_CHILD = 12, 12
"""Up to so many months somebody is called a baby, up to so many years a child."""


def age_groups(text: str) -> tuple[AgeGroup, ...]:
    """The age groups that a text names, youngest first."""
    ages = {group for found in _AGE.finditer(text) if (group := _group(*found.groups()))}
    return tuple(group for group, pattern in _WORDS if group in ages or pattern.search(text))


def _group(number: str | None, unit: str | None, years: str | None) -> AgeGroup | None:
    said = (number or years or "").lower()
    count = int(said) if said.isdigit() else _NUMBERS.index(said) + 1
    if unit and unit[0].lower() in "dwm":
        return "infant" if unit[0].lower() != "m" or count <= MONTHS_OF_INFANT else "child"
    return "child" if count <= YEARS_OF_CHILD else None
