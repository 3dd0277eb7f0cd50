"""Lists of studies are narrowed to what there is, and their counts are as old as they say."""

from __future__ import annotations

import datetime as dt

import pytest

from knowledge.trials.answers import TrialAnswers
from knowledge.trials.catalogue import Catalogue
from knowledge.trials.model import RegistryCopy, Site, Study
from knowledge.trials.search import Search
from knowledge.trials.terms import read_terms
from tests.trials_registry import records, registry_copy


@pytest.fixture(scope="module")
def answers(snapshot: RegistryCopy) -> TrialAnswers:
    made_up = registry_copy(records(150)).studies
    return TrialAnswers(RegistryCopy((*snapshot.studies, *made_up), snapshot.made, 1), {})


@pytest.mark.parametrize(
    ("named", "condition"),
    [
        ("lupus nephritis", "lupus nephritis"),
        ("LUPUS", "lupus"),
        ("sle", "lupus"),
        ("psoriasis", "psoriasis"),
        ("the common cold", None),
        ("", None),
    ],
)
def test_a_condition_is_known_by_the_names_people_use(answers: TrialAnswers, named: str, condition: str | None) -> None:
    assert answers.catalogue.condition(named) == condition


@pytest.mark.parametrize(
    ("named", "country"),
    [
        ("germany", "Germany"),
        ("Deutschland", "Germany"),
        ("UK", "United Kingdom"),
        ("europe", "Europe"),
        ("South America", "South America"),
        ("Albania", "Albania"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_its_names_also_without_a_study(
    answers: TrialAnswers, named: str, country: str | None
) -> None:
    assert answers.catalogue.country(named) == country


def test_only_what_the_studies_have_is_offered(answers: TrialAnswers) -> None:
    catalogue = answers.catalogue
    assert "Germany" in catalogue.countries
    assert "Albania" not in catalogue.countries
    assert {"lupus", "lupus nephritis"} <= set(catalogue.conditions)
    assert "psoriasis" not in catalogue.conditions
    for condition in catalogue.conditions:
        assert answers.shelf.search(Search(condition=condition)), condition
    for country in catalogue.countries:
        assert answers.shelf.search(Search(country=country)), country


def test_counts_of_countries_say_how_old_they_are() -> None:
    def study(number: int, status: str | None, day: dt.date | None, *countries: str) -> Study:
        sites = tuple(Site(city=f"City {place}", country=country) for place, country in enumerate(countries))
        return Study(f"NCT{number:08}", status=status, status_as_of=day, sites=sites)

    old, new = dt.date(2025, 1, 2), dt.date(2026, 3, 4)
    studies = (
        study(1, "RECRUITING", new, "Spain", "Spain", "Italy"),
        study(2, "RECRUITING", old, "Spain"),
        study(3, "RECRUITING", None, "Spain"),
        study(4, "COMPLETED", dt.date(2020, 1, 1), "Spain"),
        study(5, None, None),
    )
    spain, italy, nowhere = Catalogue(studies, read_terms()).by_country(studies)
    assert (spain.country, spain.studies, spain.recruiting, spain.undated) == ("Spain", 4, 3, 1)
    assert (spain.oldest, spain.newest) == (studies[1], studies[0])
    assert (italy.country, italy.studies, italy.oldest, italy.newest) == ("Italy", 1, studies[0], studies[0])
    assert (nowhere.country, nowhere.studies, nowhere.recruiting, nowhere.oldest) == (None, 1, 0, None)


def test_countries_are_counted_under_one_name() -> None:
    studies = tuple(
        Study(f"NCT0000000{number}", sites=(Site(country=country),))
        for number, country in enumerate(("Korea, Republic of", "South Korea"))
    )
    catalogue = Catalogue(studies, read_terms())
    assert [(row.country, row.studies) for row in catalogue.by_country(studies)] == [("South Korea", 2)]
