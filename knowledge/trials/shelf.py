"""The studies at hand: by number, by name, by search."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.trials.model import Study
from knowledge.trials.names import Names
from knowledge.trials.near import near_numbers
from knowledge.trials.search import Search, parse_search
from knowledge.trials.terms import Terms


class TrialShelf:
    """Studies in memory, each number once: of two studies with one number the first is kept."""

    def __init__(self, studies: Iterable[Study], terms: Terms) -> None:
        numbered: dict[str, Study] = {}
        for study in studies:
            numbered.setdefault(study.nct_id, study)
        self._studies = dict(sorted(numbered.items(), key=lambda item: _rank(item[1])))
        self._names = Names(numbered.values())
        self._terms = terms

    @property
    def studies(self) -> tuple[Study, ...]:
        """All studies, in the order of every answer: recruiting first, then the newest status date."""
        return tuple(self._studies.values())

    def by_number(self, nct_id: str) -> Study | None:
        """`nct_id` as `numbers.find_nct` gives it."""
        return self._studies.get(nct_id)

    def near_number(self, written: str) -> tuple[str, ...]:
        """Numbers on the shelf that `written` ("NCT0593872") is one slip away from."""
        return near_numbers(written, self._studies.__contains__)

    def by_name(self, text: str) -> tuple[Study, ...]:
        """Studies that `text` names: KYSA-1 gives one, KYSA or the product KYV-101 all of theirs."""
        return self._in_order(set(self._names.find(text)))

    def read_search(self, text: str) -> Search:
        return parse_search(text, self._terms)

    def search(self, search: Search) -> tuple[Study, ...]:
        """Studies that fit every limit. One whose record is silent on a limited field does not fit."""
        limits = search.limits
        return tuple(
            study for study in self.studies if self._fits_apart_from_places(study, limits) and self._lies(study, limits)
        )

    def unplaced(self, search: Search) -> tuple[Study, ...]:
        """Where `search` names a place: studies that fit otherwise and for which our copy lists no country at all."""
        limits = search.limits
        if limits.country is None and limits.city is None:
            return ()
        return tuple(
            study
            for study in self.studies
            if not study.countries and not self._lies(study, limits) and self._fits_apart_from_places(study, limits)
        )

    def _in_order(self, numbers: set[str]) -> tuple[Study, ...]:
        return tuple(study for study in self.studies if study.nct_id in numbers)

    def _fits_apart_from_places(self, study: Study, limits: Search) -> bool:
        return (
            (not limits.recruiting_only or study.recruiting)
            and (limits.phase is None or set(limits.phase.split("/")).issubset(study.phases))
            and (
                limits.condition is None
                or any(self._terms.same_condition(limits.condition, condition) for condition in study.conditions)
            )
        )

    def _lies(self, study: Study, limits: Search) -> bool:
        if limits.country is None and limits.city is None:
            return True
        return any(
            (
                limits.country is None
                or (site.country is not None and self._terms.same_country(limits.country, site.country))
            )
            and (limits.city is None or limits.city.casefold() in _place_names(site.city, site.state))
            for site in study.sites
        )


def _rank(study: Study) -> tuple[bool, int, str]:
    newest = study.status_as_of.toordinal() if study.status_as_of else 0
    return (not study.recruiting, -newest, study.nct_id)


def _place_names(*names: str | None) -> set[str]:
    return {name.casefold() for name in names if name}
