"""The studies of one copy as lists need them: narrowed by condition, country and phase, and counted by country."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.trials.model import Study
from knowledge.trials.search import Search
from knowledge.trials.terms import Terms

MOST_CONDITIONS = 100
"""Conditions that a reader is offered to choose from, the commonest ones; a longer list is not read."""


@dataclass(frozen=True)
class CountryCount:
    """How many `studies` of a list have a place in `country` (None: their record names no country), and how many of
    these are `recruiting`. A count of statuses is as old as they are: `oldest` and `newest` are the recruiting studies
    whose status is dated first and last, `undated` is how many have no date."""

    country: str | None
    studies: int
    recruiting: int
    oldest: Study | None
    newest: Study | None
    undated: int


class Catalogue:
    """Immutable. `conditions` and `countries` are what this copy can be narrowed to, in alphabetical order."""

    def __init__(self, studies: Sequence[Study], terms: Terms) -> None:
        """`studies` in the order in which they are to be listed."""
        self._studies, self._terms = tuple(studies), terms
        self._recruiting = frozenset(place for place, study in enumerate(self._studies) if study.recruiting)
        written: defaultdict[str, set[int]] = defaultdict(set)
        phases: defaultdict[str, set[int]] = defaultdict(set)
        countries: defaultdict[str, set[int]] = defaultdict(set)
        named = {country: terms.country(country) for study in self._studies for country in study.countries}
        self._countries_of: dict[str, tuple[str, ...]] = {}
        for place, study in enumerate(self._studies):
            lands = tuple(dict.fromkeys(named[country] for country in study.countries))
            self._countries_of[study.nct_id] = lands
            for group, names in ((written, study.conditions), (phases, study.phases), (countries, lands)):
                for name in names:
                    group[name].add(place)
        self._written, self._phases, self._countries = dict(written), dict(phases), dict(countries)
        common: Counter[str] = Counter()
        for condition, places in self._written.items():
            common[terms.conditions.first(condition) or condition] += len(places)
        self._conditions = dict.fromkeys(name for name, _ in common.most_common())
        offered = [name for name, _ in common.most_common(MOST_CONDITIONS)]
        self.conditions = tuple(sorted(offered, key=str.casefold))
        self.countries = tuple(sorted(self._countries, key=str.casefold))

    def condition(self, named: str) -> str | None:
        """The name under which `find` knows this condition; None where it says nothing to us."""
        return _alike(named, self._conditions) or self._terms.conditions.first(named)

    def country(self, named: str) -> str | None:
        """The same for a country, or an area such as Europe. A country without a study is known, too."""
        known = _alike(named, self._countries)
        # Before the countries: South America is not America.
        if known is None and self._terms.is_area(named.strip().title()):
            known = named.strip().title()
        return known or self._terms.listed_country(named)

    def find(self, search: Search) -> tuple[Study, ...]:
        """The studies that `TrialShelf.search` finds, for a search that names no city."""
        limits = search.limits
        fitting = set(range(len(self._studies)))
        if limits.condition is not None:
            fitting &= self._of_condition(limits.condition)
        if limits.country is not None:
            fitting &= self._of_country(limits.country)
        for phase in (limits.phase or "").split("/"):
            if phase:
                fitting &= self._phases.get(phase, set())
        if limits.recruiting_only:
            fitting &= self._recruiting
        return tuple(self._studies[place] for place in sorted(fitting))

    def by_country(self, studies: Iterable[Study]) -> tuple[CountryCount, ...]:
        """Counts of `studies`, which are of this copy; countries with the most of them first, None last."""
        groups: defaultdict[str | None, list[Study]] = defaultdict(list)
        for study in studies:
            for country in self._countries_of[study.nct_id] or (None,):
                groups[country].append(study)
        counts = [_count(country, group) for country, group in groups.items()]
        return tuple(sorted(counts, key=lambda row: (row.country is None, -row.studies, row.country or "")))

    def _of_condition(self, name: str) -> set[int]:
        same = (places for written, places in self._written.items() if self._terms.same_condition(name, written))
        return set().union(*same)

    def _of_country(self, name: str) -> set[int]:
        same = (places for country, places in self._countries.items() if self._terms.same_country(name, country))
        return set().union(*same)


def _alike(named: str, known: Iterable[str]) -> str | None:
    return next((name for name in known if name.casefold() == named.casefold()), None)


def _count(country: str | None, group: Sequence[Study]) -> CountryCount:
    recruiting = [study for study in group if study.recruiting]
    dated = sorted(
        (study for study in recruiting if study.status_as_of), key=lambda study: (study.status_as_of, study.nct_id)
    )
    oldest, newest = (dated[0], dated[-1]) if dated else (None, None)
    return CountryCount(country, len(group), len(recruiting), oldest, newest, len(recruiting) - len(dated))
