"""The words a search is read with: conditions and places, from `terms.json` and from the studies themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import ContentError, Fault
from knowledge.search.words import STOP_WORDS
from knowledge.trials.hospitals import Hospitals
from knowledge.trials.lexicon import Lexicon, Spelling, everyday_words, keys
from knowledge.trials.model import Study
from knowledge.trials.wordings import wordings

FILE = Path(__file__).parent / "terms.json"

Candidates = tuple["Place", ...]


@dataclass(frozen=True)
class Place:
    """A country, an area of several countries, or a city, region or hospital (all in `city`) within a country."""

    country: str | None = None
    city: str | None = None


class Terms:
    """Finds conditions and places in a message, and tells whether a registry record speaks of the same ones.

    `conditions`, `places` and `people` (words such as "German") are lexicons over the words of a message. A name may
    stand for several places: Cambridge, Georgia. `also_words` are names of places that are everyday words, too.
    `hospitals` are those of the studies.
    """

    def __init__(self, table: Mapping[str, Any], studies: Iterable[Study] = ()) -> None:
        """`table` has the shape of `terms.json`; `studies` add their own conditions, cities and states."""
        self.conditions: Lexicon[str] = Lexicon()
        self.people: Lexicon[Place] = Lexicon()
        self.state_codes: Mapping[str, str] = table["state_codes"]
        self._named: dict[str, list[Place]] = {}
        self._in_records: dict[str, list[str]] = {}
        self._areas: dict[str, frozenset[str]] = {}
        self._countries: Lexicon[str] = Lexicon()
        self._country_codes: dict[str, str] = {}
        for condition in table["conditions"]:
            self._add_condition(condition["name"], condition["said"], condition["registry"])
        # Regions first: someone who writes "Georgia" in a chat about US studies means the state more often.
        self._regions = {Place(country, name) for country, names in table["regions"].items() for name in names}
        for kind in ("regions", "cities"):
            for country, names in table[kind].items():
                for name, said in names.items():
                    self._add_place(Place(country, name), name, *said)
        for area, countries in table["areas"].items():
            self._areas[area] = frozenset(countries)
            self._add_place(Place(area), area)
            for country, named in countries.items():
                self._country_codes[named["code"]] = country
                self._add_place(Place(country), country, *named["said"])
                for name in (country, *named["said"]):
                    self._countries.add(name, country)
                for name in named["people"]:
                    self.people.add(name, Place(country))
        for area, names in table["groups"].items():
            self._areas[area] = frozenset(names)
            self._add_place(Place(area), area)
        listed, listed_conditions = set(self._named), self.conditions.words
        self._add_studies(studies := tuple(studies))
        self.also_words = frozenset(table["also_words"].split()) | (set(self._named) - listed) & everyday_words()
        self.places: Lexicon[Candidates] = Lexicon()
        for name, places in self._named.items():
            self.places.add(name, tuple(dict.fromkeys(places)))
        own = [frozenset(word for name in listed for word in name.split()) | listed_conditions | self.people.words]
        self._records: Lexicon[tuple[str, ...]] = Lexicon()
        for words, names in self._in_records.items():
            self._records.add(words, tuple(dict.fromkeys(names)))
        self._spelt = [*own, self.places.words | self.conditions.words]
        self.hospitals = self._hospitals(studies)

    def spelling(self, more: Iterable[str], known: Iterable[str] = ()) -> Spelling:
        """What mends slips of the names of places and conditions, and of `more`, which goes before them. `known` are
        words that mean themselves beside those of everyday English."""
        return Spelling([frozenset(more) | self._spelt[0], self._spelt[1]], everyday_words().union(known))

    def is_region(self, place: Place) -> bool:
        """Whether a place is a part of a country larger than a city."""
        return place in self._regions

    def _add_place(self, place: Place, *names: str) -> None:
        for name in names:
            self._named.setdefault(" ".join(keys(name)), []).append(place)

    def _add_condition(self, name: str, said: Iterable[str], in_records: Iterable[str]) -> None:
        for words in in_records:
            self._in_records.setdefault(" ".join(keys(words)), []).append(name)
        for words in said:
            self.conditions.add(words, name)

    def _add_studies(self, studies: Sequence[Study]) -> None:
        # Thousands of studies share some hundreds of conditions and places.
        for condition in dict.fromkeys(name for study in studies for name in study.conditions):
            if self.conditions.first(condition) is None:
                self._add_condition(condition, [condition], [condition])
        sites = dict.fromkeys((site.country, site.city, site.state) for study in studies for site in study.sites)
        for written, *names in sites:
            country = self.country(written) if written else None
            for name in filter(None, names):
                place = Place(country, self.city(name, country))
                if place not in self._named.get(" ".join(keys(name)), ()):
                    self._add_place(place, name)

    def _hospitals(self, studies: Sequence[Study]) -> Hospitals:
        taken = self.conditions.words | self.people.words | wordings().words("fillers") | STOP_WORDS
        sites = dict.fromkeys(site for study in studies for site in study.sites)
        named = {
            (site.facility, self.country(site.country) if site.country else None) for site in sites if site.facility
        }
        towns = {" ".join(keys(name)) for site in sites for name in (site.city, site.state) if name}

        def is_taken(name: str) -> bool:
            # "Stanford" is a town in which no study of ours is, and a hospital in the next one.
            others = [place for place in self.places.get(name) or () if not place.city or self.is_region(place)]
            return name in taken or name in towns or bool(others)

        return Hospitals(sorted(named, key=str), is_taken)

    def is_area(self, country: str) -> bool:
        return country in self._areas

    def country(self, written: str) -> str:
        """The name we use for a country that a record calls `written`; `written` itself where we know no other."""
        return self._countries.first(written) or written

    def listed_country(self, written: str) -> str | None:
        """The country that is named, as we call it; None where it is none that we list."""
        return self._countries.first(written)

    def country_of_code(self, code: str | None) -> str | None:
        """The country with this ISO 3166 code ("DE"); None for one we do not list."""
        return self._country_codes.get((code or "").upper())

    def countries_in(self, area: str) -> frozenset[str]:
        """The countries of an area; the country itself where `area` is one."""
        return self._areas.get(area, frozenset((area,)))

    def city(self, written: str, country: str | None) -> str:
        """The name we use for a city or region of this country; `written` itself where we know no other."""
        known = self._named.get(" ".join(keys(written)), ())
        return next((place.city for place in known if place.city and place.country == country), written)

    def same_country(self, wanted: str, written: str) -> bool:
        """Whether a record's country is `wanted`, or lies in it where `wanted` is an area such as Europe."""
        country = self.country(written)
        return country in self._areas.get(wanted, ()) or country.casefold() == wanted.casefold()

    def conditions_of(self, written: str) -> frozenset[str]:
        """The conditions that a record's words for one speak of: "Lupus Nephritis - WHO Class IV" is lupus, too."""
        return frozenset(name for names in self._records.everywhere(keys(written)) for name in names)


def read_terms(file: Path = FILE, studies: Iterable[Study] = ()) -> Terms:
    """Raises `ContentError` when `file` is not a table of terms."""
    try:
        return Terms(json.loads(file.read_text(encoding="utf-8")), studies)
    except json.JSONDecodeError as error:
        raise ContentError([Fault(file, error.lineno, f"is not JSON: {error.msg}")]) from error
    except (OSError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ContentError([Fault(file, 1, f"is not a table of search terms: {error!r}")]) from error
