"""Hospitals as people name them, and as places of a search."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.trials.hospitals import Hospitals, names_of
from knowledge.trials.model import Site, Study
from knowledge.trials.search import Search, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import read_terms
from tests.knowledge.trials.samples import LUPUS_EUROPE, NEPHRITIS_GERMANY, STUDIES

US, UK = "United States", "United Kingdom"


def at(facility: str, city: str, country: str) -> Site:
    return Site(facility, city, None, country)


SITES = (
    at("Larchmont and Women's Hospital", "Boston", US),
    at("University of Oldmarsh Medical Center", "Oldmarsh", US),
    at("Hôpital Saint-Denis", "Paris", "France"),
    at("Quillan Clinic", "Phoenix", US),
    at("Quillan Clinic Northside", "Tampa", US),
    at("Royal Free Hospital", "London", UK),
    at("Clinical Research Site 14", "Dallas", US),
    at("University Hospital", "Austin", US),
)


@pytest.fixture(scope="module")
def hospitals() -> TrialShelf:
    studies = [Study(f"NCT9900000{place}", sites=(site,)) for place, site in enumerate(SITES)]
    return TrialShelf(studies, read_terms(studies=studies))


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("what about the larchmont", "Larchmont and Women's Hospital"),
        ("trials at Larchmont and Womens", "Larchmont and Women's Hospital"),
        ("anything for men at Larchmont and Women's", "Larchmont and Women's Hospital"),
        ("lupus at uoldmarsh", "University of Oldmarsh Medical Center"),
        ("UOMC?", "University of Oldmarsh Medical Center"),
        ("saint denis hospital", "Hôpital Saint-Denis"),
        ("the royal free", "Royal Free Hospital"),
        # a name that several bear is the name they share
        ("anything at quillan", "Quillan"),
        ("quillan clinic northside please", "Quillan Clinic Northside"),
    ],
)
def test_a_hospital_is_a_place_of_the_search(hospitals: TrialShelf, text: str, city: str) -> None:
    search = hospitals.read_search(text)
    assert search.city == city
    assert hospitals.search(replace(search, condition=None))


@pytest.mark.parametrize(
    "text",
    ["is it free", "a clinical research site", "the university hospital", "my clinic", "she wants to go home at night"],
)
def test_words_of_any_message_name_no_hospital(hospitals: TrialShelf, text: str) -> None:
    assert hospitals.read_search(text).city is None


def test_a_shared_name_finds_all_that_bear_it(hospitals: TrialShelf) -> None:
    assert len(hospitals.search(hospitals.read_search("trials at quillan"))) == 2


def test_a_city_inside_the_name_of_a_hospital_is_not_meant(hospitals: TrialShelf) -> None:
    search = hospitals.read_search("university of oldmarsh medical center")
    assert (search.city, search.country) == ("University of Oldmarsh Medical Center", US)


def test_a_hospital_takes_the_place_of_the_city_before_it() -> None:
    shelf = TrialShelf(STUDIES, read_terms(studies=STUDIES))
    before = Search("lupus", "France", "Paris", True)
    search = merge(before, shelf.read_search("the charite in berlin"))
    assert search.condition == "lupus"
    assert shelf.search(search) == (LUPUS_EUROPE,)


def test_a_hospital_without_a_study_that_fits_is_known_by_where_it_is() -> None:
    shelf = TrialShelf(STUDIES, read_terms(studies=STUDIES))
    search = replace(shelf.read_search("lupus nephritis at hammersmith hospital"), near=True)
    assert shelf.is_located(search)
    # Hammersmith lies nearer to Paris, where both studies of the kidneys take place, than to any other place of theirs.
    assert shelf.nearest(NEPHRITIS_GERMANY, search).site.city == "Paris"  # type: ignore[union-attr]


def test_a_name_that_too_many_bear_names_none() -> None:
    many = [(f"Tamarind Hospital {word}", US) for word in ("Alpha", "Beta", "Gamma", "Delta", "Kappa", "Sigma")]
    assert Hospitals(many, lambda name: False).places.get("tamarind") is None
    assert Hospitals(many[:2], lambda name: False).places.get("tamarind") is not None


def test_what_is_taken_is_no_short_name() -> None:
    assert "oldmarsh" not in set(names_of("Oldmarsh Hospital", lambda name: name == "oldmarsh"))
    assert "oldmarsh" in set(names_of("Oldmarsh Hospital", lambda name: False))


def test_whom_a_hospital_is_named_after_is_no_limit(hospitals: TrialShelf) -> None:
    search = hospitals.read_search("larchmont and women's hospital")
    assert (search.sex, search.ages) == (None, None)
    assert hospitals.read_search("the larchmont, women only").sex == "FEMALE"
