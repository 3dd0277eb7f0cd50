"""Getting in and out: passwords, codes, sessions, forms from elsewhere, and text sent when a session is over."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pyotp
import pytest
import segno
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.web.conftest import HOST
from tests.web.studio.conftest import BROWSER, OWN, Clock, Employ, Person, begin
from web.app import build, build_studio
from web.callers import networks
from web.parts import Parts


def test_nobody_sees_a_page_without_signing_in(app: Starlette) -> None:
    stranger = Person(app, "Nobody")
    answer = stranger.open("/studio/audit?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio/sign-in?next=/studio/audit%3Fpage%3D2")
    assert stranger.sign_in("wrong words here").status_code == 401
    assert stranger.open("/studio/").status_code == 303


def test_signing_in_leads_to_the_page_that_was_wanted_and_to_no_other_site(employ: Employ, app: Starlette) -> None:
    employ("Anna", "author")
    anna = Person(app, "Anna")
    for wanted, reached in (
        ("/studio/audit?page=2", "/studio/audit?page=2"),
        ("//elsewhere.example/studio/", "/studio/"),
        ("https://elsewhere.example/studio/", "/studio/"),
        ("/studio/\\..\\elsewhere", "/studio/"),
        ("http://[", "/studio/"),
    ):
        page = anna.client.get("/studio/sign-in", params={"next": wanted})
        answer = anna.send(page, "/studio/sign-in", name="Anna", password=OWN)
        assert (answer.status_code, answer.headers["location"]) == (303, reached)


def test_whoever_was_given_a_password_chooses_another_first(app: Starlette, parts: Parts) -> None:
    given = parts.staff.add("Anna", ("author",), by="the terminal")
    anna = Person(app, "Anna")
    assert anna.sign_in(given).status_code == 303
    assert anna.open("/studio/").headers["location"] == "/studio/account"
    page = anna.open("/studio/account")
    assert "differ" in anna.send(page, "/account/password", old=given, new=OWN, again="another one").text
    assert anna.send(page, "/account/password", old=given, new="short", again="short").status_code == 409
    assert anna.send(page, "/account/password", old=given, new=OWN, again=OWN).status_code == 303
    assert anna.open("/studio/").status_code == 200


def test_the_cookie_is_for_the_studio_alone_and_no_script_reads_it(
    employ: Employ, parts: Parts, app: Starlette
) -> None:
    employ("Anna", "author")
    answer = Person(app, "Anna").sign_in()
    cookie = next(row for row in answer.headers.get_list("set-cookie") if row.startswith("lantern_staff="))
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/studio"))
    assert "Secure" not in cookie
    behind = replace(
        parts, settings=replace(parts.settings, trusted_proxies=networks("127.0.0.1"), hosts=("x.example",))
    )
    anna = Person(build(behind), "Anna")
    anna.client.headers["X-Forwarded-Proto"] = "https"
    anna.client.headers["X-Forwarded-For"] = "192.0.2.7"
    anna.client.base_url = "https://x.example"
    cookie = next(row for row in anna.sign_in().headers.get_list("set-cookie") if row.startswith("lantern_staff="))
    assert "Secure" in cookie


def test_over_an_open_line_there_is_no_studio(app: Starlette) -> None:
    with TestClient(app, HOST, client=("192.0.2.7", 1)) as client:
        answer = client.get("/studio/sign-in")
        assert (answer.status_code, "https" in answer.text) == (403, True)


def test_no_page_is_kept_by_a_browser(employ: Employ) -> None:
    assert employ("Anna", "author").open("/studio/").headers["cache-control"] == "no-store"


def test_signing_out_ends_the_session_for_good(employ: Employ) -> None:
    anna = employ("Anna", "author")
    session = anna.client.cookies["lantern_staff"]
    assert anna.act("/studio/", "/studio/sign-out").headers["location"].startswith("/studio/sign-in")
    anna.client.cookies.set("lantern_staff", session, domain="127.0.0.1", path="/studio")
    assert anna.open("/studio/").status_code == 303


def test_an_idle_session_is_over(employ: Employ, clock: Clock) -> None:
    anna = employ("Anna", "author")
    clock.move(minutes=29)
    assert anna.open("/studio/").status_code == 200
    clock.move(minutes=31)
    assert anna.open("/studio/").status_code == 303


def test_a_form_without_the_mark_of_the_session_does_nothing(employ: Employ, parts: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "author")
    page = anna.open("/studio/entries/en/tea-what-is")
    for mark in ("", "0" * 64, ben.client.cookies["lantern_staff"]):
        assert anna.send(page, "/change", form_mark=mark).status_code == 403
    assert parts.knowledge.store.drafts() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "", "Origin": "http://["},
    ],
)
def test_a_form_from_another_site_does_nothing(employ: Employ, parts: Parts, headers: dict[str, str]) -> None:
    anna = employ("Anna", "author")
    page = anna.open("/studio/entries/en/tea-what-is")
    assert anna.send(page, "/change", headers=headers).status_code == 403
    assert parts.knowledge.store.drafts() == []
    assert (
        anna.send(anna.open("/studio/sign-in"), "/sign-in", headers=headers, name="Anna", password=OWN).status_code
        == 403
    )


def test_a_sign_in_form_of_another_browser_signs_nobody_in(employ: Employ, app: Starlette) -> None:
    employ("Anna", "author")
    theirs, mine = Person(app, "Anna"), Person(app, "Anna")
    page = theirs.open("/studio/sign-in")
    mine.open("/studio/sign-in")
    assert mine.send(page, "/studio/sign-in", name="Anna", password=OWN).status_code == 403
    assert mine.open("/studio/").status_code == 303


def test_who_guesses_is_told_to_wait(employ: Employ, app: Starlette, clock: Clock) -> None:
    employ("Anna", "author")
    anna = Person(app, "Anna")
    assert [anna.sign_in("wrong words here").status_code for _ in range(7)] == [401] * 5 + [429] * 2
    assert "wait" in anna.sign_in().text
    clock.move(minutes=1)
    assert anna.sign_in().status_code == 303


def test_one_time_codes_are_set_up_asked_for_and_given_up(employ: Employ, app: Starlette, clock: Clock) -> None:
    anna = employ("Anna", "author")
    page = anna.open("/studio/account")
    secret = page.text.split('name="secret" value="')[1].split('"')[0]
    address = html.unescape(page.text.split('href="otpauth:')[1].split('"')[0])
    assert f"secret={secret}" in address
    drawn = re.findall(r'<path transform="scale\(4\)" stroke="#000" d="(\S[^"]*)"', page.text)
    assert drawn == re.findall(r' d="([^"]*)"', segno.make(f"otpauth:{address}", error="m").svg_inline(scale=4))
    assert anna.send(page, "/account/codes", code="12").status_code == 409
    assert anna.send(page, "/account/codes", code="123456", secret="nonsense").status_code == 409
    assert anna.send(page, "/account/codes", code=pyotp.TOTP(secret).at(clock())).status_code == 303
    clock.move(minutes=2)
    again = Person(app, "Anna")
    assert again.sign_in().status_code == 401
    assert again.sign_in(code=pyotp.TOTP(secret).at(clock())).status_code == 303
    assert again.act("/studio/account", "/no-codes", password="not this one").status_code == 409
    assert again.act("/studio/account", "/no-codes", password=OWN).status_code == 303
    assert Person(app, "Anna").sign_in().status_code == 303


def test_text_sent_after_the_session_ended_is_offered_again_after_signing_in(
    employ: Employ, parts: Parts, clock: Clock
) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    page = anna.open(f"{draft}/edit")
    clock.move(minutes=31)
    refused = anna.send(page, "/save", answer="Tea is <b>hot</b>.\nAnd brown.")
    assert refused.status_code == 401
    assert "kept in this page" in refused.text
    offered = anna.send(refused, "/studio/sign-in", name="Anna", password=OWN)
    assert offered.status_code == 200
    assert "Tea is &lt;b&gt;hot&lt;/b&gt;." in offered.text
    assert "Other ways to ask it" in offered.text
    assert "With cautions" not in offered.text
    assert anna.send(offered, "/save").status_code in (200, 422)
    kept = parts.knowledge.store.drafts()[0].entry
    assert kept.answer == "Tea is <b>hot</b>.\nAnd brown."
    assert kept.phrasings == parts.knowledge.live().live("tea-what-is").entry.phrasings


def test_a_password_that_was_sent_too_late_is_not_repeated(employ: Employ, clock: Clock) -> None:
    anna = employ("Anna", "author")
    page = anna.open("/studio/account")
    clock.move(minutes=31)
    answer = anna.send(page, "/account/password", old=OWN, new="another four calm otters", again="x")
    assert answer.status_code == 303
    assert "otters" not in answer.text


def test_the_script_is_told_that_the_session_is_over(employ: Employ, clock: Clock) -> None:
    anna = employ("Anna", "author")
    page = anna.open(f"{begin(anna)}/edit")
    clock.move(minutes=31)
    answer = anna.send(page, "/save", headers={"Accept": "application/json"}, answer="Later.")
    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")


def test_an_admin_adds_changes_resets_and_closes_but_never_themselves(employ: Employ, app: Starlette) -> None:
    ada = employ("Ada", "admin")
    added = ada.act("/studio/people", "/studio/people", name="Anna", role=["author", "reviewer"])
    password = added.text.split('<code class="key">')[1].split("<")[0]
    anna = Person(app, "Anna")
    assert anna.sign_in(password).status_code == 303
    page = anna.open("/studio/account")
    anna.send(page, "/account/password", old=password, new=OWN, again=OWN)
    assert anna.open("/studio/people").status_code == 403

    people = ada.open("/studio/people")
    assert ada.send(people, "/people/roles", name="Anna", role=["publisher"]).status_code == 303
    assert "Publisher" in anna.open("/studio/account").text
    assert ada.send(people, "/people/roles", name="Anna", role=[]).status_code == 409
    for action in ("/people/roles", "/people/reset", "/people/close"):
        assert ada.send(people, action, name=" ada ", role=["author"]).status_code == 409
    reset = ada.send(people, "/people/reset", name="Anna")
    assert anna.open("/studio/").status_code == 303
    password = reset.text.split('<code class="key">')[1].split("<")[0]
    assert anna.sign_in(password).status_code == 303
    assert ada.send(people, "/people/close", name="Anna").status_code == 303
    assert anna.sign_in(password).status_code == 401


def test_the_studio_can_stand_on_a_port_of_its_own(parts: Parts) -> None:
    apart = replace(parts, settings=replace(parts.settings, studio_port=8081))
    door = TestClient(build(apart), HOST, client=("127.0.0.1", 1), headers=BROWSER)
    studio = TestClient(build_studio(apart), HOST, client=("127.0.0.1", 1), headers=BROWSER)
    assert door.get("/studio/sign-in").status_code == 404
    assert studio.get("/studio/sign-in").status_code == 200
    assert studio.get("/static/studio.css").status_code == 200
    assert studio.get("/library/").status_code == 404
