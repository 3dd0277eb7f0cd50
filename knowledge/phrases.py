"""The spoken phrases: everything the assistant says that is not a fact. They live in `content/<locale>/phrases.yml`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

from knowledge.errors import ContentError, Fault
from knowledge.files import read_text, read_yaml
from safety.cards import fill

_MONTHS = {
    "en": ("January February March April May June July August September October November December").split(),
    "es": ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre").split(),
}


class Phrases:
    """Phrases by locale and key. A locale that lacks a phrase says it in English."""

    def __init__(self, by_locale: Mapping[str, Mapping[str, str]]) -> None:
        self._by_locale = by_locale

    def say(self, locale: str, key: str, **slots: str) -> str:
        """The phrase with its declared slots filled. Raises `KeyError` for a phrase that `en` does not have."""
        phrase = self._by_locale.get(locale, {}).get(key) or self._by_locale["en"][key]
        return fill(phrase, slots)

    def of(self, locale: str) -> Mapping[str, str]:
        """All phrases of a locale, with English where it has none."""
        return {**self._by_locale["en"], **self._by_locale.get(locale, {})}

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """(locale, key, phrase) of every phrase."""
        return ((locale, key, phrase) for locale, rows in self._by_locale.items() for key, phrase in rows.items())


def read_phrases(folder: Path) -> Phrases:
    """The phrases of all locales below `folder`. Raises `ContentError`."""
    files = sorted(folder.glob("*/phrases.yml"))
    phrases = Phrases({file.parent.name: read_mapping(file) for file in files})
    if "en" not in {file.parent.name for file in files}:
        raise ContentError(
            [Fault(folder / "en" / "phrases.yml", 1, "is missing; the assistant cannot speak without it")]
        )
    return phrases


def read_mapping(file: Path) -> dict[str, str]:
    """A flat YAML file of texts. Raises `ContentError`."""
    rows = read_yaml(read_text(file), file)
    if not isinstance(rows, dict) or not all(isinstance(value, str) for value in rows.values()):
        raise ContentError([Fault(file, 1, "must be lines of key: text")])
    return {str(key): value for key, value in rows.items()}


def spoken_date(date: dt.date, locale: str) -> str:
    """November 22, 2026 or 22 de noviembre de 2026."""
    if locale == "es":
        return f"{date.day} de {_MONTHS['es'][date.month - 1]} de {date.year}"
    return f"{_MONTHS['en'][date.month - 1]} {date.day}, {date.year}"
