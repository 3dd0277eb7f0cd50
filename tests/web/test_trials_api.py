"""The trial registry for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from knowledge.phrases import Phrases
from knowledge.trials.answers import TrialAnswers
from tests.trials_registry import records, registry_copy
from tests.web.conftest import HOST, SmallKnowledge
from tests.web.test_trials import GONE, MOVED
from web.app import build
from web.parts import Parts

TRIALS = "/api/v1/trials"


@pytest.fixture(autouse=True)
def studies(knowledge: SmallKnowledge, phrases: Phrases) -> TrialAnswers:
    copy = registry_copy(records(60))
    knowledge.answerer.trials = TrialAnswers(replace(copy, studies=(*copy.studies, MOVED, GONE)), phrases.of("en"))
    return knowledge.answerer.trials


def walk(client: TestClient, **asked: str) -> list[dict[str, Any]]:
    """Every study of a list, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        body = client.get(TRIALS, params=asked).json()
        found += body["trials"]
        assert len(found) <= body["total"]
        if body["next"] is None:
            assert len(found) == body["total"]
            return found
        asked["cursor"] = body["next"]


@pytest.mark.parametrize("limit", ["1", "7", "62", "1000000"])
def test_a_walk_meets_each_study_once(client: TestClient, studies: TrialAnswers, limit: str) -> None:
    met = [row["nct_id"] for row in walk(client, limit=limit)]
    assert met == sorted(study.nct_id for study in studies.shelf.studies)


def test_a_walk_goes_on_where_it_was_when_statuses_change(
    client: TestClient, knowledge: SmallKnowledge, phrases: Phrases, studies: TrialAnswers
) -> None:
    first = client.get(TRIALS, params={"limit": "30"}).json()
    changed = [replace(study, status="WITHDRAWN") for study in studies.copy.studies]
    knowledge.answerer.trials = TrialAnswers(replace(studies.copy, studies=tuple(changed), number=2), phrases.of("en"))
    second = client.get(TRIALS, params={"cursor": first["next"]}).json()
    met = [row["nct_id"] for body in (first, second) for row in body["trials"]]
    assert met == sorted(study.nct_id for study in studies.shelf.studies)
    assert (first["copy"]["number"], second["copy"]["number"]) == (1, 2)


def test_the_list_narrows_as_the_page_does(client: TestClient, studies: TrialAnswers) -> None:
    [row] = walk(client, condition="lupus nephritis", country="norge", phase="PHASE2")
    assert row["nct_id"] == MOVED.nct_id
    recruiting = {row["nct_id"] for row in walk(client, recruiting_only="true", condition="SLE")}
    expected = {s.nct_id for s in studies.shelf.studies if s.recruiting and any("Lupus" in c for c in s.conditions)}
    assert recruiting == expected
    assert walk(client, recruiting_only="false") == walk(client)
    assert walk(client, country="Albania") == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("contry=Germany", 400, "bad_search"),
        ("country=", 400, "bad_search"),
        ("country=Germany&country=Spain", 400, "bad_search"),
        ("phase=2", 400, "bad_search"),
        ("recruiting_only=yes", 400, "bad_search"),
        ("limit=0", 400, "bad_search"),
        ("limit=-1", 400, "bad_search"),
        ("limit=%C2%B2", 400, "bad_search"),
        ("cursor=1", 400, "bad_search"),
        ("country=" + "x" * 300, 400, "bad_search"),
        ("country=atlantis", 404, "unknown_search"),
        ("condition=%00", 404, "unknown_search"),
    ],
)
def test_a_search_that_is_not_understood_is_refused(client: TestClient, query: str, status: int, code: str) -> None:
    response = client.get(f"{TRIALS}?{query}")
    assert (response.status_code, response.json()["error"]) == (status, code)
    assert "atlantis" not in response.text


def test_one_study_is_told_with_its_changes_and_what_must_be_shown(client: TestClient) -> None:
    body = client.get(f"{TRIALS}/{MOVED.nct_id}").json()
    assert body["copy"] == {"made": "2026-11-20", "number": 1, "shipped": False}
    assert body["notice"] == "This is not a recommendation. Only the study team can decide who can join."
    assert body["attribution"].startswith("Source: ClinicalTrials.gov, US National Library of Medicine")
    trial = body["trial"]
    assert trial["status_line"] == "Status: Completed (as of September 1, 2026)"
    assert trial["changes"] == [
        {"before": "RECRUITING", "after": "COMPLETED", "as_of": "2026-09-01", "seen_on": "2026-09-03"},
        {"before": None, "after": "RECRUITING", "as_of": None, "seen_on": "2026-02-01"},
    ]
    assert [(site["city"], site["status"]) for site in trial["sites"]] == [
        ("Bergen", "RECRUITING"),
        ("Oslo", None),
        (None, None),
    ]
    assert (trial["checked_on"], trial["missing_since"]) == ("2026-11-20", None)
    assert client.get(trial["page"]).status_code == client.get(trial["feed"]).status_code == 200
    assert client.get(f"{TRIALS}/{GONE.nct_id}").json()["trial"]["missing_since"] == "2026-10-01"


def test_no_row_has_a_status_without_its_date(client: TestClient) -> None:
    for row in walk(client):
        assert row["status"] is None or " (as of " in row["status_line"] or "(date unknown)" in row["status_line"]


@pytest.mark.parametrize("number", ["NCT00000000", "NCT1", "x", "%3Cscript%3E"])
def test_an_unknown_study_is_a_404(client: TestClient, number: str) -> None:
    response = client.get(f"{TRIALS}/{number}")
    assert (response.status_code, response.json()["error"]) == (404, "unknown_trial")


def test_the_longest_answer_is_a_setting(parts: Parts) -> None:
    with TestClient(build(replace(parts, settings=replace(parts.settings, trials_answer=3))), HOST) as client:
        assert len(client.get(TRIALS, params={"limit": "50"}).json()["trials"]) == 3
        assert len(walk(client)) == 62
