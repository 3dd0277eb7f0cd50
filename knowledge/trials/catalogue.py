"""What lists of studies can be narrowed to, and how many studies there are in each country."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.trials.model import Study
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
    """What lists of the studies of one copy can be narrowed to, and their counts. Immutable.

    `conditions` and `countries` are those that the studies have, in alphabetical order.
    """

    def __init__(self, studies: Iterable[Study], terms: Terms) -> None:
        self._terms = terms
        conditions: Counter[str] = Counter()
        spoken: dict[str, str] = {}
        known_as: dict[str, str] = {}
        self._lands: dict[str, tuple[str, ...]] = {}
        for study in studies:
            for written in study.conditions:
                if written not in spoken:
                    spoken[written] = terms.conditions.first(written) or written
                conditions[spoken[written]] += 1
            for written in study.countries:
                if written not in known_as:
                    known_as[written] = terms.country(written)
            # A country may stand under two of its names in one record.
            self._lands[study.nct_id] = tuple(dict.fromkeys(known_as[written] for written in study.countries))
        self._conditions = {name.casefold(): name for name in conditions}
        self._countries = {name.casefold(): name for name in known_as.values()}
        offered = (name for name, _ in conditions.most_common(MOST_CONDITIONS))
        self.conditions = tuple(sorted(offered, key=str.casefold))
        self.countries = tuple(sorted(self._countries.values(), key=str.casefold))

    def condition(self, named: str) -> str | None:
        """The name under which a search knows this condition; None where it says nothing to us."""
        return self._conditions.get(named.casefold()) or self._terms.conditions.first(named)

    def country(self, named: str) -> str | None:
        """The same for a country, or an area such as Europe. A country without a study is known, too."""
        known = self._countries.get(named.casefold())
        # Before the countries: South America is not America.
        if known is None and self._terms.is_area(named.strip().title()):
            known = named.strip().title()
        return known or self._terms.listed_country(named)

    def by_country(self, studies: Iterable[Study]) -> tuple[CountryCount, ...]:
        """Counts of `studies`, which are of this copy; countries with the most of them first, None last."""
        groups: defaultdict[str | None, list[Study]] = defaultdict(list)
        for study in studies:
            for country in self._lands[study.nct_id] or (None,):
                groups[country].append(study)
        counts = (_count(country, group) for country, group in groups.items())
        return tuple(sorted(counts, key=lambda row: (row.country is None, -row.studies, row.country or "")))


def _count(country: str | None, group: Sequence[Study]) -> CountryCount:
    recruiting = [study for study in group if study.recruiting]
    dated = [(study.status_as_of, study.nct_id, study) for study in recruiting if study.status_as_of]
    oldest, newest = (min(dated)[2], max(dated)[2]) if dated else (None, None)
    return CountryCount(country, len(group), len(recruiting), oldest, newest, len(recruiting) - len(dated))
