"""A door with one channel, real HTTP at both ends: a stand-in provider that delivers, takes, and fails when told to."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from records import wiring as records_wiring
from records.tables import channel_inbox, channel_outbox, metadata
from records.wiring import Records
from storage.engine import read
from tests.databases import new_sqlite
from tests.running import wait_until
from tests.web.conftest import StandInAssistant
from tests.web.test_serve import door
from web.channels import wiring as channels_wiring
from web.channels.contract import Adapter
from web.channels.events import Events
from web.channels.settings import ADAPTERS, adapter, values
from web.channels.simulation.provider import Call, Heard, OverLimit, Provider
from web.channels.simulation.providers import provider
from web.channels.switchboard import HelpDesk
from web.limits import Limits, Rate
from web.parts import Parts

SECONDS = 30
"""Longest that a test waits for something that takes a moment."""
PUBLIC = "https://lantern.example.org"
EVERY_CHANNEL = sorted(ADAPTERS)


class StandInProvider:
    """A simulated provider behind HTTP. `behaves`: what it does to the next calls, one after the other: `ok`, a status,
    `never` (no answer until it is let go), `drop` (closes without one), `taken, then drop`; then it is well."""

    def __init__(self, simulated: Callable[[str], Provider]) -> None:
        self.behaves: deque[str] = deque()
        self.headers: dict[str, str] = {}
        self.heard: list[Heard] = []
        self.calls: list[str] = []
        self.broken: list[str] = []
        self.let_go = threading.Event()
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) == length:  # else whoever sent it was killed
                    outer.handle(self, body)

            do_GET = do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Connections of a gateway that was killed, and of tests that end."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.simulated = simulated(self.address)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._changed:
            self.calls.append(request.path)
            how = self.behaves.popleft() if self.behaves else "ok"
        if how == "never":
            self.let_go.wait(SECONDS)
        if how in ("drop", "never"):
            request.close_connection = True
            return request.connection.close()
        if how.isdigit():
            return self._send(request, int(how), self.headers, b"{}")
        try:
            headers = {name.lower(): value for name, value in request.headers.items()}
            reaction = self.simulated.receive(self.address + request.path, headers, body)
        except OverLimit as fault:
            self.broken.append(str(fault))
            return self._send(request, 400, {}, b"{}")
        with self._changed:
            if reaction.heard is not None:
                self.heard.append(reaction.heard)
            self._changed.notify_all()
        if how == "taken, then drop":
            request.close_connection = True
            return request.connection.close()
        answered = reaction.answered
        return self._send(request, answered.status, answered.headers, answered.body)

    def _send(self, request: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def await_heard(self, count: int) -> list[Heard]:
        """What people have seen, as soon as that is so many messages."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= count, SECONDS), (self.heard, self.broken)
        assert self.broken == []
        return list(self.heard)

    def await_calls(self, count: int) -> None:
        wait_until(f"{count} calls", lambda: len(self.calls) >= count, SECONDS)

    @property
    def texts(self) -> list[str]:
        return [heard.text for heard in self.heard]

    def stop(self) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Channel:
    """A channel that is open: what its provider does, and what became of it."""

    name: str
    adapter: Adapter
    provider: StandInProvider
    records: Records
    client: httpx.Client = field(default_factory=httpx.Client)
    _ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    @property
    def simulated(self) -> Provider:
        return self.provider.simulated

    def deliver(self, call: Call) -> httpx.Response:
        headers = {name.encode(): value.encode("latin-1") for name, value in call.headers.items()}
        return self.client.request(
            call.method, f"/channels/{self.name}", content=call.body, headers=headers, params=call.query
        )

    def write(self, text: str, message_id: str = "", **named: Any) -> Call:
        """Somebody writes; it is delivered until it is taken, as providers do: a slow machine may need a second try."""
        call = self.simulated.message(text, message_id or f"m{next(self._ids)}", time.time(), **named)
        deadline = time.monotonic() + SECONDS
        while (response := self.deliver(call)).status_code == 503 and time.monotonic() < deadline:
            assert response.json()["error"] == "records_away", response.text
        assert response.status_code == 200, response.text
        return call

    def settle(self) -> None:
        """Until nothing is to be answered or sent any more."""
        wait_until("nothing to be left to do", lambda: not self.records.writer.waiting and not self.left(), SECONDS)

    def left(self) -> list[Any]:
        with read(self.records.engine) as connection:
            waiting = sa.select(channel_inbox.c.id).where(channel_inbox.c.state != "done")
            sending = sa.select(channel_outbox.c.id).where(channel_outbox.c.state.in_(("waiting", "sending")))
            return [*connection.execute(waiting), *connection.execute(sending)]

    def kept(self) -> str:
        """Every row of every table."""
        with read(self.records.engine) as connection:
            return str([connection.execute(sa.select(table)).all() for table in metadata.sorted_tables])

    def deliveries(self) -> int:
        with read(self.records.engine) as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(channel_inbox)).scalar())


