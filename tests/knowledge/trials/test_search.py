from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.errors import ContentError
from knowledge.trials.model import Site, Study
from knowledge.trials.search import ANY, Search, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import FILE, read_terms

US = "United States"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lupus trials", Search(condition="lupus")),
        ("SLE studies", Search(condition="lupus")),
        ("trials for lupus nephritis", Search(condition="lupus nephritis")),
        ("scleroderma", Search(condition="systemic sclerosis")),
        ("myositis", Search(condition="myositis")),
        ("Sj\u00f6gren\u2019s trials", Search(condition="Sjogren's syndrome")),
        ("multiple sclerosis trials", Search(condition="multiple sclerosis")),
        ("not lupus, scleroderma", Search(condition="systemic sclerosis")),
        ("trials in the US", Search(country=US)),
        ("any trial in us?", Search(country=US, city=None)),
        ("u.s.a.", Search(country=US)),
        ("trials in America", Search(country=US)),
        ("an american study", Search(country=US)),
        ("uk", Search(country="United Kingdom")),
        ("Deutschland", Search(country="Germany")),
        ("german trials", Search(country="Germany")),
        ("Espa\u00f1a", Search(country="Spain")),
        ("french hospitals", Search(country="France")),
        ("studies in Canada", Search(country="Canada")),
        ("italian sites", Search(country="Italy")),
        ("china", Search(country="China")),
        ("trials in Europe", Search(country="Europe")),
        ("trials in Palo Alto", Search(country=US, city="Palo Alto")),
        ("trials in ohio", Search(country=US, city="Ohio")),
        ("trials in M\u00fcnchen", Search(country="Germany", city="Munich")),
        ("which are recruiting", Search(recruiting_only=True)),
        ("trials open now", Search(recruiting_only=True)),
        ("phase 2", Search(phase="PHASE2")),
        ("Phase III trials", Search(phase="PHASE3")),
        ("phase I/II", Search(phase="PHASE1/PHASE2")),
        ("phase 1b/2a", Search(phase="PHASE1/PHASE2")),
        ("early phase one", Search(phase="EARLY_PHASE1")),
        (
            "open phase 1 lupus studies in Germany",
            Search("lupus", "Germany", recruiting_only=True, phase="PHASE1"),
        ),
        ("sorry, not Spain, I meant Italy", Search(country="Italy")),
        ("Germany, sorry, Spain", Search(country="Spain")),
        ("any country", Search(country=ANY, city=ANY)),
        ("anywhere", Search(country=ANY, city=ANY)),
        ("any phase", Search(phase=ANY)),
        ("any disease", Search(condition=ANY)),
        ("any status", Search(recruiting_only=False)),
    ],
)
def test_a_message_is_read(shelf: TrialShelf, text: str, expected: Search) -> None:
    assert shelf.read_search(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "can you help us",
        "US AND THEM ARE TIRED",
        "in spanish please",
        "is it an open label study",
        "what does active, not recruiting mean",
        "trials near me",
        "",
        "\x00 <b> 12",
    ],
)
def test_words_that_only_look_like_limits_limit_nothing(shelf: TrialShelf, text: str) -> None:
    assert shelf.read_search(text).is_silent


def test_a_condition_of_a_record_can_be_searched_without_being_listed() -> None:
    study = Study("NCT00000001", conditions=("Morphea Profunda",))
    shelf = TrialShelf([study], read_terms(studies=[study]))
    search = shelf.read_search("any trials for morphea profunda?")
    assert shelf.search(search) == (study,)


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (Search(country=US, recruiting_only=True), ["NCT06581198"]),
        (Search(country="Spain"), ["NCT06333483"]),
        (Search(country="Europe"), ["NCT06333483"]),
        (Search(country=US, city="Palo Alto"), ["NCT05938725"]),
        (Search(country=US, city="New York"), ["NCT05938725", "NCT07015983"]),
        (Search(condition="Sjogren's syndrome"), ["NCT06056921"]),
        (Search(condition="systemic sclerosis", phase="PHASE2"), ["NCT06328777"]),
        (Search(phase="EARLY_PHASE1"), ["NCT07339332"]),
        (Search(phase="PHASE1/PHASE2"), ["NCT06328777", "NCT05938725"]),
        (Search(condition="lupus nephritis", recruiting_only=True, phase="PHASE2"), ["NCT06581198"]),
        (Search(country="France"), []),
        (Search(condition="multiple sclerosis"), []),
        (Search(condition="an illness nobody has named"), []),
    ],
)
def test_search_by_condition_place_and_phase(shelf: TrialShelf, search: Search, numbers: list[str]) -> None:
    assert [study.nct_id for study in shelf.search(search)] == numbers


