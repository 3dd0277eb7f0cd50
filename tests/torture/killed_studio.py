"""A gateway that is killed at a step of what somebody does in its studio: before each change that the request makes in
the knowledge database, and after its commit. A step is counted once the request has arrived."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import os
import secrets
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from knowledge.editing.exchange import file_bytes
from knowledge.store.repository import KnowledgeStore
from knowledge.wiring import Knowledge
from records import wiring as records_wiring
from records.staff import StaffStore
from safety.cards import CardShelf
from safety.numbers import Numbers
from storage.engine import open_engine
from tests.forked import processes
from tests.knowledge.editing.conftest import BETTER, BETTER_CARD, Desk, sources
from tests.knowledge.samples import ENTRIES, NOON, STEPS, TEA, publication
from tests.running import free_port, wait_until
from tests.torture.acts import Seen, knowledge_seen, rows
from tests.torture.channel_gateway import phrases, rules
from tests.torture.killed_acts import before_each_change
from tests.web.conftest import HERE, HOST, SECRET, SmallKnowledge
from tests.web.studio.conftest import OWN, room
from web.app import build
from web.limits import Limits, Rate
from web.logs import MessageLog
from web.metrics import Metrics
from web.parts import Parts
from web.serve import listening
from web.settings import Settings
from web.wiring import line_to_assistant

SECONDS = 60
LONGER = replace(BETTER, answer=f"{BETTER.answer} Many people drink it.")
NEW = replace(TEA, id="tea-green", question="What is green tea?", phrasings=("green one",), related=())
BETTER_STEPS = replace(STEPS, answer="Boil water, wait a while, then pour it on the leaves.")
FILE = base64.b64encode(file_bytes([BETTER, NEW, BETTER_STEPS], Path("tea.csv"))).decode()


@dataclass(frozen=True)
class Deed:
    """Something that somebody does in the studio. `begin` brings small content to where it begins."""

    by: str
    path: str
    form: Mapping[str, Any]
    begin: Callable[[Desk], object]


def _two_approved(desk: Desk) -> None:
    desk.approved(BETTER)
    desk.approved(BETTER_CARD)


DEEDS = {
    "a draft saves itself": Deed(
        "Anna", "/studio/drafts/1/save", {"version": "1", "answer": LONGER.answer}, lambda desk: desk.submitted(BETTER)
    ),
    "two texts are published": Deed("Peter", "/studio/publish", {"draft": ["1", "2"]}, _two_approved),
    "a file is imported": Deed(
        "Anna", "/studio/import", {"name": "tea.csv", "beside": "1", "content": FILE}, lambda desk: None
    ),
}


@dataclass(frozen=True)
class Place:
    """A home, and what the browsers of its people hold: cookie and mark of a session, by name."""

    home: Path
    sessions: Mapping[str, tuple[str, str]]

    @classmethod
    def begun(cls, home: Path, deed: Deed) -> Place:
        home.mkdir()
        records = records_wiring.build({"LANTERN_HOME": str(home)})
        records.store.migrate()
        staff, sessions = StaffStore(records.engine, now), {}
        for name, role in (("Anna", "author"), ("Peter", "publisher")):
            given = staff.add(name, [role], by="the terminal")
            token = staff.sign_in(name, given)
            session = staff.session(token)
            assert session
            staff.set_password(session.member, given, OWN, token)
            sessions[name] = (token, session.form_mark)
        records.engine.dispose()
        with knowledge_of(home) as engine:
            desk = Desk(KnowledgeStore(engine))
            desk.store.migrate()
            desk.store.publish(ENTRIES, sources(), **publication())
            deed.begin(desk)
        return cls(home, sessions)

    def copy(self, name: str) -> Place:
        return Place(shutil.copytree(self.home, self.home.parent / name), self.sessions)

    def seen(self) -> Seen:
        """All that is in the knowledge database."""
        with knowledge_of(self.home) as engine:
            return rows(knowledge_seen(engine, self.home))

    def send(self, client: httpx.Client, deed: Deed) -> httpx.Response:
        token, mark = self.sessions[deed.by]
        headers = {"Cookie": f"lantern_staff={token}", "Sec-Fetch-Site": "same-origin"}
        return client.post(deed.path, data={**deed.form, "form_mark": mark}, headers=headers)


@contextmanager
def knowledge_of(home: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{home / 'knowledge.db'}")
    try:
        yield engine
    finally:
        engine.dispose()


def now() -> dt.datetime:
    """The clock stands still, so that two runs leave the same."""
    return NOON


def parts_of(home: Path, engine: Engine, port: int = 1) -> Parts:
    """A door over small content in a home."""
    settings = Settings(home=home, port=port, region="US")
    records, metrics = records_wiring.build({"LANTERN_HOME": str(home)}), Metrics(rules().cards)
    door = Parts(
        settings=settings,
        rules=rules(),
        cards=CardShelf([home / "cards"]),
        numbers=Numbers.load(),
        phrases=phrases(),
        knowledge=cast(Knowledge, SmallKnowledge()),
        assistant=line_to_assistant(settings, SECRET, metrics),
        recorder=records.recorder,
        retention=records.retention,
        staff=StaffStore(records.engine, now),
        kept=records.store,
        outbox=records.post("studio").outbox,
        clock=now,
        identify=records.conversation_id,
        limits=Limits(Rate(0), Rate(0), time.monotonic, metrics.limited),
        metrics=metrics,
        message_log=MessageLog(secrets.token_bytes(16)),
        records_threads=ThreadPoolExecutor(1),
    )
    return replace(door, knowledge=room(KnowledgeStore(engine), door, now, home))


def serve(home: Path, port: int, kill_at: int, counted: Path) -> None:
    """Runs until it is killed; notes each step in the file `counted`. `kill_at` 0: at no step."""
    arrived, counting, steps = threading.Event(), threading.Lock(), 0

    def step() -> None:
        nonlocal steps
        with counting:
            if not arrived.is_set():
                return
            steps += 1
            counted.write_text(str(steps))
            if steps == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    engine = open_engine(f"sqlite:///{home / 'knowledge.db'}")
    before_each_change(engine, step)
    parts = parts_of(home, engine, port)
    app = build(parts)

    async def noticing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "POST":
            arrived.set()
        await app(scope, receive, send)

    listening(cast(ASGIApp, noticing), parts.settings, parts.metrics.refused).run()


def done(place: Place, deed: Deed, kill_at: int = 0) -> int | None:
    """Does it in a gateway of its own; returns how many steps it took, None where it was killed."""
    port, counted = free_port(), place.home / "steps"
    process = processes.Process(target=serve, args=(place.home, port, kill_at, counted))
    process.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS, trust_env=False) as client:
            listens = functools.partial(_answers, client)
            wait_until("the gateway to listen", lambda: listens() or not process.is_alive(), SECONDS)
            assert process.is_alive(), "the gateway did not start"
            answer = place.send(client, deed)
            assert answer.status_code in (200, 303), answer.text
    except httpx.TransportError:
        process.join(SECONDS)
        assert process.exitcode == -signal.SIGKILL
        return None
    finally:
        process.kill()
        process.join(SECONDS)
    return int(counted.read_text())


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def repeat(place: Place, deed: Deed) -> None:
    """The same once more, after a restart, as somebody does whose browser lost the line."""
    with knowledge_of(place.home) as engine:
        place.send(TestClient(build(parts_of(place.home, engine)), HOST, client=HERE, follow_redirects=False), deed)
