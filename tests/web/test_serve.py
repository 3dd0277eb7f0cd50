"""The door under its real server: what only shows on a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.running import wait_until
from tests.web.conftest import COLLAPSED, WEBHOOK
from web.connections import HEAD_BYTES, UNREAD_BYTES
from web.parts import Parts
from web.protection import HEADERS
from web.serve import listening, server
from web.settings import Settings

Address = tuple[str, int]
QUESTION = json.dumps({"sender": "someone", "message": "Is lupus contagious?"}).encode()
JSON = "Content-Type: application/json"
MEGABYTE = b"x" * 1_048_576


@contextmanager
def served(web: uvicorn.Server, listener: socket.socket) -> Iterator[Address]:
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        web.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@contextmanager
def door(parts: Parts, **changed: Any) -> Iterator[Address]:
    """A served door on a free port, with these settings changed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = replace(parts.settings, port=listener.getsockname()[1], **changed)
        with served(server(replace(parts, settings=settings)), listener) as address:
            yield address


@pytest.fixture
def address(parts: Parts) -> Iterator[Address]:
    with door(parts) as address:
        yield address


class Slow:
    """An application that answers when it is let go. `large`: with so many bytes, at once."""

    def __init__(self, large: int = 0) -> None:
        self.large = large
        self.asked = threading.Semaphore(0)
        self.let_go = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked.release()
        if not self.large:
            await asyncio.get_running_loop().run_in_executor(None, self.let_go.wait, 20)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * self.large})