def test_recruiting_studies_come_first_then_the_newest(shelf: TrialShelf) -> None:
    studies = shelf.search(Search())
    assert len(studies) == 18
    keys = [(not study.recruiting, -(study.status_as_of.toordinal() if study.status_as_of else 0)) for study in studies]
    assert keys == sorted(keys)
    assert studies[0].nct_id == "NCT06056921"


def test_any_finds_what_no_limit_finds(shelf: TrialShelf) -> None:
    assert shelf.search(Search(ANY, ANY, ANY, False, ANY)) == shelf.search(Search())


def test_studies_whose_places_are_unknown_are_told_apart(shelf: TrialShelf) -> None:
    search = Search(condition="systemic sclerosis", country="France")
    assert shelf.search(search) == ()
    unplaced = shelf.unplaced(search)
    assert unplaced
    assert all(not study.countries and "clerosis" in " ".join(study.conditions) for study in unplaced)
    assert shelf.unplaced(Search(condition="systemic sclerosis")) == ()


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("Turkey (T\u00fcrkiye)", "Turkey"),
        ("Korea, Republic of", "South Korea"),
        ("Czech Republic", "Czechia"),
        ("Georgia", "Georgia"),
        ("Atlantis", "Atlantis"),
    ],
)
def test_country_names_of_the_registry_are_the_countries_people_name(written: str, wanted: str) -> None:
    study = Study("NCT00000001", sites=(Site(country=written),))
    assert TrialShelf([study], read_terms()).search(Search(country=wanted)) == (study,)


def test_refining_a_search_over_several_turns(shelf: TrialShelf) -> None:
    search = Search()
    for text, expected in [
        ("lupus trials in Palo Alto", Search("lupus", US, "Palo Alto")),
        ("only recruiting ones", Search("lupus", US, "Palo Alto", True)),
        ("what about France", Search("lupus", "France", None, True)),
        ("phase 2", Search("lupus", "France", None, True, "PHASE2")),
        ("in Denver", Search("lupus", US, "Denver", True, "PHASE2")),
        ("any country", Search("lupus", ANY, ANY, True, "PHASE2")),
        ("any status, any phase", Search("lupus", ANY, ANY, False, ANY)),
        ("sorry, I meant myositis", Search("myositis", ANY, ANY, False, ANY)),
        ("thank you", Search("myositis", ANY, ANY, False, ANY)),
    ]:
        search = merge(search, shelf.read_search(text))
        assert search == expected, text


def test_naming_the_same_country_again_keeps_the_city() -> None:
    assert merge(Search(country=US, city="Denver"), Search(country=US)) == Search(country=US, city="Denver")


def test_a_damaged_table_of_terms_is_named(tmp_path: Path) -> None:
    file = tmp_path / "terms.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(ContentError, match=r"terms\.json:1 is not JSON"):
        read_terms(file)
    file.write_text('{"conditions": []}', encoding="utf-8")
    with pytest.raises(ContentError, match=r"terms\.json:1 is not a table of search terms"):
        read_terms(file)


def test_no_word_stands_for_two_conditions_or_two_countries() -> None:
    table = json.loads(FILE.read_text(encoding="utf-8"))
    said = [word.casefold() for condition in table["conditions"] for word in condition["said"]]
    named = [
        word.casefold()
        for countries in table["areas"].values()
        for country, names in countries.items()
        for word in (country, *names["said"], *names["people"])
    ]
    assert len(said) == len(set(said))
    assert len(named) == len(set(named))
