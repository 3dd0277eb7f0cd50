"""The outermost layer: names, origins, headers, redirects and faults, around a small application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from web.callers import networks
from web.protection import HEADERS, Protection
from web.settings import LOOPBACK_NAMES

BROWSER = {"Accept": "text/html"}
HOSPITAL = "https://hospital.example"
ELSEWHERE = "https://elsewhere.example"
ASKED = "/api/v1/messages"
ELEMENT = "/widget/lantern-chat.js"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


async def echo(request: Request) -> Response:
    return JSONResponse({"path": request.url.path}, headers={"Vary": "Accept"})


async def script(request: Request) -> Response:
    return PlainTextResponse("export {}", media_type="text/javascript")


async def away(request: Request) -> Response:
    return Response(status_code=303, headers={"Location": "https://example.org/there"})


async def broken(request: Request) -> Response:
    raise RuntimeError("what the person wrote")


def protected(**options: Any) -> Starlette:
    """A small application, protected with these options."""
    paths = ("/page", "/folder/", "/library/{id}", "/healthz", "/readyz", "/webhooks/rest/webhook")
    return Starlette(
        routes=[
            *[Route(path, echo) for path in paths],
            Route(ASKED, echo, methods=["GET", "POST"]),
            Route(ELEMENT, script),
            Route("/broken", broken),
            Route("/away", away),
        ],
        middleware=[Middleware(Protection, **options)],
    )


@pytest.fixture
def refused() -> list[str]:
    return []


@pytest.fixture
def client(refused: list[str]) -> Iterator[TestClient]:
    """Answers to one name beside this machine's, and to pages of one hospital; trusts a proxy on this machine."""
    app = protected(
        hosts=LOOPBACK_NAMES | {"lantern.example.org"},
        origins=(HOSPITAL, "http://localhost:3000"),
        proxies=networks("127.0.0.1"),
        refused=refused.append,
    )
    with TestClient(app, base_url="http://lantern.example.org", client=("127.0.0.1", 1)) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        *("lantern.example.org", "LANTERN.example.org:443", "lantern.example.org.", "lantern.example.org.:8080"),
        *("localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:65000", "[::1]", "[::1]:8080"),
    ],
)
def test_its_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/page", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "lantern.example.org.evil.example", "evil-lantern.example.org"),
        *("127.0.0.1.evil.example", "localhost@evil.example", "evil.example#localhost", "localhost:80:80"),
        *("", ":8080", ".", "[::1", "::1", "[::2]", "127.0.0.2", "\xff", "localhost, evil.example"),
    ],
)
def test_another_name_is_turned_away(client: TestClient, host: str, refused: list[str]) -> None:
    response = client.get("/page", headers={b"Host": host.encode("latin-1")})
    assert (response.status_code, response.json()["error"]) == (421, "wrong_host")
    assert refused == ["wrong_host"]
    for name, value in HEADERS.items():
        assert response.headers[name] == value


def test_two_names_are_none(client: TestClient) -> None:
    response = client.get("/page", headers=[("Host", "localhost"), ("Host", "localhost")])
    assert response.status_code == 421


def test_a_browser_under_another_name_sees_a_calm_page(client: TestClient) -> None:
    response = client.get("/page", headers={**BROWSER, "Host": "evil.example"})
    assert response.status_code == 421
    assert "emergency number" in response.text
    assert "evil" not in response.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_under_any_name(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"Host": "10.1.2.3:8080"}).status_code == 200


def test_without_a_list_every_name_is_answered() -> None:
    with TestClient(protected(), base_url="http://anything.example") as client:
        assert client.get("/page").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_a_listed_origin_may_read_the_answer(client: TestClient, method: str) -> None:
    response = client.request(method, ASKED, headers={"Origin": HOSPITAL})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == HOSPITAL
    assert response.headers["access-control-expose-headers"] == "Retry-After"
    assert response.headers["vary"] == "Accept, Origin"
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        *(ELSEWHERE, "null", "*", "", "http://hospital.example", "https://hospital.example:444"),
        *("https://hospital.example.evil.example", "https://hospital.example, https://elsewhere.example"),
    ],
)
def test_no_other_page_may_read_it(client: TestClient, origin: str) -> None:
    response = client.get(ASKED, headers={"Origin": origin})
    assert "access-control-allow-origin" not in response.headers
    assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize("path", ["/page", "/webhooks/rest/webhook", "/healthz", "/api/v2/x", "/api/v1"])