@contextmanager
def application(app: Slow, refused: list[str], **changed: Any) -> Iterator[Address]:
    """A served application in the door's place."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(home=Path(), port=listener.getsockname()[1], **changed)
        try:
            with served(listening(app, settings, refused.append), listener) as address:
                yield address
                app.let_go.set()
        finally:
            app.let_go.set()


def head(*headers: str, method: str = "POST", path: str = WEBHOOK) -> bytes:
    """The head of a request, without the empty line that ends it."""
    lines = (f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def call(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=30)


def flood(connection: socket.socket, chunk: bytes, most: int) -> int:
    """Sends so many bytes, in chunks, until all are gone or the other side has had enough; returns how many left."""
    sent = 0
    try:
        while sent < most:
            connection.sendall(chunk)
            sent += len(chunk)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return sent


def rest_of(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer, of which the connection may stay open."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        assert chunk, "closed without an answer"
        received += chunk
    top, _, body = received.partition(b"\r\n\r\n")
    status, *rows = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (row.split(": ", 1) for row in rows)}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(status.split()[1]), headers, body


def assert_refused(connection: socket.socket, status: int, code: str) -> None:
    """The next answer is that refusal, protected like any other."""
    found, headers, body = answer_of(connection)
    assert (found, json.loads(body)["error"]) == (status, code)
    assert json.loads(body)["detail"].endswith(".")
    assert all(headers[name.lower()] == value for name, value in HEADERS.items())


def assert_answers(address: Address) -> None:
    """Others are served: a card comes."""
    body = {"sender": "someone", "message": COLLAPSED}
    response = httpx.post(f"http://127.0.0.1:{address[1]}{WEBHOOK}", json=body, trust_env=False)
    assert response.json()[0]["custom"]["kind"] == "emergency"


def test_it_answers_and_logs_no_message(address: Address, capfd: pytest.CaptureFixture[str]) -> None:
    body = {"sender": "someone", "message": "Is lupus contagious, asked Wilhelmina"}
    response = httpx.post(f"http://127.0.0.1:{address[1]}{WEBHOOK}", json=body, trust_env=False)
    assert response.status_code == 200
    assert response.json()[0]["custom"]["entry"] == "lupus-contagious"
    assert "server" not in response.headers
    assert "Wilhelmina" not in "".join(capfd.readouterr())


def test_a_body_without_length_is_refused_over_the_limit(address: Address) -> None:
    large = (b"x" * 1024 for _ in range(200))
    headers = {"Content-Type": "application/json"}
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", trust_env=False) as caller:
        refused = caller.post(WEBHOOK, content=large, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (413, "too_large")
        question = {"sender": "someone", "message": "Is lupus contagious?"}
        assert caller.post(WEBHOOK, json=question).status_code == 200


def test_a_proxy_cannot_speak_for_this_machine(address: Address) -> None:
    response = httpx.post(
        f"http://127.0.0.1:{address[1]}{WEBHOOK}",
        json={"sender": "someone", "message": "hi"},
        headers={"X-Forwarded-For": "127.0.0.1"},
        trust_env=False,
    )
    assert response.status_code == 401


def test_a_huge_body_is_refused_before_it_is_read(address: Address) -> None:
    with call(address) as caller:
        caller.sendall(head(JSON, f"Content-Length: {1024 * len(MEGABYTE)}") + b"\r\n")
        assert_refused(caller, 413, "too_large")
        assert flood(caller, MEGABYTE, 64 * len(MEGABYTE)) < 64 * len(MEGABYTE)
    assert_answers(address)


def test_a_refused_body_of_usual_size_does_not_cost_the_connection(address: Address) -> None:
    large = UNREAD_BYTES // 2
    with call(address) as caller:
        caller.sendall(head(JSON, f"Content-Length: {large}") + b"\r\n" + b"x" * large)
        assert_refused(caller, 413, "too_large")
        caller.sendall(head(JSON, f"Content-Length: {len(QUESTION)}") + b"\r\n" + QUESTION)
        assert answer_of(caller)[0] == 200


def test_a_packed_body_is_refused_unopened(address: Address) -> None:
    with call(address) as caller:
        caller.sendall(head(JSON, "Content-Encoding: gzip", "Content-Length: 3") + b"\r\n\x1f\x8b\x08")
        assert_refused(caller, 415, "encoded")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([f"X-{number}: a" for number in range(1000)], id="1,000 headers"),
        pytest.param(["X: " + "a" * HEAD_BYTES], id="one long header"),
        pytest.param(["X" * HEAD_BYTES + ": a"], id="one long name"),
    ],
)
def test_a_head_without_measure_is_refused(address: Address, headers: list[str]) -> None:
    with call(address) as caller:
        flood(caller, head(*headers, method="GET", path="/healthz") + b"\r\n", 1)
        assert_refused(caller, 431, "head_too_large")
    assert_answers(address)


@pytest.mark.parametrize(
    ("begun", "chunk"),
    [
        pytest.param(b"GET /", b"a" * 8192, id="an address"),
        pytest.param(head(), b"X: a\r\n" * 1000, id="headers"),
        pytest.param(head() + b"X: ", b"a" * 8192, id="one header"),
        pytest.param(
            head(JSON, "Transfer-Encoding: chunked") + b"\r\n1\r\n{\r\n0\r\n", b"X: a\r\n" * 1000, id="trailers"
        ),
        pytest.param(head(JSON, "Transfer-Encoding: chunked") + b"\r\n1;", b"a" * 8192, id="a chunk's extension"),
    ],
)
def test_what_never_ends_is_cut_off(address: Address, begun: bytes, chunk: bytes) -> None:
    with call(address) as caller:
        caller.sendall(begun)
        assert flood(caller, chunk, 64 * len(MEGABYTE)) < 64 * len(MEGABYTE)
    assert_answers(address)


def test_a_head_within_the_limits_is_fine(address: Address) -> None:
    with call(address) as caller:
        caller.sendall(head(*["X: " + "a" * 600] * 90, method="GET", path="/healthz") + b"\r\n")
        assert answer_of(caller)[0] == 200


NOT_HTTP = {
    "method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "tunnel": b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "bytes in the path": b"GET /lib\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the path": b"GET /lib\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "address": b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "bytes in a header's name": b"GET / HTTP/1.1\r\nHost: a\r\nX\x80: a\r\n\r\n",
    "two lengths": head("Content-Length: 2", "Transfer-Encoding: chunked") + b"\r\n0\r\n\r\n",
    "a length twice": head("Content-Length: 2", "Content-Length: 3") + b"\r\n{}",
    "negative length": head("Content-Length: -2") + b"\r\n{}",
    "chunk": head("Transfer-Encoding: chunked") + b"\r\nzz\r\n",
}


def test_what_is_not_http_is_a_plain_400(address: Address, capfd: pytest.CaptureFixture[str]) -> None:
    answers = {}
    for name, sent in NOT_HTTP.items():
        with call(address) as caller:
            caller.sendall(sent)
            status, headers, body = answer_of(caller)
            answers[name] = (status, json.loads(body)["error"], headers["connection"], rest_of(caller))
    assert answers == dict.fromkeys(NOT_HTTP, (400, "bad_request", "close", b""))
    assert "".join(capfd.readouterr()) == "", "noise from outside fills no log"


ODD_NAMES = ("%00", "a%00b", "%ed%a0%80", "%ff", "..%2fsettings.py", "../settings.py", "a" * 5000, "%", "%zz")
ODD_REQUESTS = {
    **{("GET", f"{folder}/{name}"): 404 for folder in ("/static", "/widget", "/library", "") for name in ODD_NAMES},
    ("GET", "/static/"): 404,
    ("GET", "//evil.example/library"): 404,
    ("OPTIONS", "*"): 404,
    ("TRACE", "/"): 405,
    ("DELETE", "/library/"): 405,
    ("POST", "/static/lantern.css"): 405,
    ("PUT", "/healthz"): 405,
    ("GET", WEBHOOK): 405,
}


def test_odd_addresses_and_methods_are_told_so(address: Address) -> None:
    answers = {}
    for method, path in ODD_REQUESTS:
        with call(address) as caller:
            caller.sendall(head("Accept: */*", method=method, path=path) + b"\r\n")
            answers[method, path], headers, body = answer_of(caller)
        assert headers["x-content-type-options"] == "nosniff"
        is_json = headers["content-type"] == "application/json"
        assert set(json.loads(body)) == {"error", "detail"} if is_json else b"</html>" in body
    assert answers == ODD_REQUESTS


ODD_HEADERS = ("Accept", "Accept-Language", "Authorization", "Cookie", "Origin", "If-None-Match", "Range", "Via", "X")


def test_odd_headers_do_no_harm(address: Address) -> None:
    odd = "\xff\xed\xa0\x80 %00"
    answers = {}
    for name in ODD_HEADERS:
        with call(address) as caller:
            caller.sendall(head(f"{name}: {odd}", method="GET", path="/static/lantern.css") + b"\r\n")
            answers[name] = answer_of(caller)[0]
    assert answers == dict.fromkeys(ODD_HEADERS, 200)
    with call(address) as caller:
        caller.sendall(head(f"Content-Type: {odd}", "Content-Length: 2") + b"\r\n{}")
        assert_refused(caller, 415, "not_json")


def test_another_protocol_is_not_taken_up(address: Address) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: YQ==")
    with call(address) as caller:
        caller.sendall(head(*upgrade, method="GET", path="/healthz") + b"\r\n")
        assert answer_of(caller)[0] == 200


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET /he", id="in the first line"),
        pytest.param(head() + b"X: a", id="in a header"),
        pytest.param(head(JSON, "Content-Length: 100") + b'\r\n{"sender": ', id="in the body"),
        pytest.param(head(JSON, "Transfer-Encoding: chunked") + b"\r\n1\r\n{\r\n", id="between chunks"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /he", id="in the second request"),
    ],
)
def test_a_request_that_stops_half_way_is_given_up(parts: Parts, begun: bytes) -> None:
    with door(parts, body_seconds=1) as address, call(address) as caller:
        caller.sendall(begun)
        if b"/healthz" in begun:
            assert answer_of(caller)[0] == 200
        assert_refused(caller, 408, "too_slow")
        assert rest_of(caller) == b""
        assert_answers(address)


def test_bytes_that_drip_in_do_not_buy_time(parts: Parts) -> None:
    with door(parts, body_seconds=1) as address, call(address) as caller:
        caller.sendall(head(JSON, "Content-Length: 1000000") + b"\r\n")
        assert_refused(caller, 413, "too_large")
        caller.settimeout(0.05)
        received = b""
        with pytest.raises((ConnectionResetError, BrokenPipeError, EOFError)):  # noqa: PT012
            for _ in range(400):
                caller.sendall(b"x")
                try:
                    received += caller.recv(1)
                except TimeoutError:
                    continue
                raise EOFError
        assert received == b""


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_a_connection_that_asks_nothing_is_closed(parts: Parts, sent: bytes) -> None:
    with door(parts, body_seconds=1) as address, call(address) as caller:
        caller.sendall(sent)
        assert rest_of(caller) == b""


def test_an_empty_line_after_an_answer_does_not_keep_a_connection(parts: Parts) -> None:
    with door(parts, body_seconds=1) as address, call(address) as caller:
        caller.sendall(head(method="GET", path="/healthz") + b"\r\n")
        assert answer_of(caller)[0] == 200
        caller.sendall(b"\r\n")
        assert rest_of(caller) == b""


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    app, refused = Slow(large=64 * len(MEGABYTE)), []
    with application(app, refused, body_seconds=1) as address, call(address) as caller:
        caller.sendall(head(method="GET") + b"\r\n")
        wait_until("the other side to give up", lambda: refused == ["not_taken"], 30)
        assert len(rest_of(caller)) < app.large


def test_silent_connections_make_room_for_people(parts: Parts) -> None:
    with door(parts, connections=10) as address, ExitStack() as open_:
        silent = [open_.enter_context(call(address)) for _ in range(30)]
        for caller in silent:
            caller.sendall(b"GET /")
        assert_answers(address)
        assert rest_of(silent[0]) == b""


def test_a_person_is_not_sent_away_for_the_silent(parts: Parts, assistant: Any) -> None:
    assistant.behave = "hang"
    with door(parts, connections=10) as address, ExitStack() as open_:
        person = open_.enter_context(call(address))
        person.sendall(head(JSON, f"Content-Length: {len(QUESTION)}") + b"\r\n" + QUESTION)
        wait_until("the question", lambda: len(assistant.received) > 0)
        for _ in range(30):
            open_.enter_context(call(address)).sendall(b"GET /")
        assert_answers(address)
        assistant.let_go.set()
        assert answer_of(person)[0] == 200


def test_when_everybody_is_being_answered_the_next_is_asked_to_wait() -> None:
    app, refused = Slow(), []
    with application(app, refused, connections=10) as address, ExitStack() as open_:
        busy = [open_.enter_context(call(address)) for _ in range(10)]
        for caller in busy:
            caller.sendall(head(method="GET") + b"\r\n")
            assert app.asked.acquire(timeout=30)
        late = open_.enter_context(call(address))
        status, headers, body = answer_of(late)
        assert (status, json.loads(body)["error"], headers["retry-after"]) == (503, "too_busy", "5")
        assert refused == ["too_busy"]
        app.let_go.set()
        assert all(caller.recv(12) == b"HTTP/1.1 200" for caller in busy)


def test_requests_sent_all_at_once_are_few_or_none() -> None:
    app, refused = Slow(), []
    with application(app, refused) as address, call(address) as caller:
        caller.sendall(head(method="GET") + b"\r\n")
        assert app.asked.acquire(timeout=30)
        flood(caller, (head(method="GET") + b"\r\n") * 5000, 1)
        assert rest_of(caller) == b""
        assert not app.asked.acquire(blocking=False), "only the first of them was begun"


def test_requests_that_never_reach_the_application_are_counted(address: Address) -> None:
    with call(address) as caller:
        caller.sendall(NOT_HTTP["TLS"])
        assert_refused(caller, 400, "bad_request")
    with call(address) as caller:
        caller.sendall(head(method="GET", path="/metrics") + b"\r\n")
        assert b'lantern_refused_total{code="bad_request"} 1\n' in answer_of(caller)[2]


def test_the_door_answers_to_its_own_names_and_shares_with_listed_pages_only(parts: Parts) -> None:
    with door(parts, origins=("https://hospital.example",)) as address:
        caller = httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", trust_env=False)
        assert caller.get("/", headers={"Host": f"evil.example:{address[1]}"}).status_code == 421
        assert caller.get("/healthz", headers={"Host": "evil.example"}).status_code == 200
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        for origin, status in (("https://hospital.example", 204), ("https://elsewhere.example", 403)):
            response = caller.options("/api/v1/messages", headers={"Origin": origin, **asked})
            assert response.status_code == status
            assert ("access-control-allow-origin" in response.headers) == (status == 204)
        caller.close()


def test_two_requests_sent_at_once_are_both_answered(address: Address) -> None:
    with call(address) as caller:
        caller.sendall((head(method="GET", path="/healthz") + b"\r\n") * 2 + head("Connection: close") + b"\r\n")
        received = rest_of(caller)
    assert received.count(b'{"status":"ok"}') == 2
    assert received.count(b"HTTP/1.1") == 3
