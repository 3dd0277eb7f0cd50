"""The words a search is read with: conditions and places, from `terms.json` and from the studies themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import ContentError, Fault
from knowledge.trials.lexicon import Lexicon
from knowledge.trials.model import Study

FILE = Path(__file__).parent / "terms.json"


@dataclass(frozen=True)
class Place:
    """A country, an area of several countries, or a city or region (both in `city`) within a country."""

    country: str | None = None
    city: str | None = None


class Terms:
    """Finds conditions and places in a message, and tells whether a registry record speaks of the same ones.

    `conditions`, `places` and `people` (words such as "German") are lexicons over the words of a message.
    """

    def __init__(self, table: dict[str, Any], studies: Iterable[Study] = ()) -> None:
        """`table` has the shape of `terms.json`; `studies` add their own conditions, cities and states."""
        self.conditions: Lexicon[str] = Lexicon()
        self.places: Lexicon[Place] = Lexicon()
        self.people: Lexicon[Place] = Lexicon()
        self._in_records: dict[str, Lexicon[str]] = {}
        self._areas: dict[str, frozenset[str]] = {}
        self._countries: Lexicon[str] = Lexicon()
        for condition in table["conditions"]:
            self._add_condition(condition["name"], condition["said"], condition["registry"])
        # Regions first: someone who writes "Georgia" in a chat about US studies means the state more often.
        for kind in ("regions", "cities"):
            for country, names in table[kind].items():
                for name in names:
                    self.places.add(name, Place(country, name))
        for area, countries in table["areas"].items():
            self._areas[area] = frozenset(countries)
            self.places.add(area, Place(area))
            for country, named in countries.items():
                for name in (country, *named["said"]):
                    self.places.add(name, Place(country))
                    self._countries.add(name, country)
                for name in named["people"]:
                    self.people.add(name, Place(country))
        for study in studies:
            self._add_study(study)

    def _add_condition(self, name: str, said: Iterable[str], in_records: Iterable[str]) -> None:
        records: Lexicon[str] = Lexicon()
        for words in in_records:
            records.add(words, name)
        self._in_records.setdefault(name, records)
        for words in said:
            self.conditions.add(words, name)

    def _add_study(self, study: Study) -> None:
        for condition in study.conditions:
            if self.conditions.first(condition) is None:
                self._add_condition(condition, [condition], [condition])
        for site in study.sites:
            country = self.country(site.country) if site.country else None
            for name in (site.city, site.state):
                if name:
                    self.places.add(name, Place(country, name))

    def is_area(self, country: str) -> bool:
        return country in self._areas

    def country(self, written: str) -> str:
        """The name we use for a country that a record calls `written`; `written` itself where we know no other."""
        return self._countries.first(written) or written

    def listed_country(self, written: str) -> str | None:
        """The country that is named, as we call it; None where it is none that we list."""
        return self._countries.first(written)

    def same_country(self, wanted: str, written: str) -> bool:
        """Whether a record's country is `wanted`, or lies in it where `wanted` is an area such as Europe."""
        country = self.country(written)
        return country in self._areas.get(wanted, ()) or country.casefold() == wanted.casefold()

    def same_condition(self, wanted: str, written: str) -> bool:
        """Whether a record's condition is `wanted` or a form of it."""
        records = self._in_records.get(wanted)
        if records is not None:
            return records.first(written) is not None
        return wanted.casefold() in written.casefold()


def read_terms(file: Path = FILE, studies: Iterable[Study] = ()) -> Terms:
    """Raises `ContentError` when `file` is not a table of terms."""
    try:
        return Terms(json.loads(file.read_text(encoding="utf-8")), studies)
    except json.JSONDecodeError as error:
        raise ContentError([Fault(file, error.lineno, f"is not JSON: {error.msg}")]) from error
    except (OSError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ContentError([Fault(file, 1, f"is not a table of search terms: {error!r}")]) from error