def test_nothing_else_is_shared_even_with_a_listed_origin(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Origin": HOSPITAL})
    assert "access-control-allow-origin" not in response.headers
    asked = client.options(path, headers={"Origin": HOSPITAL, **PREFLIGHT})
    assert asked.status_code in (404, 405)
    assert not [name for name in asked.headers if name.startswith("access-control")]


def test_a_listed_origin_may_ask_first(client: TestClient) -> None:
    response = client.options(ASKED, headers={"Origin": HOSPITAL, **PREFLIGHT})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == HOSPITAL
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "Content-Type" in response.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in response.headers


def test_any_other_origin_is_told_no(client: TestClient, refused: list[str]) -> None:
    response = client.options(ASKED, headers={"Origin": ELSEWHERE, **PREFLIGHT})
    assert (response.status_code, response.json()["error"]) == (403, "origin_not_listed")
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert refused == ["origin_not_listed"]


def test_asking_for_methods_without_an_origin_is_an_ordinary_request(client: TestClient) -> None:
    assert client.options(ASKED).status_code == 405


def test_a_page_elsewhere_can_load_the_chat_element(client: TestClient) -> None:
    response = client.get(ELEMENT, headers={"Origin": HOSPITAL})
    assert response.headers["access-control-allow-origin"] == HOSPITAL
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_without_listed_origins_nothing_is_shared() -> None:
    with TestClient(protected()) as client:
        for path in (ASKED, ELEMENT):
            response = client.get(path, headers={"Origin": HOSPITAL})
            assert response.headers["cross-origin-resource-policy"] == "same-origin"
            assert not [name for name in response.headers if name.startswith("access-control")]
        assert client.options(ASKED, headers={"Origin": HOSPITAL, **PREFLIGHT}).status_code == 403


HEADER_SNAPSHOT = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "permissions-policy": "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), "
    "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("/page", 200, "no-cache"),
        ("/nowhere", 404, "no-cache"),
        ("/broken", 500, "no-cache"),
        ("/folder", 307, "no-cache"),
        (ASKED, 200, "no-store"),
        ("/webhooks/rest/webhook", 200, "no-store"),
        ("/metrics", 404, "no-store"),
    ],
)
def test_the_headers_of_a_response_are_these(client: TestClient, path: str, status: int, kept: str) -> None:
    response = client.get(path, follow_redirects=False)
    assert response.status_code == status
    own = {"content-type", "content-length", "vary", "location"}
    found = {name: value for name, value in response.headers.items() if name not in own}
    assert found == {**HEADER_SNAPSHOT, "cache-control": kept}


def test_only_who_came_by_https_is_told_to_stay_there(client: TestClient) -> None:
    secure = client.get("/page", headers={"X-Forwarded-Proto": "https"})
    assert secure.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in client.get("/page").headers
    with TestClient(protected(), client=("203.0.113.7", 1)) as stranger:
        said = stranger.get("/page", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in said.headers


@pytest.mark.parametrize("host", ["lantern.example.org", "lantern.example.org:8080", "evil.example"])
def test_a_redirect_names_no_host(host: str) -> None:
    with TestClient(protected(), base_url=f"http://{host}") as client:
        response = client.get("/folder?q=1", follow_redirects=False)
    assert response.headers["location"] == "/folder/?q=1"


def test_a_redirect_elsewhere_stays_as_it_is(client: TestClient) -> None:
    assert client.get("/away", follow_redirects=False).headers["location"] == "https://example.org/there"


def test_a_fault_of_ours_is_counted_and_not_repeated(
    client: TestClient, refused: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for headers in ({}, BROWSER):
        response = client.get("/broken", headers=headers)
        assert response.status_code == 500
        assert "emergency number" in response.text
        assert "what the person wrote" not in response.text + caplog.text
        assert "Traceback" not in response.text + caplog.text
    assert refused == ["failed", "failed"]
    assert "RuntimeError at " in caplog.text
