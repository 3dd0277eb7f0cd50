"""Every address says who may use it, and keeps to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from tests.web.conftest import HOST, KEY
from web.app import build
from web.guards import everyone, servers, visitors
from web.parts import Parts

EXPECTED: dict[tuple[str, str], Any] = {
    ("POST", "/webhooks/rest/webhook"): servers,
    ("GET", "/metrics"): servers,
    ("POST", "/api/v1/conversations"): visitors,
    ("POST", "/api/v1/messages"): visitors,
    ("GET", "/api/v1/conversation"): visitors,
    ("DELETE", "/api/v1/conversation"): visitors,
    ("POST", "/api/v1/feedback"): visitors,
    ("GET", "/api/v1/glossary/{id}"): visitors,
    ("GET", "/api/v1/service"): everyone,
    ("GET", "/api/v1/cards"): everyone,
    ("GET", "/api/v1/entries"): visitors,
    ("GET", "/api/v1/entries/{id}"): visitors,
    ("GET", "/api/v1/trials"): visitors,
    ("GET", "/api/v1/trials/{nct}"): visitors,
    ("GET", "/library/trials"): everyone,
    ("GET", "/library/trials/"): everyone,
    ("GET", "/library/trials/changes.atom"): everyone,
    ("GET", "/library/trials/{nct}"): everyone,
    ("GET", "/library/trials/{nct}/changes.atom"): everyone,
    ("POST", "/library/"): visitors,
    ("GET", "/library/"): everyone,
    ("GET", "/library/{id}"): everyone,
    ("POST", "/library/{id}/report"): visitors,
    ("GET", "/library/glossary"): everyone,
    ("GET", "/library/sources"): everyone,
    ("GET", "/library/sitemap.xml"): everyone,
    ("GET", "/robots.txt"): everyone,
    ("GET", "/"): everyone,
    ("GET", "/chat"): everyone,
    ("GET", "/ask"): everyone,
    ("POST", "/ask"): visitors,
    ("GET", "/docs/embed"): everyone,
    ("GET", "/widget/{version}/{name}"): everyone,
    ("GET", "/widget/rules/1"): everyone,
    ("GET", "/docs/"): everyone,
    ("GET", "/docs/openapi.json"): everyone,
    ("GET", "/healthz"): everyone,
    ("GET", "/readyz"): everyone,
    ("GET", "/static"): everyone,
}
"""Who is meant to use each address. A new one needs a row here, so that somebody thought about it."""


def served(routes: list[BaseRoute]) -> Iterator[tuple[str, str, Any]]:
    """(method, path, guard) of everything that is served."""
    for route in routes:
        assert isinstance(route, (Route, Mount)), f"{route} is of a kind that this test does not know"
        methods = (route.methods or set()) - {"HEAD"} if isinstance(route, Route) else {"GET"}
        yield from ((method, route.path, getattr(route, "guard", None)) for method in methods)


def test_every_address_has_the_guard_that_was_thought_of_for_it(parts: Parts) -> None:
    found = {(method, path): guard for method, path, guard in served(build(parts).routes)}
    # Those of the studio have roles, and a table of their own (`tests/web/studio/test_access.py`).
    assert {row: guard for row, guard in found.items() if not row[1].startswith("/studio")} == EXPECTED


@pytest.mark.parametrize(("method", "path"), [row for row, guard in EXPECTED.items() if guard is servers])
def test_what_is_for_servers_opens_for_nobody_else(parts: Parts, method: str, path: str) -> None:
    with TestClient(build(parts), HOST, client=("192.0.2.7", 1)) as client:
        assert client.request(method, path).status_code == 401
        assert client.request(method, path, headers={"Authorization": f"Bearer {KEY}"}).status_code != 401


@pytest.mark.parametrize(("method", "path"), [row for row, guard in EXPECTED.items() if guard is visitors])
def test_what_is_for_visitors_is_limited_for_each_address(parts: Parts, method: str, path: str) -> None:
    parts = replace(parts, limits=replace_rate(parts))
    with TestClient(build(parts), HOST, client=("192.0.2.7", 1)) as client:
        body = {"message": "what is lupus"} if method == "POST" else None
        headers = {"Authorization": f"Bearer {'x' * 43}"} if path == "/api/v1/conversation" else {}
        fields = {"/library/": {"q": "lupus"}, "/ask": {"message": "what is lupus"}}.get(path)
        form = {"data": fields} if fields and body else {"json": body} if body else {}
        answers = [
            client.request(method, path.format(id="a", nct="NCT05938725"), headers=headers, **form) for _ in range(3)
        ]
        assert answers[0].status_code != 429
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1


def replace_rate(parts: Parts) -> Any:
    from web.limits import Limits, Rate

    return Limits(Rate(0), Rate(2, 60), lambda: 0.0, parts.metrics.limited)
