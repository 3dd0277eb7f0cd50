from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import pytest

import knowledge.trials
from knowledge.model import Answer, Provenance
from knowledge.trials.model import PHASES, SEXES, STATUSES, RegistryCopy, Site, Study
from knowledge.trials.registry_search import search_address
from knowledge.trials.replies import malformed_number, study_card, study_list, unknown_number
from knowledge.trials.search import Search
from knowledge.trials.shelf import TrialShelf

Phrases = Mapping[str, str]
MADE = dt.date(2026, 11, 22)
STANDING = "This is not a recommendation. Only the study team can decide who can join."


def lines(answer: Answer) -> list[str]:
    return [
        "".join(run.text for run in line) for block in answer.blocks for line in (block.items or (block.runs,)) if line
    ]


def links(answer: Answer) -> list[str]:
    runs = [run for block in answer.blocks for line in (block.items or (block.runs,)) for run in line]
    return [run.href for run in runs if run.href]


def test_the_card_of_a_study(shelf: TrialShelf, phrases: Phrases) -> None:
    study = shelf.by_number("NCT05938725")
    assert study is not None
    entry = Provenance("revision", "trials-status-active-not-recruiting", 3)
    answer = study_card(study, phrases, MADE, "The study goes on, but takes no new people.", entry)
    assert answer.kind == "trials"
    assert lines(answer) == [
        study.title,
        "Registry number: NCT05938725",
        "Status: Active, not recruiting (as of October 29, 2025)",
        "The study goes on, but takes no new people.",
        "What is tested: KYV-101 anti-CD19 CAR-T cell therapy, Standard lymphodepletion regimen",
        "Conditions: Lupus Nephritis; Lupus Nephritis - World Health Organization (WHO) Class III; "
        "Lupus Nephritis - WHO Class IV",
        "Phase: Phase 1/Phase 2",
        "Sponsor: Kyverna Therapeutics",
        "Ages: 18 Years and older",
        "People planned or enrolled: 6",
        "Start, planned or real: April 28, 2023",
        "End, planned or real: August 31, 2027",
        "Countries: United States",
        "Places: Stanford University Medical Center, Palo Alto, California; Denver, Colorado; "
        "Worcester, Massachusetts; Great Neck, New York; Columbus, Ohio",
        "More places on the registry page: 1",
        "Registry page: https://clinicaltrials.gov/study/NCT05938725",
        STANDING,
        "Source: ClinicalTrials.gov, US National Library of Medicine. We shortened it. Our copy was put together on "
        "November 22, 2026 from public copies of the records, so it can be out of date. The registry page has the "
        "latest.",
    ]
    assert links(answer) == ["https://clinicaltrials.gov/study/NCT05938725"]
    assert answer.as_of == dt.date(2025, 10, 29)
    assert answer.provenance == (Provenance("registry", "NCT05938725", as_of="2025-10-29"), entry)


def test_every_shipped_study_renders_with_its_status_date(snapshot: RegistryCopy, phrases: Phrases) -> None:
    for study in snapshot.studies:
        shown = lines(study_card(study, phrases, snapshot.made))
        assert study.nct_id in shown[1]
        assert STANDING in shown
        assert any(study.address in line for line in shown)


def test_a_month_is_shown_as_a_month(shelf: TrialShelf, phrases: Phrases) -> None:
    study = shelf.by_number("NCT06056921")
    assert study is not None
    answer = study_card(study, phrases, MADE)
    assert "Status: Recruiting (as of May 2026)" in lines(answer)
    assert answer.as_of is None


def test_a_status_without_a_date_says_so(shelf: TrialShelf, phrases: Phrases) -> None:
    study = shelf.by_number("NCT06342960")
    assert study is not None
    assert "Status: Recruiting (date unknown)" in lines(study_card(study, phrases, MADE))


