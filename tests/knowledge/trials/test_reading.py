"""What a message says about a search, in the words that people use."""

from __future__ import annotations

import pytest

from knowledge.trials.model import Site, Study
from knowledge.trials.search import ANY, Search, added, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import read_terms
from tests.knowledge.trials.samples import STUDIES

UK, US = "United Kingdom", "United States"


@pytest.fixture(scope="module")
def places() -> TrialShelf:
    return TrialShelf(STUDIES, read_terms(studies=STUDIES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("whats open near manchester", Search(country=UK, city="Manchester", recruiting_only=True, near=True)),
        ("within 50 miles of Boston", Search(country=US, city="Boston", near=True, within_km=80)),
        ("studies in houston, TX", Search(country=US, city="Houston")),
        ("trials in NYC", Search(country=US, city="New York")),
        ("studies in Koeln", Search(country="Germany", city="Cologne")),
        ("Paris, France", Search(country="France", city="Paris")),
        ("in europe, germany if possible", Search(country="Germany")),
        ("trials in germany or austria", Search(country="Germany", alternatives=(("country", "Austria"),))),
        ("berlin or leipzig", Search(country="Germany", city="Berlin", alternatives=(("city", "Leipzig"),))),
        ("outside the US", Search(outside=US)),
        ("trials not in the usa", Search(outside=US)),
        ("texas but not houston", Search(country=US, city="Texas", without="Houston")),
        ("not in houston", Search(without="Houston")),
        ("not germany", Search(outside="Germany")),
        ("trials in Scandinavia", Search(country="Scandinavia")),
        ("less than 30 miles", Search(near=True, within_km=48)),
        ("ok 30 miles then", Search(near=True, within_km=48)),
        ("ignore the distance", Search(within_km=0)),
        ("RA in Spain", Search(condition="rheumatoid arthritis", country="Spain")),
        ("forget germany", Search(country=ANY, city=ANY)),
        ("it does not matter where", Search(country=ANY, city=ANY)),
        ("phase 2 or 3", Search(phase="PHASE2", alternatives=(("phase", "PHASE3"),))),
        ("phase 2/3", Search(phase="PHASE2/PHASE3")),
        ("phase 2 or later", Search(phase="PHASE2", alternatives=(("phase", "PHASE3"), ("phase", "PHASE4")))),
        ("not phase 1, phase 2", Search(phase="PHASE2")),
        ("for children", Search(ages="0-17")),
        ("adults only", Search(ages="18-120")),
        ("my daughter is 14", Search(ages="14-14")),
        ("a 6 month old baby", Search(ages="0-0")),
        ("over 65s", Search(ages="65-120")),
        ("under 18", Search(ages="0-17")),
        ("between 12 and 17 years old", Search(ages="12-17")),
        ("my nan is seventy", Search(ages="70-70")),
        ("any age", Search(ages=ANY)),
        ("trials for men", Search(sex="MALE")),
        ("trials that have not started yet", Search(status="NOT_YET_RECRUITING")),
        ("active, not recruiting studies", Search(status="ACTIVE_NOT_RECRUITING")),
        ("studies that are still taking on new patients", Search(recruiting_only=True)),
        ("closed ones too", Search(recruiting_only=False)),
        ("lupus, and my kidneys are bad", Search(condition="lupus nephritis")),
        ("lupus or scleroderma", Search(condition="lupus", alternatives=(("condition", "systemic sclerosis"),))),
        ("MS trials", Search(condition="multiple sclerosis")),
    ],
)
def test_a_message_is_read(places: TrialShelf, text: str, expected: Search) -> None:
    assert places.read_search(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # turned down by what stands before it
        ("it need not be germany", Search()),
        ("nothing in portugal, then greece", Search(country="Greece")),
        ("nothing in portugal", Search(country="Portugal")),
        ("austria rather than germany", Search(country="Austria")),
        ("i no longer live in france but in belgium", Search(country="Belgium")),
        ("scrap ohio and look in utah", Search(country=US, city="Utah")),
        ("in all of europe but not france", Search(country="Europe", outside="France")),
        ("anywhere but spain", Search(country=ANY, city=ANY, outside="Spain")),
        # and by what stands behind it
        ("berlin is much too far, leipzig", Search(country="Germany", city="Leipzig", without="Berlin")),
        ("madrid would be no good", Search(without="Madrid")),
        # one of many
        ("anywhere, even in norway", Search(country=ANY, city=ANY)),
        # the same for diseases
        ("myositis rather than lupus", Search(condition="myositis")),
        # places that are everyday words count beside others
        ("alabama or georgia", Search(country=US, city="Alabama", alternatives=(("city", "Georgia"),))),
        ("lupus trials us", Search(condition="lupus", country=US)),
        ("somewhere in la", Search(country=US, city="Los Angeles")),
    ],
)
def test_what_is_turned_down_is_not_looked_for(places: TrialShelf, text: str, expected: Search) -> None:
    found = places.read_search(text).limits
    assert found == expected.limits


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("my nephew 13 has it", "13-13"),
        ("husband, 59", "59-59"),
        ("47 f", "47-47"),
        ("she is in her early forties", "40-49"),
        ("a four year old", "4-4"),
        ("he is fifty two", "52-52"),
        ("shell be 6 in may", "6-6"),
        ("four of us in two cars", None),
        ("my sister 20 miles away", None),
        ("mum 5 mg a day", None),
    ],
)
def test_ages_are_read_as_people_tell_them(places: TrialShelf, text: str, ages: str | None) -> None:
    assert places.read_search(text).ages == ages


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("not phase 1", ("PHASE2", "PHASE3", "PHASE4")),
        ("no phase 1 or 2 please", ("PHASE3", "PHASE4")),
        ("not phase 1, phase 3", ("PHASE3",)),
    ],
)
def test_a_phase_that_is_not_wanted_leaves_the_others(places: TrialShelf, text: str, phases: tuple[str, ...]) -> None:
    assert places.read_search(text).values("phase") == phases


