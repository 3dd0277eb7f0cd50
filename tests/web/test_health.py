"""What load balancers and staff are told about the parts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from starlette.testclient import TestClient

from knowledge.errors import StoreUnavailable
from knowledge.upkeep import CopyHealth, WorkerHealth
from safety.cards import CardShelf
from tests.web.conftest import HOST, SmallKnowledge, StandInAssistant
from web.app import build
from web.parts import Parts


def test_the_process_answers_whatever_else_is_broken(client: TestClient, knowledge: SmallKnowledge) -> None:
    knowledge.fault = StoreUnavailable("gone")
    assert client.get("/healthz").json() == {"status": "ok"}


def test_all_parts_ready(client: TestClient) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["degraded"]) == ("ready", [])
    assert body["parts"]["knowledge"] == {"ok": True, "release": 7}


def test_a_card_whose_review_is_overdue_stays_live_and_is_told_of(
    client: TestClient, knowledge: SmallKnowledge
) -> None:
    knowledge.overdue = ["en/choking"]
    body = client.get("/readyz").json()
    assert (body["status"], body["degraded"]) == ("degraded", ["reviews"])
    assert body["parts"]["reviews"] == {"ok": False, "overdue_cards": ["en/choking"]}


def test_that_the_clock_may_be_wrong_is_told_of(client: TestClient, knowledge: SmallKnowledge) -> None:
    knowledge.upkeep.held_back = "40 of 400 texts are overdue"
    assert client.get("/readyz").json()["parts"]["reviews"]["held"] == "40 of 400 texts are overdue"


def test_how_old_the_registry_copy_is_is_told_and_not_why_a_sync_failed(
    client: TestClient, knowledge: SmallKnowledge
) -> None:
    assert client.get("/readyz").json()["parts"]["trials"] == {
        "ok": True,
        "copy": "2026-11-28",
        "shipped": False,
        "days_old": 1,
    }
    failed_at = dt.datetime(2026, 11, 29, 4, 10, tzinfo=dt.timezone.utc)
    knowledge.upkeep.registry = CopyHealth(False, dt.date(2026, 11, 22), True, 7, failed_at, "no way to 10.0.0.1")
    body = client.get("/readyz").json()
    assert (body["status"], body["degraded"]) == ("degraded", ["trials"])
    assert body["parts"]["trials"] == {
        "ok": False,
        "copy": "2026-11-22",
        "shipped": True,
        "days_old": 7,
        "failed_at": "2026-11-29T04:10:00+00:00",
    }


def test_a_worker_that_is_silent_or_fails_is_told_of_by_the_name_of_the_job(
    client: TestClient, knowledge: SmallKnowledge
) -> None:
    knowledge.upkeep.jobs = WorkerHealth(False, None, {"retention": "the clock says 2099"})
    body = client.get("/readyz").json()
    assert (body["status"], body["degraded"]) == ("degraded", ["worker"])
    assert body["parts"]["worker"] == {"ok": False, "seen_at": None, "failing": ["retention"]}


def test_without_the_assistant_answers_still_come(client: TestClient, assistant: StandInAssistant) -> None:
    assistant.stop()
    response = client.get("/readyz")
    assert response.status_code == 200
    assert (response.json()["status"], response.json()["degraded"]) == ("degraded", ["assistant"])


def test_an_assistant_that_is_still_loading_is_not_ready(client: TestClient, assistant: StandInAssistant) -> None:
    assistant.behave = "loading"
    assert client.get("/readyz").json()["degraded"] == ["assistant"]


def test_without_knowledge_no_answer_can_be_given(client: TestClient, knowledge: SmallKnowledge) -> None:
    knowledge.fault = StoreUnavailable("at /secret/place")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert response.json()["parts"]["knowledge"] == {"ok": False, "fault": "StoreUnavailable"}


def test_unreadable_cards_are_told_of(parts: Parts) -> None:
    with TestClient(build(replace(parts, cards=CardShelf([]))), HOST) as client:
        response = client.get("/readyz")
    assert response.status_code == 200
    assert (response.json()["status"], response.json()["degraded"]) == ("degraded", ["cards"])
