from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from knowledge.trials.model import RecordError, Site, Study, parse_study

NUMBER = "NCT05938725"


def record(**modules: Any) -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": NUMBER}, **modules}}


def test_a_full_record_is_read() -> None:
    study = parse_study(
        record(
            identificationModule={
                "nctId": NUMBER,
                "briefTitle": "A study",
                "officialTitle": "The study",
                "acronym": "ONE",
            },
            statusModule={"overallStatus": "RECRUITING"},
            sponsorCollaboratorsModule={"leadSponsor": {"name": "A sponsor"}},
            designModule={"phases": ["PHASE2", "PHASE1"], "enrollmentInfo": {"count": 12}},
            conditionsModule={"conditions": ["Lupus"]},
            armsInterventionsModule={"interventions": [{"name": "Cells"}, {"name": "Cells"}]},
            eligibilityModule={"minimumAge": "18 Years", "maximumAge": "6 Months", "sex": "FEMALE"},
            contactsLocationsModule={"locations": [{"city": "Graz", "country": "Austria"}, {"country": "Austria"}]},
        ),
        "2025-10-29",
        known_as=["UNO"],
    )
    assert study == Study(
        nct_id=NUMBER,
        title="A study",
        official_title="The study",
        names=("ONE", "UNO"),
        status="RECRUITING",
        status_as_of=dt.date(2025, 10, 29),
        sponsor="A sponsor",
        phases=("PHASE1", "PHASE2"),
        conditions=("Lupus",),
        interventions=("Cells",),
        sites=(Site(city="Graz", country="Austria"), Site(country="Austria")),
        min_age="18 Years",
        max_age="6 Months",
        sex="FEMALE",
        enrollment=12,
    )
    assert study.countries == ("Austria",)
    assert study.address == "https://clinicaltrials.gov/study/NCT05938725"


def test_a_record_with_a_number_alone_is_a_study_that_says_nothing() -> None:
    assert parse_study(record(), None) == Study(NUMBER)


def test_the_official_title_stands_in_for_a_missing_short_one() -> None:
    titled = record(identificationModule={"nctId": NUMBER, "officialTitle": "The study"})
    assert parse_study(titled, None).title == "The study"


@pytest.mark.parametrize(
    "modules",
    [
        {"statusModule": {"overallStatus": "GOING_WELL"}},
        {"statusModule": {"overallStatus": "recruiting"}},
        {"statusModule": {"overallStatus": ["RECRUITING"]}},
        {"statusModule": "RECRUITING"},
        {"designModule": {"phases": "PHASE1"}},
        {"designModule": {"phases": ["PHASE9", 3, None, {}]}},
        {"designModule": {"enrollmentInfo": {"count": True}}},
        {"designModule": {"enrollmentInfo": {"count": -1}}},
        {"designModule": {"enrollmentInfo": {"count": "12"}}},
        {"designModule": {"enrollmentInfo": {"count": 10**30}}},
        {"eligibilityModule": {"minimumAge": "old enough", "maximumAge": 70, "sex": "NONE"}},
        {"conditionsModule": {"conditions": {"0": "Lupus"}}},
        {"conditionsModule": {"conditions": [None, 5, "", "  \u200b ", ["Lupus"]]}},
        {"armsInterventionsModule": {"interventions": ["cells", {"name": {}}, None]}},
        {"contactsLocationsModule": {"locations": [{}, "Graz", {"city": 8}, {"city": " "}]}},
        {"sponsorCollaboratorsModule": {"leadSponsor": "A sponsor"}},
        {"derivedSection": None, "unheardOfModule": {"a": 1}},
    ],
)
def test_what_is_wrong_counts_as_missing(modules: dict[str, Any]) -> None:
    assert parse_study(record(**modules), None) == Study(NUMBER)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "NCT05938725",
        {},
        {"protocolSection": []},
        {"protocolSection": {"identificationModule": {"nctId": 5938725}}},
        {"protocolSection": {"identificationModule": {"nctId": "NCT05938725\n"}}},
        {"protocolSection": {"identificationModule": {"nctId": "../NCT05938725"}}},
    ],
)
def test_a_record_without_a_number_is_refused_with_a_hint(broken: object) -> None:
    with pytest.raises(RecordError, match="nctId: expected NCT and 8 digits"):
        parse_study(broken, None)


def test_text_stays_text_on_one_line_without_invisible_characters() -> None:
    titled = record(
        identificationModule={
            "nctId": NUMBER,
            "briefTitle": "<script>alert(1)</script> {status}\n\x00 age \\>18 \u202eabc\ud800",
        }
    )
    title = parse_study(titled, None).title
    assert title == "<script>alert(1)</script> {status} age >18 abc"
    assert title.encode("utf-8")


def test_an_endless_text_and_an_endless_list_are_cut() -> None:
    study = parse_study(
        record(
            identificationModule={"nctId": NUMBER, "briefTitle": "x" * 1_000_000},
            conditionsModule={"conditions": [f"condition {number}" for number in range(50_000)]},
        ),
        None,
    )
    assert study.title is not None
    assert len(study.title) == 600
    assert len(study.conditions) == 2000


@pytest.mark.parametrize(
    ("written", "as_of"),
    [("2025-10-29", "2025-10-29"), ("2026-05", "2026-05"), (None, None), ("2025-13", None), ("yesterday", None)],
)
def test_a_status_date_is_a_day_or_a_month_or_unknown(written: str | None, as_of: str | None) -> None:
    assert parse_study(record(), written).as_of == as_of


def test_any_json_in_any_place_is_survived() -> None:
    chance = random.Random(7)
    scraps: list[Any] = [None, True, 0, -1.5, "", "NCT05938725", [], {}, [[]], {"name": []}, "\ud800", [None] * 5]
    whole = record(
        statusModule={"overallStatus": "RECRUITING"},
        sponsorCollaboratorsModule={"leadSponsor": {"name": "A"}},
        designModule={"phases": ["PHASE1"], "enrollmentInfo": {"count": 1}},
        conditionsModule={"conditions": ["Lupus"]},
        armsInterventionsModule={"interventions": [{"name": "Cells"}]},
        eligibilityModule={"minimumAge": "18 Years"},
        contactsLocationsModule={"locations": [{"city": "Graz"}]},
    )

    def damaged(value: Any) -> Any:
        if chance.random() < 0.15:
            return chance.choice(scraps)
        if isinstance(value, dict):
            return {key: item if key == "nctId" else damaged(item) for key, item in value.items()}
        return [damaged(item) for item in value] if isinstance(value, list) else value

    for _ in range(2000):
        modules = {name: damaged(module) for name, module in whole["protocolSection"].items()}
        study = parse_study(record(**{**modules, "identificationModule": {"nctId": NUMBER}}), "2025-10-29")
        assert study.nct_id == NUMBER
        assert study.status in (None, "RECRUITING")