@pytest.mark.parametrize(
    ("text", "mended", "expected"),
    [
        ("germny", {"germny": "germany"}, Search(country="Germany")),
        ("in pari", {"pari": "paris"}, Search(country="France", city="Paris")),
        ("lupus nephritus", {"nephritus": "nephritis"}, Search(condition="lupus nephritis")),
        ("trials in barselona", {"barselona": "barcelona"}, Search(country="Spain", city="Barcelona")),
        ("new yrok", {"yrok": "york"}, Search(country=US, city="New York")),
        ("untied kingdom", {"untied": "united"}, Search(country=UK)),
        ("sclerederma", {"sclerederma": "scleroderma"}, Search(condition="systemic sclerosis")),
    ],
)
def test_slips_are_mended_and_told(places: TrialShelf, text: str, mended: dict[str, str], expected: Search) -> None:
    understood = places.understand(text)
    assert dict(understood.mended) == mended
    assert understood.search == expected


@pytest.mark.parametrize(
    "text",
    [
        "my friend Nancy told me",
        "does reading help",
        "shes turning blue",
        "i haven't slept",
        "can't we talk",
        "it hurts in the morning",
        "she is 2 weeks into it",
        "call us",
        "MS or not",
    ],
)
def test_other_words_are_no_place_and_no_age(places: TrialShelf, text: str) -> None:
    search = places.read_search(text)
    assert (search.country, search.city, search.ages) == (None, None, None)
    assert places.understand(text).unknown_place is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("trials in Atlantis", "Atlantis"),
        ("something near Springfield", "Springfield"),
        ("studies close to Little Whinging please", "Little Whinging"),
        ("any trial near 90210", "90210"),
    ],
)
def test_a_place_that_we_do_not_know_is_told(places: TrialShelf, text: str, place: str) -> None:
    understood = places.understand(text)
    assert understood.unknown_place == place
    assert not understood.search.has_place


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        ("Paris, Germany", ("Paris (France)", "Germany")),
        ("london in texas", ("london (United Kingdom)", "texas")),
        ("recruiting but completed", ("recruiting", "completed")),
        ("teenagers aged 40", ("teenagers", "aged 40")),
        ("ages 40 to 20", ("40", "20")),
    ],
)
def test_what_excludes_itself_is_a_clash(places: TrialShelf, text: str, clash: tuple[str, str]) -> None:
    assert places.understand(text).clash == clash