Open = Callable[..., Any]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    new_sqlite(tmp_path / "conversations.db", "conversations")
    yield records
    records.engine.dispose()


@pytest.fixture
def channel_parts(parts: Parts, records: Records) -> Parts:
    """A door on one database and one writing thread, as in a real process, and without rate limits."""
    return replace(
        parts,
        recorder=records.recorder,
        retention=records.retention,
        identify=records.conversation_id,
        limits=Limits(Rate(0), Rate(0), time.monotonic, parts.metrics.limited),
        settings=replace(parts.settings, site_address=PUBLIC),
    )


@contextmanager
def opened(
    name: str,
    parts: Parts,
    records: Records,
    provider_: StandInProvider | None = None,
    kind: type[Adapter] | None = None,
    desk: HelpDesk | None = None,
    events: Events | None = None,
    **changed: str,
) -> Iterator[Channel]:
    """The channel called `name`, served; `changed` are settings of it, `kind` another adapter in place of its own,
    `desk` where people are passed on to, `events` what tells other systems."""
    with ExitStack() as stack:
        if provider_ is None:
            simulation = provider(name)

            def simulated(base: str) -> Provider:
                return simulation({**simulation.sample_settings(base), **changed}, PUBLIC)

            provider_ = StandInProvider(simulated)
            stack.callback(provider_.stop)
        settings = values(name, provider_.simulated.settings)
        built = (kind or adapter(name)).from_settings({**settings, "LANTERN_SITE_ADDRESS": parts.settings.site_address})
        channels = channels_wiring.assembled([built], parts.settings, records, desk=desk, events=events)
        host, port = stack.enter_context(door(replace(parts, extensions=[channels])))
        client = stack.enter_context(httpx.Client(base_url=f"http://{host}:{port}", timeout=SECONDS, trust_env=False))
        yield Channel(name, built, provider_, records, client)
        provider_.let_go.set()


@pytest.fixture(params=EVERY_CHANNEL)
def channel(request: pytest.FixtureRequest, channel_parts: Parts, records: Records) -> Iterator[Channel]:
    """Each channel in turn."""
    with opened(request.param, channel_parts, records) as channel:
        yield channel


@pytest.fixture
def says(assistant: StandInAssistant) -> Callable[..., None]:
    """Sets what the assistant answers from now on."""

    def say(*texts: str, buttons: Mapping[str, str] | None = None) -> None:
        offers = [{"title": title, "payload": message} for title, message in (buttons or {}).items()]
        messages: list[dict[str, Any]] = [{"text": text} for text in texts]
        if offers:
            messages[-1]["buttons"] = offers
        assistant.reply = json.dumps({"messages": messages}).encode()

    return say


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """All of these at the same moment."""
    with ThreadPoolExecutor(len(calls)) as callers:
        return [done.result() for done in [callers.submit(call) for call in calls]]
