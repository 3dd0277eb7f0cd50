"""Searches over the samples, and distances against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from knowledge.trials.model import Site, Study
from knowledge.trials.search import Search
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import read_terms
from tests.knowledge.trials.samples import (
    LUPUS_CHILDREN_UK,
    LUPUS_EUROPE,
    LUPUS_SPAIN,
    LUPUS_UNPLACED,
    MYOSITIS_STOPPED,
    NEPHRITIS_GERMANY,
    SCLERODERMA_USA,
    STUDIES,
)


@pytest.fixture(scope="module")
def places() -> TrialShelf:
    return TrialShelf(STUDIES, read_terms(studies=STUDIES))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(ages="0-17"), [LUPUS_CHILDREN_UK, LUPUS_EUROPE]),
        (Search(ages="70-70"), [NEPHRITIS_GERMANY, LUPUS_EUROPE, LUPUS_SPAIN]),
        (Search(ages="66-66", condition="systemic sclerosis"), []),
        (Search(sex="MALE", country="United Kingdom"), [LUPUS_EUROPE]),
        (Search(status="TERMINATED"), [MYOSITIS_STOPPED]),
        (Search(name="BRIGHTCELL"), [LUPUS_SPAIN]),
        (Search(name="Made-up Therapeutics", country="Germany"), [NEPHRITIS_GERMANY]),
        (Search(outside="Europe"), [SCLERODERMA_USA]),
        (Search(phase="PHASE2", alternatives=(("phase", "PHASE3"),), country="United States"), [SCLERODERMA_USA]),
        (
            Search(country="Spain", alternatives=(("country", "United States"),)),
            [LUPUS_EUROPE, LUPUS_SPAIN, SCLERODERMA_USA],
        ),
        (Search(city="Leipzig", country="Germany", near=True, within_km=200), [NEPHRITIS_GERMANY, LUPUS_EUROPE]),
    ],
)
def test_a_search_finds_what_fits_every_limit(places: TrialShelf, search: Search, found: list[Study]) -> None:
    assert list(places.search(search)) == found


def test_studies_without_places_or_ages_are_told_apart(places: TrialShelf) -> None:
    assert places.unplaced(Search(condition="lupus", country="Spain")) == (LUPUS_UNPLACED,)
    assert set(places.ageless(Search(ages="0-17"))) == {LUPUS_UNPLACED, MYOSITIS_STOPPED}
    assert places.ageless(Search()) == ()


def test_where_nothing_is_asked_the_country_of_the_person_comes_first(places: TrialShelf) -> None:
    assert places.search(Search(condition="lupus"), "Spain")[0] == LUPUS_EUROPE
    assert places.search(Search(condition="lupus"))[0] == NEPHRITIS_GERMANY


def test_a_study_that_takes_nobody_where_it_is_looked_for_comes_last(places: TrialShelf) -> None:
    closed = Site("A", "Oslo", None, "Norway", "COMPLETED"), Site("B", "Graz", None, "Austria", "RECRUITING")
    first = Study("NCT90000001", status="RECRUITING", status_as_of=NEPHRITIS_GERMANY.status_as_of, sites=closed)
    second = Study("NCT90000002", status="RECRUITING", sites=(Site("C", "Oslo", None, "Norway", "RECRUITING"),))
    shelf = TrialShelf((first, second), read_terms())
    assert shelf.search(Search(country="Norway")) == (first, second)
    assert shelf.search(Search(country="Norway", recruiting_only=True)) == (second, first)


@pytest.mark.parametrize(
    ("start", "end", "km"),
    [
        # A quarter of a great circle of a sphere of 6371 km, and half of it.
        ((0.0, 0.0), (0.0, 90.0), math.pi / 2 * 6371),
        ((90.0, 0.0), (-90.0, 0.0), math.pi * 6371),
        # Across the date line, one degree of the equator.
        ((0.0, 179.5), (0.0, -179.5), math.pi / 180 * 6371),
        ((51.5, 0.0), (51.5, 0.0), 0.0),
    ],
)
def test_distances_are_great_circles(start: tuple[float, float], end: tuple[float, float], km: float) -> None:
    here = Study("NCT90000001", sites=(Site("A", "Here", None, "Fiji", None, *start),))
    there = Study("NCT90000002", sites=(Site("B", "There", None, "Fiji", None, *end),))
    shelf = TrialShelf((here, there), read_terms(studies=(here, there)))
    near = shelf.nearest(there, Search(city="Here", country="Fiji", near=True))
    assert near is not None
    assert near.km == pytest.approx(km, abs=1e-6)


def test_nearest_first_agrees_with_every_distance(places: TrialShelf) -> None:
    search = Search(city="Leipzig", country="Germany", near=True)
    found = places.search(search)
    km = [near.km if (near := places.nearest(study, search)) else np.inf for study in found]
    assert km == sorted(km)
    assert len(found) == len(STUDIES)


def test_the_middle_of_a_region_over_the_date_line_lies_on_it() -> None:
    sites = tuple(Site(None, "Taveuni", None, "Fiji", None, -17.0, degrees) for degrees in (179.0, -179.0))
    shelf = TrialShelf((Study("NCT90000001", sites=sites),), read_terms())
    km = shelf.distances(Study("NCT90000001", sites=sites), Search(city="Taveuni", country="Fiji"))
    assert max(km.values()) < 110


def test_a_city_without_coordinates_has_no_distances(places: TrialShelf) -> None:
    assert not places.is_located(Search(city="Glasgow", country="United Kingdom"))
    assert places.within(Search(city="Glasgow", country="United Kingdom", near=True)) is None
