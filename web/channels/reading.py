"""Reads JSON of others: what is not of the documented kind is as if it were not there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def record(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> Sequence[Mapping[str, Any]]:
    """The records of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def name(value: Any) -> str:
    """An id, which some write as text and some as a number."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, int) else text(value)


def number(value: Any) -> float | None:
    """A number, also one that is written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 1e15 else None
    return float(value) if isinstance(value, str) and re.fullmatch(r"\d{1,15}(\.\d{1,9})?", value) else None
