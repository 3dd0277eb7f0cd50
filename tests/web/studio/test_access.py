"""Every address of the studio names who may open it, and keeps to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.web.studio.conftest import Employ, Person, begin, submit
from web.parts import Parts
from web.studio.access import admins, anybody, authors, publishers, publishers_and_admins, reviewers, staff

E = "/studio/entries/{locale}/{id}"
D = "/studio/drafts/{draft}"
EXPECTED: dict[tuple[str, str], Any] = {
    ("GET", "/studio/sign-in"): anybody,
    ("POST", "/studio/sign-in"): anybody,
    ("POST", "/studio/sign-out"): staff,
    ("GET", "/studio/account"): staff,
    ("POST", "/studio/account/password"): staff,
    ("POST", "/studio/account/codes"): staff,
    ("POST", "/studio/account/no-codes"): staff,
    ("GET", "/studio/people"): admins,
    ("POST", "/studio/people"): admins,
    ("POST", "/studio/people/roles"): admins,
    ("POST", "/studio/people/reset"): admins,
    ("POST", "/studio/people/close"): admins,
    ("GET", "/studio/"): staff,
    ("GET", E): staff,
    ("POST", f"{E}/change"): authors,
    ("POST", f"{E}/withdraw"): publishers,
    ("POST", f"{E}/retire"): publishers,
    ("POST", f"{E}/restore"): publishers,
    ("GET", f"{E}/sign-off"): staff,
    ("GET", "/studio/recall/{locale}/{id}"): staff,
    ("GET", "/studio/work"): staff,
    ("GET", "/studio/new"): authors,
    ("POST", "/studio/new"): authors,
    ("GET", "/studio/facts"): staff,
    ("GET", "/studio/sources"): staff,
    ("GET", D): staff,
    ("GET", f"{D}/edit"): authors,
    ("POST", f"{D}/save"): authors,
    ("POST", f"{D}/choose"): authors,
    ("POST", f"{D}/new-source"): authors,
    ("POST", f"{D}/look"): authors,
    ("POST", f"{D}/submit"): authors,
    ("POST", f"{D}/comment"): staff,
    ("POST", f"{D}/try"): staff,
    ("POST", f"{D}/approve"): reviewers,
    ("POST", f"{D}/send-back"): reviewers,
    ("POST", f"{D}/settle"): reviewers,
    ("POST", f"{D}/discard"): authors,
    ("GET", "/studio/reviews"): reviewers,
    ("POST", "/studio/reviews/approve"): reviewers,
    ("GET", "/studio/calendar"): staff,
    ("POST", "/studio/calendar/address"): staff,
    ("POST", "/studio/calendar/end"): staff,
    ("POST", "/studio/calendar/mail"): staff,
    ("GET", "/studio/calendar/{secret}.ics"): anybody,
    ("GET", "/studio/import"): authors,
    ("POST", "/studio/import/preview"): authors,
    ("POST", "/studio/import"): authors,
    ("GET", "/studio/answers.xlsx"): staff,
    ("GET", "/studio/questions"): staff,
    ("GET", "/studio/questions.csv"): staff,
    ("POST", "/studio/questions/draft"): authors,
    ("POST", "/studio/questions/place"): authors,
    ("POST", "/studio/questions/phrasing"): authors,
    ("POST", "/studio/questions/set-aside"): authors,
    ("GET", "/studio/inbox"): reviewers,
    ("POST", "/studio/inbox/answered"): reviewers,
    ("GET", "/studio/glossary"): staff,
    ("POST", "/studio/glossary/new"): authors,
    ("GET", "/studio/glossary/sign-off"): staff,
    ("GET", "/studio/cards"): staff,
    ("GET", "/studio/settings"): admins,
    ("POST", "/studio/settings/{group}"): admins,
    ("GET", "/studio/thresholds"): publishers_and_admins,
    ("POST", "/studio/thresholds/measure"): publishers_and_admins,
    ("POST", "/studio/thresholds/{name}"): publishers_and_admins,
    ("GET", "/studio/channels"): publishers_and_admins,
    ("POST", "/studio/channels/{channel}/send-again"): admins,
    ("GET", "/studio/overview"): staff,
    ("GET", "/studio/overview.csv"): staff,
    ("GET", "/studio/helped.csv"): staff,
    ("POST", "/studio/publish"): publishers,
    ("POST", "/studio/plans"): publishers,
    ("POST", "/studio/plans/{plan}/cancel"): publishers,
    ("GET", "/studio/releases"): staff,
    ("POST", "/studio/releases/{release}/roll-back"): publishers,
    ("POST", "/studio/releases/withdraw-topic"): publishers,
    ("POST", "/studio/releases/restore"): publishers,
    ("GET", "/studio/audit"): staff,
    ("GET", "/studio/audit.csv"): staff,
}
"""Who is meant to use each address. A new one needs a row here, so that somebody thought about it."""


def routes(app: Starlette) -> dict[tuple[str, str], Any]:
    found = [route for route in app.routes if isinstance(route, Route) and route.path.startswith("/studio")]
    return {
        (method, route.path): getattr(route, "guard", None)
        for route in found
        for method in (route.methods or set()) - {"HEAD"}
    }


def filled(path: str) -> str:
    return re.sub(r"{\w+}", "1", path.replace("{locale}/{id}", "en/tea-what-is"))


def test_every_address_has_the_role_that_was_thought_of_for_it(app: Starlette) -> None:
    assert routes(app) == EXPECTED


def test_without_a_session_nothing_opens(app: Starlette, parts: Parts) -> None:
    stranger = Person(app, "Nobody")
    before = len(list(parts.knowledge.store.audit()))
    for (method, path), needs in EXPECTED.items():
        if needs is not anybody:
            answer = stranger.client.request(method, filled(path))
            assert answer.status_code in (303, 401), (method, path)
            assert answer.status_code == 401 or answer.headers["location"].startswith("/studio/sign-in")
    assert len(list(parts.knowledge.store.audit())) == before


@pytest.mark.parametrize("role", ["author", "reviewer", "publisher", "admin"])
def test_each_role_opens_what_is_meant_for_it_alone(employ: Employ, parts: Parts, role: str) -> None:
    somebody = employ("Anna", role)
    mark = somebody.open("/studio/").text.split('name="form_mark" value="')[1].split('"')[0]
    for (method, path), needs in EXPECTED.items():
        if needs is anybody or path == "/studio/sign-out":
            continue
        data = {"data": {"form_mark": mark}} if method == "POST" else {}
        answer = somebody.client.request(method, filled(path), **data)
        allowed = not needs.roles or role in needs.roles
        assert allowed or answer.status_code == 403, (method, path, answer.status_code)
        if allowed and needs.roles:
            assert answer.status_code != 403 or "no author" in answer.text, (method, path, answer.text)


def test_an_approval_made_by_hand_is_refused_and_noted(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    page = submit(anna, draft, answer="Tea is a drink of leaves and hot water, at 70 degrees.")
    content_hash = parts.knowledge.store.drafts()[0].content_hash
    mark = page.text.split('name="form_mark" value="')[1].split('"')[0]
    refused = anna.client.post(f"{draft}/approve", data={"form_mark": mark, "hash": content_hash})
    assert refused.status_code == 403
    newest = list(parts.knowledge.store.audit())[-1]
    assert (newest.act, newest.person, newest.detail) == ("refused", "Anna", {"act": "approve"})
    assert parts.knowledge.store.drafts()[0].approvals == ()


def test_nobody_approves_their_own_text_whatever_their_roles(employ: Employ, parts: Parts) -> None:
    eve = employ("Eve", "author", "reviewer", "publisher", "admin")
    draft = begin(eve)
    page = submit(eve, draft, answer="Tea is a drink of leaves and hot water, at 70 degrees.")
    assert "somebody else has to" in page.text
    content_hash = parts.knowledge.store.drafts()[0].content_hash
    mark = page.text.split('name="form_mark" value="')[1].split('"')[0]
    refused = eve.client.post(f"{draft}/approve", data={"form_mark": mark, "hash": content_hash})
    assert (refused.status_code, "two people are needed" in refused.text) == (403, True)
    assert eve.client.post("/studio/publish", data={"form_mark": mark, "draft": draft[-1]}).status_code == 409
