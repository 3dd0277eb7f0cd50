"""The studies at hand: by number, by name, by search, by distance.

All that a search compares is laid out once per copy, as arrays over the studies in the order of every answer.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge.trials.ages import years
from knowledge.trials.model import Site, Study
from knowledge.trials.names import Names
from knowledge.trials.numbers import one_slip_away
from knowledge.trials.reading import SearchReader, Understood
from knowledge.trials.search import NEAR_KM, OLDEST, Search, age_range
from knowledge.trials.terms import Place, Terms

EARTH_KM = 6371.0
"""Mean radius of the earth; distances are those on a sphere of this size."""

CLOSED = ("COMPLETED", "TERMINATED", "WITHDRAWN", "SUSPENDED", "ACTIVE_NOT_RECRUITING")
"""Statuses of a place that takes nobody."""

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True)
class Near:
    """The place of a study that is nearest to where the person asked for, and how far it is."""

    site: Site
    km: float


READ_LAST = 16
"""Messages whose reading is remembered: understanding, entities and dialogue each ask for that of the same message."""


class TrialShelf:
    """Studies in memory, each number once: of two studies with one number the first is kept."""

    def __init__(self, studies: Iterable[Study], terms: Terms) -> None:
        numbered: dict[str, Study] = {}
        for study in studies:
            numbered.setdefault(study.nct_id, study)
        self._studies = dict(sorted(numbered.items(), key=lambda item: _rank(item[1])))
        self._rows = tuple(self._studies.values())
        self._names = Names(numbered.values())
        self._terms = terms
        self._layout = _Layout(self._rows, terms)
        self._reader = SearchReader(terms, self._layout.has_sites, self._names.spans)
        self._read = functools.lru_cache(maxsize=READ_LAST)(self._reader.read)

    @property
    def studies(self) -> tuple[Study, ...]:
        """All studies, in the order of every answer: recruiting first, then the newest status date."""
        return self._rows

    def by_number(self, nct_id: str) -> Study | None:
        """`nct_id` as `numbers.find_nct` gives it."""
        return self._studies.get(nct_id)

    def near_number(self, written: str) -> tuple[str, ...]:
        """Numbers on the shelf that `written` ("NCT0593872") is one slip away from: a digit that is wrong, missing or
        doubled, or two that changed places."""
        return one_slip_away(written, self._studies)

    def name_in(self, text: str) -> str | None:
        """The first name of a study, product or sponsor in `text`, as a record writes it."""
        return self._names.named(text)

    def by_name(self, text: str, *, of_studies: bool = False) -> tuple[Study, ...]:
        """Studies that `text` names: KYSA-1 gives one, KYSA or the product KYV-101 all of theirs. `of_studies`: it is
        known to be about studies although no word in it says so."""
        return self._in_order(set(self._names.find(text, of_studies=of_studies)))

    def like_name(self, text: str) -> tuple[tuple[str, str], tuple[Study, ...]] | None:
        """A misspelt name in `text`, as (written, meant), and its studies; None where there is none."""
        found = self._names.like(text)
        return ((found.written, found.name), self._in_order(set(found.numbers))) if found else None

    def understand(self, text: str, country: str | None = None) -> Understood:
        """What `text` says about a search. `country`: where the person is; it decides between places of one name."""
        return self._read(text, country)

    def mended(self, text: str) -> str:
        """The words of a message in lower case, with slips mended."""
        return self._reader.mended(text)

    def read_search(self, text: str) -> Search:
        return self.understand(text).search

    def country_of_code(self, code: str | None) -> str | None:
        """The country with an ISO 3166 code, as the registry writes it."""
        return self._terms.country_of_code(code)

    def lies_in(self, site: Site, country: str | None) -> bool:
        """Whether a place of a study is in this country or area."""
        return bool(country and site.country and self._terms.same_country(country, site.country))

    def is_in_city(self, site: Site, city: str) -> bool:
        """Whether a place of a study is in this city or region."""
        return city in self._layout.names_of(site)

    def is_city_without(self, search: Search) -> bool:
        """Whether a search is for a city in the very region that is not wanted."""
        limits = search.limits
        if not limits.city or not limits.without or not self._terms.is_region(Place(limits.country, limits.without)):
            return False
        sites = [site for study in self._rows for site in study.sites if self.is_in_city(site, limits.city)]
        return bool(sites) and all(self.is_in_city(site, limits.without) for site in sites)

    def search(self, search: Search, home: str | None = None) -> tuple[Study, ...]:
        """Studies that fit every limit; one whose record is silent on a limited field does not fit. Nearest first where
        the search is for what is near; otherwise those with a place in the country `home` before equals."""
        limits = search.limits
        rows = np.flatnonzero(self._apart_from_places(search) & self._placed(search))
        km = (
            self._layout.nearest_km(self._point(limits), open_only=bool(limits.recruiting_only))
            if limits.near
            else None
        )
        if km is not None:
            rows = rows[km[rows] <= limits.within_km] if limits.within_km else rows
            rows = rows[np.argsort(km[rows], kind="stable")]
            return tuple(self._rows[row] for row in rows)
        if home and not search.has_place:
            here = self._layout.in_country(home)
            recruiting = self._layout.recruiting
            rows = rows[np.lexsort((rows, ~here[rows], ~recruiting[rows]))]
        if limits.recruiting_only and search.has_place:
            closed = [not self._takes_people_there(self._rows[row], limits) for row in rows]
            rows = rows[np.argsort(closed, kind="stable")]
        return tuple(self._rows[row] for row in rows)

    def within(self, search: Search) -> int | None:
        """How many of the studies that fit are near; None where the search is not for what is near, or our copy does
        not know where that is."""
        limits = search.limits
        km = (
            self._layout.nearest_km(self._point(limits), open_only=bool(limits.recruiting_only))
            if limits.near
            else None
        )
        if km is None:
            return None
        most = limits.within_km or NEAR_KM
        return int(np.count_nonzero((km <= most) & self._apart_from_places(search)))

    def nearest(self, study: Study, search: Search) -> Near | None:
        """The place of a study that is nearest to what the search is near to; None where no distance is known."""
        point = self._point(search.limits) if search.limits.near else None
        return self._layout.nearest(study, point, bool(search.limits.recruiting_only)) if point else None

    def distances(self, study: Study, search: Search) -> dict[Site, float]:
        """Kilometres to each place of a study from what the search is near to; empty where that is not known."""
        point = self._point(search.limits)
        return self._layout.distances(study, point) if point else {}

    def is_located(self, search: Search) -> bool:
        """Whether our copy knows where the city or region of a search is."""
        return self._point(search.limits) is not None

    def unplaced(self, search: Search) -> tuple[Study, ...]:
        """Where `search` names a place: studies that fit otherwise and for which our copy lists no country at all."""
        if not search.has_place:
            return ()
        rows = np.flatnonzero(self._apart_from_places(search) & ~self._layout.placed)
        return tuple(self._rows[row] for row in rows)

    def ageless(self, search: Search) -> tuple[Study, ...]:
        """Where `search` names ages: studies that fit otherwise and whose record in our copy names none."""
        if search.limits.ages is None:
            return ()
        fits = self._apart_from_places(search, ages=False) & self._placed(search) & ~self._layout.aged
        return tuple(self._rows[row] for row in np.flatnonzero(fits))

    def _in_order(self, numbers: set[str]) -> tuple[Study, ...]:
        return tuple(self._studies[number] for number in self._studies if number in numbers) if numbers else ()

    def _apart_from_places(self, search: Search, *, ages: bool = True) -> np.ndarray:
        limits, layout = search.limits, self._layout
        fits = np.ones(len(self._rows), dtype=bool)
        if limits.recruiting_only:
            fits &= layout.recruiting
        if limits.status:
            fits &= layout.status(limits.status)
        if limits.phase:
            fits &= _any(layout.phase(phase) for phase in search.values("phase"))
        if limits.condition:
            fits &= _any(layout.condition(condition) for condition in search.values("condition"))
        if limits.ages and ages:
            youngest, oldest = age_range(limits.ages)
            fits &= layout.aged & (layout.youngest < oldest + 1) & (layout.oldest >= youngest)
        if limits.sex:
            fits &= ~layout.sex("MALE" if limits.sex == "FEMALE" else "FEMALE")
        if limits.name:
            named = set(self._names.find(limits.name, certain=True))
            fits &= np.array([study.nct_id in named for study in self._rows], dtype=bool)
        return fits

    def _placed(self, search: Search) -> np.ndarray:
        limits, layout = search.limits, self._layout
        fits = np.ones(layout.count, dtype=bool)
        if limits.outside:
            fits &= layout.outside(limits.outside)
        if limits.without:
            elsewhere = (self._is_elsewhere(study, limits) for study in self._rows)
            fits &= np.fromiter(elsewhere, dtype=bool, count=layout.count)
        if not search.has_place or (limits.near and self._point(limits) is not None):
            return fits
        first = layout.in_city(limits.city, limits.country) if limits.city else layout.in_country(limits.country or "")
        others = [layout.in_city(name, None) for name in search.values("city")[1:]]
        others += [layout.in_country(value) for field, value in search.alternatives if field == "country"]
        return fits & _any((first, *others))

    def _is_elsewhere(self, study: Study, limits: Search) -> bool:
        """Whether a study has a place where it is asked for other than the city or region that is not wanted."""
        return any(
            not self.is_in_city(site, limits.without or "")
            and (not limits.country or self.lies_in(site, limits.country))
            and (not limits.city or self.is_in_city(site, limits.city))
            for site in study.sites
        )

    def _takes_people_there(self, study: Study, limits: Search) -> bool:
        """Whether a study has a place where it is asked for that is not known to be closed."""
        return any(
            site.status not in CLOSED
            and (not limits.country or self.lies_in(site, limits.country))
            and (not limits.city or self.is_in_city(site, limits.city))
            for site in study.sites
        )

    def _point(self, limits: Search) -> Point | None:
        return self._layout.point(limits.city, limits.country) if limits.city else None


class _Layout:
    """The studies in their order as arrays: one row each, and one row for each of their places with coordinates."""

    def __init__(self, studies: tuple[Study, ...], terms: Terms) -> None:
        self._terms, self.count = terms, len(studies)
        self.recruiting = np.array([study.recruiting for study in studies], dtype=bool)
        self.placed = np.array([bool(study.countries) for study in studies], dtype=bool)
        limits = [(years(study.min_age), years(study.max_age)) for study in studies]
        self.youngest = np.array([low or 0.0 for low, _ in limits])
        self.oldest = np.array([OLDEST if high is None else high for _, high in limits], dtype=float)
        self.aged = np.array([low is not None or high is not None for low, high in limits], dtype=bool)
        self._statuses = _by_value((study.status,) for study in studies)
        self._sexes = _by_value((study.sex,) for study in studies)
        self._phases = _by_value(study.phases for study in studies)
        spoken = {name: terms.conditions_of(name) for study in studies for name in study.conditions}
        self._conditions = _by_value(set().union(*(spoken[name] for name in study.conditions)) for study in studies)
        written = dict.fromkeys(site.country for study in studies for site in study.sites if site.country)
        self._country = {name: terms.country(name) for name in written}
        self._countries = _by_value(
            {self._country[site.country] for site in study.sites if site.country} for study in studies
        )
        self._site_names: dict[Site, frozenset[str]] = {}
        rows = _by_value(
            {(name.casefold(), self._in(site)) for site in study.sites for name in self.names_of(site)}
            for study in studies
        )
        self._cities: dict[str, dict[str | None, np.ndarray]] = defaultdict(dict)
        for (name, where), at in rows.items():
            self._cities[name][where] = at
        located = [
            (row, site) for row, study in enumerate(studies) for site in study.sites if site.latitude is not None
        ]
        self._row = np.array([row for row, _ in located], dtype=np.int64)
        self._begins = np.flatnonzero(np.diff(self._row, prepend=-1)) if located else np.zeros(0, dtype=np.int64)
        self._sites = tuple(site for _, site in located)
        self._open = np.array([site.status not in CLOSED for site in self._sites], dtype=bool)
        degrees = np.array([(site.latitude, site.longitude) for site in self._sites], dtype=float).reshape(-1, 2)
        self._latitude, self._longitude = np.radians(degrees.T)
        self._cosine = np.cos(self._latitude)
        self._points = self._centres()
        self._hospital_points = {
            name.casefold(): (site.latitude or 0.0, site.longitude or 0.0)
            for site in reversed(self._sites)
            for name in self._terms.hospitals.names(site.facility, self._in(site))
        }
        self._numbers = {study.nct_id: row for row, study in enumerate(studies)}

    def names_of(self, site: Site) -> frozenset[str]:
        """The city, the region and the hospital of a place, by the names we use."""
        names = self._site_names.get(site)
        if names is None:
            hospital = self._terms.hospitals.names(site.facility, self._in(site))
            names = self._site_names[site] = frozenset((*self._towns_of(site), *hospital))
        return names

    def _towns_of(self, site: Site) -> tuple[str, ...]:
        country = self._in(site)
        return tuple(self._terms.city(name, country) for name in (site.city, site.state) if name)

    def has_sites(self, place: Place) -> bool:
        if place.city is None:
            return bool(self.in_country(place.country or "").any())
        return bool(self.in_city(place.city, place.country).any())

    def status(self, wanted: str) -> np.ndarray:
        return self._mask(self._statuses.get(wanted))

    def sex(self, wanted: str) -> np.ndarray:
        return self._mask(self._sexes.get(wanted))

    def condition(self, wanted: str) -> np.ndarray:
        """Studies of which a condition is `wanted` or a form of it."""
        return self._mask(self._conditions.get(wanted))

    def phase(self, wanted: str) -> np.ndarray:
        """Studies of this phase; of both, where two are joined by "/"."""
        return np.logical_and.reduce([self._mask(self._phases.get(phase)) for phase in wanted.split("/")])

    def in_country(self, wanted: str) -> np.ndarray:
        return self._mask(*(self._countries.get(name) for name in self._terms.countries_in(wanted)))

    def outside(self, unwanted: str) -> np.ndarray:
        """Studies with a place in another country than `unwanted`."""
        left_out = self._terms.countries_in(unwanted)
        return self._mask(*(rows for name, rows in self._countries.items() if name not in left_out))

    def in_city(self, city: str, country: str | None) -> np.ndarray:
        countries = self._terms.countries_in(country) if country else None
        named = self._cities.get(city.casefold(), {})
        return self._mask(
            *(rows for where, rows in named.items() if countries is None or where is None or where in countries)
        )

    def _mask(self, *rows: np.ndarray | None) -> np.ndarray:
        mask = np.zeros(self.count, dtype=bool)
        for found in rows:
            if found is not None:
                mask[found] = True
        return mask

    def point(self, city: str, country: str | None) -> Point | None:
        """Where a city or region is: the middle of the places that studies have in it."""
        known = self._points.get((city.casefold(), country))
        if known is None and country is None:
            known = next((point for (name, _), point in self._points.items() if name == city.casefold()), None)
        return known or self._hospital_points.get(city.casefold())

    def nearest_km(self, point: Point | None, open_only: bool) -> np.ndarray | None:
        """Kilometres from `point` to the nearest place of each study; infinite where no place has coordinates."""
        if point is None:
            return None
        km = self._km(point)
        if open_only:
            km = np.where(self._open, km, np.inf)
        nearest = np.full(self.count, np.inf)
        nearest[self._row[self._begins]] = np.minimum.reduceat(km, self._begins)
        return nearest

    def nearest(self, study: Study, point: Point, open_only: bool) -> Near | None:
        of_study = np.flatnonzero(self._row == self._numbers[study.nct_id])
        if open_only:
            of_study = of_study[self._open[of_study]]
        if not len(of_study):
            return None
        km = self._km(point, of_study)
        closest = int(km.argmin())
        return Near(self._sites[of_study[closest]], float(km[closest]))

    def distances(self, study: Study, point: Point) -> dict[Site, float]:
        of_study = np.flatnonzero(self._row == self._numbers[study.nct_id])
        km = self._km(point, of_study)
        return {self._sites[place]: float(far) for place, far in zip(of_study, km)}

    def _km(self, point: Point, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Great-circle distances by the haversine formula, which is exact for near points, too."""
        latitude, longitude = np.radians(point)
        half = (
            np.sin((self._latitude[rows] - latitude) / 2) ** 2
            + np.cos(latitude) * self._cosine[rows] * np.sin((self._longitude[rows] - longitude) / 2) ** 2
        )
        return 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))

    def _centres(self) -> dict[tuple[str, str | None], Point]:
        """The middle of the places of each city and region; a mean of vectors, as longitudes jump at 180 degrees."""
        members: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for at, site in enumerate(self._sites):
            for name in self._towns_of(site):
                members[name.casefold(), self._in(site)].append(at)
        flat = self._cosine * np.cos(self._longitude), self._cosine * np.sin(self._longitude), np.sin(self._latitude)
        vectors = np.stack(flat, axis=1)
        centres = {}
        for key, places in members.items():
            x, y, z = vectors[places].mean(axis=0)
            centres[key] = (float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x))))
        return centres

    def _in(self, site: Site) -> str | None:
        return self._country[site.country] if site.country else None


def _by_value(rows: Iterable[Iterable[Any]]) -> dict[Any, np.ndarray]:
    """Value -> the rows that have it."""
    places: dict[Any, list[int]] = defaultdict(list)
    for row, values in enumerate(rows):
        for value in values:
            places[value].append(row)
    return {value: np.array(at, dtype=np.int64) for value, at in places.items()}


def _any(masks: Iterable[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(list(masks))


def _rank(study: Study) -> tuple[bool, int, str]:
    newest = study.status_as_of.toordinal() if study.status_as_of else 0
    return (not study.recruiting, -newest, study.nct_id)
