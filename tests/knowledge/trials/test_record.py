"""What is kept of a registry record, and how old its status is."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from knowledge.trials.model import RecordError, parse_study
from knowledge.trials.record import FIELDS, kept, kept_study, read_record, status_as_of
from tests.trials_registry import records

TODAY = dt.date(2026, 11, 29)


def dated(**status: Any) -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": "NCT90000001"}, "statusModule": status}}


@pytest.mark.parametrize(
    ("status", "as_of"),
    [
        ({"lastUpdatePostDateStruct": {"date": "2026-11-20"}, "statusVerifiedDate": "2026-10"}, "2026-11-20"),
        ({"lastUpdatePostDateStruct": {"date": "2026-11"}}, "2026-11"),
        ({"lastUpdatePostDateStruct": {"date": "2026-11-29"}}, "2026-11-29"),
        ({"statusVerifiedDate": "2026-10"}, "2026-10"),
        ({"statusVerifiedDate": "2026-11"}, "2026-11"),
        ({"statusVerifiedDate": "2026-12"}, None),
        ({"lastUpdatePostDateStruct": {"date": "2026-11-30"}, "statusVerifiedDate": "2026-10"}, None),
        ({"lastUpdatePostDateStruct": {"date": "2026-02-30"}}, None),
        ({"lastUpdatePostDateStruct": {"date": 20261120}}, None),
        ({"lastUpdatePostDateStruct": "2026-11-20"}, None),
        ({}, None),
    ],
)
def test_a_status_is_as_old_as_the_registry_says_and_never_of_the_future(
    status: dict[str, Any], as_of: str | None
) -> None:
    assert status_as_of(dated(**status), TODAY) == as_of


def test_what_is_kept_says_of_a_study_all_that_the_record_did() -> None:
    for record in records(200):
        found = read_record(record, TODAY)
        assert kept_study(found.record, found.status_as_of) == parse_study(record, found.status_as_of)
        assert (found.status, found.unknown_word) == (parse_study(record, None).status, False)


def test_nothing_else_is_kept() -> None:
    record = records(1)[0]
    record["resultsSection"] = {"a": 1}
    record["protocolSection"]["contactsLocationsModule"]["centralContacts"] = [{"name": "Dr. A", "phone": "555 0100"}]
    record["protocolSection"]["contactsLocationsModule"]["locations"][0]["contacts"] = [{"email": "a@example.org"}]
    text = read_record(record, TODAY).record
    assert "eligibilityCriteria" in json.dumps(record)
    assert not any(word in text for word in ("eligibilityCriteria", "resultsSection", "555", "example.org", "zip"))


def test_whatever_is_sent_can_be_written_into_any_database() -> None:
    record = dated(overallStatus="RECRUITING")
    record["protocolSection"]["identificationModule"]["briefTitle"] = "half \ud800, null \x00 and caf\u00e9"
    text = read_record(record, TODAY).record
    assert text.isascii()
    assert "\0" not in text
    assert kept_study(text, None).title == "half , null and caf\u00e9"


def test_no_field_can_fill_the_database() -> None:
    record = dated(whyStopped="x" * 1_000_000)
    record["protocolSection"]["conditionsModule"] = {"conditions": ["Lupus"] * 1_000_000}
    record["protocolSection"]["designModule"] = {"phases": {"PHASE1": ["x"] * 1_000_000}}
    record["protocolSection"]["eligibilityModule"] = {"sex": [[["ALL"] * 1000] * 1000]}
    assert len(read_record(record, TODAY).record) < 100_000


def test_a_fingerprint_differs_when_anything_differs_that_is_shown() -> None:
    record = records(1)[0]
    before = read_record(record, TODAY).fingerprint
    record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = "Something else"
    assert read_record(record, TODAY).fingerprint == before
    record["protocolSection"]["contactsLocationsModule"]["locations"][0]["status"] = "SUSPENDED"
    assert read_record(record, TODAY).fingerprint != before
    # A date that is of the future today is shown once its day has come.
    late = dated(lastUpdatePostDateStruct={"date": "2026-11-30"})
    assert read_record(late, TODAY).fingerprint != read_record(late, TODAY + dt.timedelta(days=1)).fingerprint


def test_a_record_without_a_number_is_refused() -> None:
    with pytest.raises(RecordError):
        read_record({"protocolSection": []}, TODAY)


def test_every_field_that_is_asked_for_is_kept_where_it_stands() -> None:
    record = {
        "protocolSection": {
            "contactsLocationsModule": {"locations": [{"city": "Graz", "geoPoint": {"lat": 47.1, "lon": 15.4}}]}
        }
    }
    assert kept(record) == record
    assert len(set(FIELDS)) == len(FIELDS)