def test_a_missing_status_is_said_and_gets_no_meaning_and_no_date(shelf: TrialShelf, phrases: Phrases) -> None:
    study = shelf.by_number("NCT06310811")
    assert study is not None
    answer = study_card(study, phrases, MADE, "The study is taking people now.", Provenance("revision", "x", 1))
    shown = lines(answer)
    assert shown[0] == "Title not in our copy"
    assert "Status: not in our copy" in shown
    assert "The study is taking people now." not in shown
    assert "Not in our copy: sponsor, countries" in shown
    assert not any("as of" in line for line in shown)
    assert answer.as_of is None
    assert [source.kind for source in answer.provenance] == ["registry"]


def test_no_status_is_ever_shown_without_a_date_phrase(phrases: Phrases) -> None:
    dates = [(None, False), (dt.date(2025, 1, 31), False), (dt.date(2025, 1, 1), True)]
    words = {phrases["trials_status_" + status.lower()] for status in STATUSES}
    seen = set()
    for status, (day, month_only), phase, sex in itertools.product(
        sorted(STATUSES), dates, [*PHASES, None], [*sorted(SEXES), None]
    ):
        study = Study(
            "NCT00000001",
            status=status,
            status_as_of=day,
            month_only=month_only,
            phases=(phase,) if phase else (),
            sex=sex,
        )
        for answer in (study_card(study, phrases, MADE), study_list([study], phrases, MADE, Search())):
            shown = [line for line in lines(answer) if line.startswith("Status:")]
            assert len(shown) == 1
            stated = re.fullmatch(
                r"Status: (.+) \((?:date unknown|as of January 31, 2025|as of January 2025)\)", shown[0]
            )
            assert stated, shown
            seen.add(stated.group(1))
            datas = [block.data for block in answer.blocks if block.data]
            assert [data["status_line"] for data in datas] == shown
    assert seen == words


def test_markup_and_slots_in_registry_text_stay_text(phrases: Phrases) -> None:
    title = "<img src=x onerror=alert(1)> {status} %s [link](http://example.org)"
    study = Study("NCT00000001", title=title, status="RECRUITING", sponsor="{sponsor}", sites=(Site(city="{0}"),))
    card = study_card(study, phrases, MADE)
    assert lines(card)[0] == title
    assert "Sponsor: {sponsor}" in lines(card)
    assert links(card) == ["https://clinicaltrials.gov/study/NCT00000001"]
    assert lines(study_list([study], phrases, MADE, Search()))[1] == f"{title} (NCT00000001)"


def test_each_study_carries_its_fields_as_json(snapshot: RegistryCopy, phrases: Phrases) -> None:
    for study in snapshot.studies:
        data = study_card(study, phrases, MADE).blocks[0].data
        assert data is not None
        assert json.loads(json.dumps(data)) == data
        assert data["nct_id"] == study.nct_id
        assert data["address"] == study.address
        assert data["status"] == study.status
        assert data["status_as_of"] == study.as_of


def test_a_list_shows_three_counts_the_rest_and_links_all(shelf: TrialShelf, phrases: Phrases) -> None:
    search = shelf.read_search("recruiting lupus trials")
    found = shelf.search(search)
    answer = study_list(found, phrases, MADE, search, shelf.unplaced(search))
    shown = lines(answer)
    assert shown[0] == f"Studies in our copy that fit lupus, recruiting only: {len(found)}"
    assert [block.type for block in answer.blocks].count("trial") == 3
    assert any(line.startswith(f"Not shown: {len(found) - 3}. ") for line in shown)
    assert sum(line.startswith("Status: Recruiting (") for line in shown) == 3
    assert any("November 22, 2026" in line for line in shown)
    assert STANDING in shown
    assert links(answer)[:3] == [study.address for study in found[:3]]
    assert links(answer)[3] == "https://clinicaltrials.gov/search?cond=lupus&aggFilters=status%3Arec"
    assert [offer.message for offer in answer.follow_ups] == [*(study.nct_id for study in found[:3]), "show more"]
    assert [source.id for source in answer.provenance] == [study.nct_id for study in found[:3]]