def test_of_several_places_of_one_name_the_one_at_hand_counts(places: TrialShelf) -> None:
    assert places.understand("cambridge").search.country == UK
    assert places.understand("georgia").search == Search(country=US, city="Georgia")


def test_a_search_is_kept_as_json_and_read_back() -> None:
    search = Search("lupus", "Germany", "Berlin", True, near=True, alternatives=(("phase", "PHASE3"),))
    assert Search.of(search.to_json()) == search


def test_what_was_opened_or_added_changes_only_its_field() -> None:
    search = Search("lupus", "Germany", "Berlin", True, "PHASE2", ages="0-17", near=True)
    assert merge(search, Search(country="Spain")) == Search("lupus", "Spain", None, True, "PHASE2", ages="0-17")
    assert merge(search, Search(city=ANY)) == Search("lupus", "Germany", ANY, True, "PHASE2", ages="0-17")
    assert merge(search, Search(status="COMPLETED")).recruiting_only is None
    both = added(Search(country="Germany"), Search(country="Austria"))
    assert both.values("country") == ("Germany", "Austria")
    assert merge(both, Search(country="Spain")).values("country") == ("Spain",)
    assert added(both, Search(country="Austria")) == both


@pytest.mark.parametrize(
    ("text", "asks", "explains"),
    [
        ("who is testing this for vasculitis", True, False),
        ("is anybody giving these cells to people with myositis", True, False),
        ("which of the studies that were stopped", True, False),
        ("who is a sponsor", False, True),
        ("how many people do they take", False, False),
        ("how many people have lupus", False, True),
    ],
)
def test_a_search_is_told_from_a_question(places: TrialShelf, text: str, asks: bool, explains: bool) -> None:
    understood = places.understand(text)
    assert (understood.asks, understood.explains) == (asks, explains)


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (Search(country=US, city="Texas"), "not in houston", Search(country=US, city="Texas", without="Houston")),
        (Search(country=US, city="Texas", without="Houston"), "spain", Search(country="Spain")),
        (
            Search(country="Germany", alternatives=(("country", "France"),)),
            "not germany",
            Search(country="France"),
        ),
        (
            Search(country="Germany", alternatives=(("country", "France"), ("country", "Spain"))),
            "not france",
            Search(country="Germany", alternatives=(("country", "Spain"),)),
        ),
        (
            Search(country=UK, city="Leeds", near=True, within_km=80),
            "any distance",
            Search(country=UK, city="Leeds", near=True),
        ),
    ],
)
def test_a_message_changes_the_search_before_it(places: TrialShelf, before: Search, text: str, after: Search) -> None:
    assert merge(before, places.read_search(text)).limits == after


def test_a_city_that_is_not_wanted_leaves_the_other_places_of_its_state() -> None:
    houston = Site(city="Houston", state="Texas", country=US)
    dallas = Site(city="Dallas", state="Texas", country=US)
    only, both = Study("NCT90000001", sites=(houston,)), Study("NCT90000002", sites=(houston, dallas))
    shelf = TrialShelf((only, both), read_terms(studies=(only, both)))
    assert shelf.search(Search(country=US, city="Texas")) == (only, both)
    assert shelf.search(shelf.read_search("in texas but not houston")) == (both,)
