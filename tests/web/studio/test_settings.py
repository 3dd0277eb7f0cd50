"""Settings that an admin changes while people are talking: they count at once, and none leaves people worse off."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from knowledge.errors import StoreUnavailable
from tests.running import wait_until
from tests.web.conftest import COLLAPSED, HERE, HOST, ask
from tests.web.studio.conftest import Employ
from web.app import build
from web.parts import Parts
from web.site import SiteSettings

PAGE = "/studio/settings"
DESK = {"contact": "desk@hospital.example", "contact_hours": "Mon-Fri 9-17", "reason": "The desk has moved"}


@pytest.fixture
def parts(parts: Parts, tmp_path: Path) -> Parts:
    return replace(parts, site_settings=SiteSettings(tmp_path / "site.json"))


def test_a_new_contact_is_told_to_the_next_who_asks(employ: Employ, app: Starlette, parts: Parts) -> None:
    ada = employ("Ada", "admin")
    page = ada.open(PAGE)
    assert "As the service was started (LANTERN_CONTACT)" in page.text
    answer = ada.send(page, f"{PAGE}/contact", **DESK)
    assert answer.status_code == 303
    service = TestClient(app, HOST, client=HERE).get("/api/v1/service").json()
    assert (service["contact"], service["contact_hours"]) == ("desk@hospital.example", "Mon-Fri 9-17")
    shown = ada.open(answer.headers["location"]).text
    assert "counts from the next message on" in shown
    assert "Set by Ada on" in shown
    assert "The desk has moved" in shown
    [row] = parts.knowledge.store.acts("set_site", 10)
    assert (row.person, row.reason, row.detail["settings"]["contact"]) == (
        *("Ada", "The desk has moved"),
        [None, "desk@hospital.example"],
    )
    assert "set contact, contact_hours" in ada.open("/studio/audit").text


def test_another_country_is_another_emergency_number_in_the_next_card(employ: Employ, app: Starlette) -> None:
    ada, client = employ("Ada", "admin"), TestClient(app, HOST, client=HERE)
    assert "Call 911" in ask(client, COLLAPSED)[0]["text"]
    refused = ada.act(PAGE, f"{PAGE}/country", region="gb", number="911", reason="We moved")
    assert refused.status_code == 422
    assert "In GB people will be told: 999" in refused.text
    assert "Call 911" in ask(client, COLLAPSED, "another")[0]["text"]
    assert ada.send(refused, f"{PAGE}/country", number="999", reason="We moved").status_code == 303
    assert "Call 999" in ask(client, COLLAPSED, "a third")[0]["text"]
    assert "999" in client.get("/library/").text
    back = ada.act(PAGE, f"{PAGE}/country", number="911", reason="Back again", as_started="yes")
    assert back.status_code == 303
    assert "Call 911" in ask(client, COLLAPSED, "a fourth")[0]["text"]


UNSAFE = (
    ("contact", {"contact": "the desk on floor 3"}, "nobody could be reached by it"),
    ("contact", {"contact": "911"}, "would call an ambulance"),
    ("contact", {"contact": "", "contact_hours": "Mon-Fri 9-17"}, "give a contact, too"),
    ("contact", {"contact": "5" * 201}, "one line of at most 200 characters"),
    ("country", {"region": "ZZ", "number": "911"}, "No emergency number is known for ZZ"),
    ("country", {"region": "", "number": "911"}, "without one, people are told no emergency number"),
    ("country", {"region": "USA", "number": "911"}, "Country: give a country code of two letters"),
    ("hours", {"handover_hours": "9 to 5"}, "Days and times: give days and times such as"),
    ("hours", {"handover_zone": "Mars/Base"}, "Time zone: give the name of a time zone"),
    ("hours", {"handover_minutes": "0"}, "Minutes without an answer: give a whole number from 1 to 1440"),
    ("contact", {"contact": "503 555 0182", "reason": " "}, "Say why"),
)


def test_what_would_leave_people_worse_off_is_refused_with_the_reason_and_the_form_keeps_it(
    employ: Employ, parts: Parts
) -> None:
    ada = employ("Ada", "admin")
    page = ada.open(PAGE)
    for group, values, why in UNSAFE:
        answer = ada.send(page, f"{PAGE}/{group}", **{"reason": "A trial", **values})
        assert (answer.status_code, why in html.unescape(answer.text)) == (422, True), why
        name, value = next(iter(values.items()))
        assert f'name="{name}" value="{value}"' in answer.text
    assert parts.knowledge.site_settings() == {}
    assert parts.knowledge.store.acts("set_site", 1) == []


def test_who_was_slower_is_told_and_overwrites_nothing(employ: Employ, parts: Parts) -> None:
    ada, bea = employ("Ada", "admin"), employ("Bea", "admin")
    page = bea.open(PAGE)
    assert ada.act(PAGE, f"{PAGE}/contact", **DESK).status_code == 303
    answer = bea.send(page, f"{PAGE}/contact", contact="503 555 0182", reason="Mine")
    assert answer.status_code == 422
    assert "Somebody else set this while you were looking" in answer.text
    assert parts.knowledge.site_settings()["contact"] == DESK["contact"]


def test_without_the_database_what_was_set_last_counts_also_after_a_restart(
    employ: Employ, parts: Parts, tmp_path: Path
) -> None:
    assert employ("Ada", "admin").act(PAGE, f"{PAGE}/contact", **DESK).status_code == 303

    def away() -> dict[str, str]:
        raise StoreUnavailable("gone")

    anew = SiteSettings.read(tmp_path)
    anew.follow(away)
    assert anew.over(parts.settings).contact == "desk@hospital.example"
    (tmp_path / "site.json").write_text("{", encoding="utf-8")
    assert SiteSettings.read(tmp_path).over(parts.settings).contact == parts.settings.contact


def test_a_value_that_this_version_cannot_read_leaves_that_of_the_environment(parts: Parts, tmp_path: Path) -> None:
    kept = {"region": "Atlantis", "contact": "503 555 0182", "colour": "blue"}
    (tmp_path / "site.json").write_text(json.dumps(kept), encoding="utf-8")
    site = SiteSettings.read(tmp_path).over(parts.settings)
    assert (site.region, site.contact) == ("US", "503 555 0182")


def test_another_gateway_follows_while_it_runs(employ: Employ, parts: Parts, tmp_path: Path) -> None:
    other = replace(parts, site_settings=SiteSettings())
    with TestClient(build(other), HOST, client=HERE) as client:
        assert employ("Ada", "admin").act(PAGE, f"{PAGE}/contact", **DESK).status_code == 303
        wait_until("the other gateway to follow", lambda: bool(client.get("/api/v1/service").json()["contact"]))
