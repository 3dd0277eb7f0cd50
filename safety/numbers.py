"""Whom to call: emergency numbers and crisis lines by region, as far as their sources allow them to be shown.

`numbers.json` says where the numbers come from. An unknown region gets a sentence that is true anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "numbers.json"


class Numbers:
    """Emergency numbers and crisis lines. Immutable."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._regions: Mapping[str, Any] = table["regions"]
        self._default: Mapping[str, Mapping[str, str]] = table["default"]
        self._uncertain: Mapping[str, str] = table["uncertain"]

    @classmethod
    def load(cls, file: Path = FILE) -> Numbers:
        """Raises OSError or ValueError when the file that comes with the program is damaged."""
        return cls(json.loads(file.read_text(encoding="utf-8")))

    def knows(self, region: str) -> bool:
        """Whether there is a number for this country code, so that a slip is not taken for a country."""
        return _code(region) in self._regions

    def emergency_number(self, region: str | None, locale: str) -> str:
        """Digits for a known ISO 3166 country code, with a warning where sources disagree; else a general phrase."""
        row = self._regions.get(_code(region or ""), {})
        if "emergency" not in row:
            return self._said(self._default["emergency"], locale)
        number: str = row["emergency"]
        return number if row["certain"] else self._said(self._uncertain, locale).replace("{number}", number)

    def crisis_line(self, region: str | None, locale: str) -> str:
        """Name and number of a crisis line; one of medium confidence only behind the emergency number."""
        row = self._regions.get(_code(region or ""), {})
        if "crisis" not in row:
            return self._said(self._default["crisis"], locale)
        line = f"{row['crisis']['name']}, {row['crisis']['number']}"
        return line if row["crisis"]["certain"] else f"{self.emergency_number(region, locale)}; {line}"

    @staticmethod
    def _said(phrases: Mapping[str, str], locale: str) -> str:
        return phrases.get(locale, phrases["en"])


def _code(region: str) -> str:
    # The code of the United Kingdom is GB, but people write UK.
    return {"UK": "GB"}.get(region.upper(), region.upper())
