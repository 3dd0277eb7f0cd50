"""The client against a real HTTP server that speaks the registry's shapes, and against one that does not."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from knowledge.trials.record import FIELDS
from knowledge.trials.registry import (
    PAGE,
    TRIES,
    Registry,
    RegistryAnswerUnusable,
    RegistryAway,
    RegistryError,
    RegistryRefused,
)
from tests.knowledge.trials.syncing import EVERYTHING, Ticks, client
from tests.registry_server import Answering, Asked
from tests.registry_server import Registry as Server
from tests.trials_registry import number_of, records

SEARCH = EVERYTHING[0]
HUGE = 30_000_000


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(records(250)).running() as server:
        yield server


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def registry(server: Server, ticks: Ticks) -> Iterator[Registry]:
    with client(server.address, ticks) as registry:
        yield registry


def sends(status: int, body: Any, kind: str | None = None, **headers: str) -> Callable[[Answering, Asked], bool]:
    """A registry that answers everything so."""

    def misbehave(answering: Answering, asked: Asked) -> bool:
        answering.say(status, body, kind, **headers)
        return True

    return misbehave


def at_first(times: int, misbehave: Callable[[Answering, Asked], bool]) -> Callable[[Answering, Asked], bool]:
    """A registry that misbehaves so many times and is well afterwards."""
    left = [times]

    def sometimes(answering: Answering, asked: Asked) -> bool:
        left[0] -= 1
        return left[0] >= 0 and misbehave(answering, asked)

    return sometimes


def test_a_search_is_read_page_by_page(registry: Registry, server: Server) -> None:
    found, token, pages = [], None, 0
    while pages == 0 or token:
        page = registry.search(SEARCH, token)
        assert page.total == 250
        found += page.records
        token, pages = page.token, pages + 1
    assert found == server.studies
    assert pages == 3
    for asked in server.pages:
        assert asked["pageSize"] == str(PAGE)
        assert asked["countTotal"] == "true"
        assert asked["query.intr"] == "CAR-T"
        assert set(asked["fields"].split(",")) == set(FIELDS)


def test_it_says_who_it_is_and_gives_nothing_else_away(registry: Registry, server: Server) -> None:
    server.misbehave = sends(200, {"studies": []}, **{"Set-Cookie": "visitor=1"})
    registry.search(SEARCH)
    registry.search(SEARCH)
    for headers in server.headers:
        assert headers["User-Agent"].startswith("Lantern/")
        assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_no_two_requests_go_out_within_a_second(registry: Registry, ticks: Ticks) -> None:
    for _ in range(5):
        registry.search(SEARCH)
    assert ticks.waited == [1.0] * 4
    ticks.seconds += 10
    registry.search(SEARCH)
    assert ticks.waited == [1.0] * 4


def test_studies_are_asked_for_by_number(registry: Registry, server: Server) -> None:
    wanted = [number_of(record) for record in server.studies[3:9]]
    page = registry.by_numbers([*wanted, "NCT00000001"])
    assert [number_of(record) for record in page.records] == wanted


def test_one_study(registry: Registry, server: Server) -> None:
    assert registry.study(number_of(server.studies[7])) == server.studies[7]


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_a_study_that_the_registry_does_not_have(registry: Registry, server: Server, kind: str) -> None:
    server.misbehave = sends(404, "<html>nothing here</html>", kind)
    assert registry.study("NCT00000001") is None


def test_the_registry_says_when_it_made_its_data(registry: Registry, server: Server) -> None:
    moment = registry.data_of()
    assert moment is not None
    assert moment.isoformat() == "2026-11-28T09:00:05+00:00"
    for odd in ({}, {"dataTimestamp": "yesterday"}, {"dataTimestamp": 5}):
        server.misbehave = sends(200, odd)
        assert registry.data_of() is None


def test_a_refusal_in_plain_text_is_told_without_its_signs(registry: Registry, server: Server) -> None:
    server.misbehave = sends(400, "Invalid prefix:\x1b[31m query.bond\n" + "x" * 5000)
    with pytest.raises(RegistryRefused, match=r"answers 400: Invalid prefix: \[31m query\.bond x+$") as refused:
        registry.search(SEARCH)
    assert refused.value.status == 400
    assert len(str(refused.value)) < 300


# Busy -----------------------------------------------------------------------------------------------------------


def test_what_fails_for_a_moment_is_asked_for_again(registry: Registry, server: Server, ticks: Ticks) -> None:
    server.misbehave = at_first(2, sends(503, "wait a moment"))
    assert len(registry.search(SEARCH).records) == PAGE
    assert ticks.waited == [1.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_the_registry_asks_for(
    registry: Registry, server: Server, ticks: Ticks, status: int
) -> None:
    server.misbehave = at_first(1, sends(status, "", **{"Retry-After": "17"}))
    assert len(registry.search(SEARCH).records) == PAGE
    assert ticks.waited == [17.0]


def test_it_does_not_wait_longer_than_a_request_may_take(registry: Registry, server: Server, ticks: Ticks) -> None:
    server.misbehave = sends(429, "", **{"Retry-After": "3600"})
    with pytest.raises(RegistryAway, match="answers 429; the next try would be in 3600 s"):
        registry.search(SEARCH)
    assert (ticks.waited, len(server.asked)) == ([], 1)


@pytest.mark.parametrize("after", ["1", "0", "soon", "-5", "9" * 50, None])
def test_a_storm_of_refusals_ends(registry: Registry, server: Server, ticks: Ticks, after: str | None) -> None:
    server.misbehave = sends(429, "slow down", **({"Retry-After": after} if after else {}))
    with pytest.raises(RegistryAway):
        registry.search(SEARCH)
    assert len(server.asked) <= TRIES
    assert all(pause >= 1.0 for pause in ticks.waited)


# Elsewhere ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_other_host_is_asked(registry: Registry, server: Server, status: int) -> None:
    with Server(records(3)).running() as other:
        server.misbehave = sends(status, "", Location=f"{other.address}/studies")
        with pytest.raises(RegistryRefused, match=r"redirects to another host, 127\.0\.0\.1:"):
            registry.search(SEARCH)
        assert other.asked == []


def test_a_redirect_to_no_address_is_refused(registry: Registry, server: Server) -> None:
    server.misbehave = sends(302, "", Location="https://[registry")
    with pytest.raises(RegistryRefused, match="redirects to no address at all"):
        registry.search(SEARCH)


def test_an_old_number_leads_to_the_present_one(registry: Registry, server: Server) -> None:
    present = number_of(server.studies[0])
    server.misbehave = at_first(1, sends(301, "", Location=f"/api/v2/studies/{present}"))
    assert registry.study("NCT00000001") == server.studies[0]


def test_a_redirect_that_goes_round_in_circles_ends(registry: Registry, server: Server) -> None:
    server.misbehave = sends(301, "", Location="/api/v2/studies")
    with pytest.raises(RegistryRefused, match="redirects for ever"):
        registry.search(SEARCH)
    assert len(server.asked) < 10


# Too slow -------------------------------------------------------------------------------------------------------


def drips(whole: bytes, piece: bytes) -> Callable[[Answering, Asked], bool]:
    """A registry that sends `whole`, and then a piece of a few bytes ten times a second, for ever."""

    def misbehave(answering: Answering, asked: Asked) -> bool:
        answering.close_connection = True
        try:
            answering.wfile.write(whole)
            while not answering.registry.hold.wait(0.1):
                answering.wfile.write(piece)
                answering.wfile.flush()
        except OSError:
            pass
        return True

    return misbehave


@pytest.mark.parametrize(
    "misbehave",
    [
        drips(b"", b"H"),
        drips(b"HTTP/1.1 200 OK\r\n", b"X-Header: 1\r\n"),
        drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        drips(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["status line", "headers", "body", "body without an end", "chunks"],
)
def test_a_drip_ends_when_the_time_of_a_request_is_over(
    server: Server, ticks: Ticks, misbehave: Callable[[Answering, Asked], bool]
) -> None:
    server.misbehave = misbehave
    with client(server.address, ticks, total=1.0) as registry:
        with pytest.raises(RegistryAway, match="did not answer within 1 s"):
            registry.search(SEARCH)
        server.misbehave = None
        assert len(registry.search(SEARCH).records) == PAGE


def test_silence_ends(server: Server, ticks: Ticks) -> None:
    def silent(answering: Answering, asked: Asked) -> bool:
        answering.registry.hold.wait(20)
        return True

    server.misbehave = silent
    with client(server.address, ticks, step=0.2) as registry, pytest.raises(RegistryAway, match="was silent for"):
        registry.study("NCT90000000")


# Too much -------------------------------------------------------------------------------------------------------


@pytest.fixture
def memory() -> Iterator[Callable[[], int]]:
    """The most that Python held at once since the test began, in bytes."""
    tracemalloc.start()
    begun = tracemalloc.get_traced_memory()[0]
    yield lambda: tracemalloc.get_traced_memory()[1] - begun
    tracemalloc.stop()


PACKED = gzip.compress(b"[" + b" " * HUGE + b"]")


@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_what_is_too_much_is_not_read(server: Server, ticks: Ticks, status: int, memory: Callable[[], int]) -> None:
    def endless(answering: Answering, asked: Asked) -> bool:
        answering.close_connection = True
        answering.begin(status, "application/json", **{"Content-Length": str(HUGE), "Location": "/api/v2/studies"})
        try:
            for _ in range(HUGE // 10_000):
                answering.wfile.write(b" " * 10_000)
        except OSError:
            pass
        return True

    server.misbehave = endless
    with client(server.address, ticks, most_bytes=1_000_000) as registry, pytest.raises(RegistryError):
        registry.search(SEARCH)
    assert memory() < 5_000_000


def test_what_is_too_much_once_it_is_unpacked_is_not_unpacked(
    server: Server, ticks: Ticks, memory: Callable[[], int]
) -> None:
    assert len(PACKED) < 50_000
    server.misbehave = sends(200, PACKED, "application/json", **{"Content-Encoding": "gzip"})
    with (
        client(server.address, ticks, most_bytes=1_000_000) as registry,
        pytest.raises(RegistryAnswerUnusable, match="more than 1000000 bytes"),
    ):
        registry.search(SEARCH)
    assert memory() < 5_000_000


# No answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"<html><body>Sign in to the hospital's network</body></html>", "text/html"),
        (b'{"studies": [{"protocolSection": ', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"studies": ' + b"1" * 10_000 + b"}", "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"[]", "application/json"),
        (b'"studies"', "application/json"),
        (b'{"studies": null}', "application/json"),
        (b'{"studies": {"0": {}}}', "application/json"),
        (b'{"studies": [], "nextPageToken": 5}', "application/json"),
        (b'{"studies": [], "nextPageToken": ""}', "application/json"),
        (b'{"studies": [], "nextPageToken": "a\\nb"}', "application/json"),
        (json.dumps({"studies": [], "nextPageToken": "x" * 5000}).encode(), "application/json"),
    ],
)
def test_what_is_no_answer_of_the_registry_is_refused(
    registry: Registry, server: Server, body: bytes, kind: str
) -> None:
    server.misbehave = sends(200, body, kind)
    with pytest.raises(RegistryAnswerUnusable) as refused:
        registry.search(SEARCH)
    assert "hospital" not in str(refused.value), "what it sent is nobody's to read"


def test_an_answer_that_is_cut_short_is_no_answer(registry: Registry, server: Server) -> None:
    def cut(answering: Answering, asked: Asked) -> bool:
        answering.begin(200, "application/json", **{"Content-Length": "40"})
        answering.wfile.write(b'{"studies": []}')
        answering.close_connection = True
        return True

    server.misbehave = cut
    with pytest.raises(RegistryAway, match="broke off"):
        registry.search(SEARCH)


@pytest.mark.parametrize("total", [-1, "250", True, None, 2.5])
def test_a_count_that_is_none_is_not_known(registry: Registry, server: Server, total: object) -> None:
    server.misbehave = sends(200, {"studies": [], "totalCount": total})
    assert registry.search(SEARCH).total is None


# Nobody there ---------------------------------------------------------------------------------------------------


def test_a_registry_that_is_not_there_is_told_in_a_sentence(ticks: Ticks) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v2"
    with client(address, ticks) as registry, pytest.raises(RegistryAway, match="cannot be reached: does it run"):
        registry.data_of()


def test_a_name_that_is_not_known_is_told_in_a_sentence(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        client("http://registry.invalid/api", ticks) as registry,
        pytest.raises(RegistryAway, match="cannot be found: is there a network"),
    ):
        registry.data_of()


def test_the_proxy_of_the_machine_is_the_way_out(server: Server, ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.address.removesuffix("/api/v2"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with client("http://registry.example/api/v2", ticks) as registry:
        assert registry.study(number_of(server.studies[0])) == server.studies[0]
    assert server.asked[0][0].startswith("/api/v2/studies/")


def test_a_registry_without_a_valid_certificate_is_not_believed(server: Server, ticks: Ticks) -> None:
    with (
        client(server.address.replace("http:", "https:"), ticks) as registry,
        pytest.raises(RegistryAway, match="cannot be reached safely"),
    ):
        registry.data_of()
    assert server.asked == []