def test_an_empty_search_says_so_and_offers_the_way_on(shelf: TrialShelf, phrases: Phrases) -> None:
    search = shelf.read_search("lupus nephritis trials in Germany")
    answer = study_list(shelf.search(search), phrases, MADE, search, shelf.unplaced(search))
    shown = lines(answer)
    assert shown[0] == "No study in our copy fits lupus nephritis, Germany."
    assert shown[1].startswith("Our copy lists no countries for some studies that fit otherwise: 3, for example NCT")
    assert "https://clinicaltrials.gov/search?cond=lupus%20nephritis&locStr=Germany" in links(answer)
    assert [offer.message for offer in answer.follow_ups] == ["any country"]
    assert not any(line.startswith("Status") for line in shown)


def test_a_name_nobody_knows(shelf: TrialShelf, phrases: Phrases) -> None:
    answer = study_list(shelf.by_name("CASTLE trial"), phrases, MADE)
    assert lines(answer)[0] == "No study of that name is in our copy of the registry."
    assert links(answer) == ["https://clinicaltrials.gov/search"]


def test_studies_found_by_name_are_counted_as_such(shelf: TrialShelf, phrases: Phrases) -> None:
    answer = study_list(shelf.by_name("kysa"), phrases, MADE)
    assert lines(answer)[0] == "Studies of that name in our copy: 2"
    assert len(links(answer)) == 2


def test_an_unknown_number_gets_its_page_and_no_status(phrases: Phrases) -> None:
    answer = unknown_number("NCT00000001", phrases, MADE)
    assert lines(answer)[0] == "NCT00000001 is not in our copy of the registry, so we cannot tell its status."
    assert links(answer) == ["https://clinicaltrials.gov/study/NCT00000001"]
    assert not any(line.startswith("Status") for line in lines(answer))
    assert answer.provenance == ()


def test_a_malformed_number_is_explained(phrases: Phrases) -> None:
    answer = malformed_number("NCT0593872", phrases)
    assert lines(answer)[0].startswith("NCT0593872 is not a full registry number.")
    assert links(answer) == []


@pytest.mark.parametrize(
    ("search", "address"),
    [
        (Search(), "https://clinicaltrials.gov/search"),
        (Search(country="any", recruiting_only=False), "https://clinicaltrials.gov/search"),
        (
            Search("lupus", "France", "Lyon", True, "PHASE1/PHASE2"),
            "https://clinicaltrials.gov/search?cond=lupus&locStr=Lyon%2C%20France"
            "&aggFilters=status%3Arec%2Cphase%3A1%202",
        ),
        (
            Search(city='"><b>&cond=x#\u00e9'),
            "https://clinicaltrials.gov/search?locStr=%22%3E%3Cb%3E%26cond%3Dx%23%C3%A9",
        ),
    ],
)
def test_the_registry_search_address_is_quoted(search: Search, address: str) -> None:
    assert search_address(search) == address


def test_every_phrase_is_used_and_every_slot_is_a_plain_word(phrases: Phrases) -> None:
    folder = Path(knowledge.trials.__file__).parent
    code = "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py")))
    families = (
        *("trials_status_", "trials_phase_", "trials_sex_", "trials_missing_"),
        *("trials_search_", "trials_widen_", "trials_any_"),
    )
    named = set(re.findall(r'"(trials_\w*[a-z])"', code))
    unused = {key for key in phrases if key not in named and not key.startswith(families)}
    assert not unused
    assert named <= set(phrases)
    for text in phrases.values():
        assert all(slot is None or slot.isidentifier() for _, slot, _, _ in Formatter().parse(text))


def test_no_phrase_says_that_a_person_qualifies(phrases: Phrases) -> None:
    forbidden = re.compile(r"qualif|eligib|you can join|you may join|suitable for you|right for you|we recommend", re.I)
    assert [key for key, text in phrases.items() if forbidden.search(text)] == []
