"""A door with real safety rules, cards and phrases, a small knowledge base, and an assistant that tests control."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from knowledge.answer import Answerer
from knowledge.blocks import callout, paragraphs, spoken
from knowledge.codec import answer_to_json
from knowledge.files import parse_entry
from knowledge.glossary import Glossary, live
from knowledge.model import Answer, Block, Entry, FollowUp, Provenance, Question, Release, Revision, Source
from knowledge.phrases import Phrases
from knowledge.settings import SHIPPED_CONTENT
from knowledge.store.trials import SyncDay
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.snapshot import load_snapshot
from knowledge.upkeep import CopyHealth, WorkerHealth
from knowledge.wiring import Knowledge
from records import wiring as records_wiring
from safety import EMERGENCY_RULES, Rules
from safety.cards import CardShelf
from safety.numbers import Numbers
from tests.databases import new_sqlite
from tests.shipped import shipped_phrases, shipped_rules
from web.app import build
from web.assistant import Assistant
from web.limits import Limits
from web.logs import MessageLog
from web.metrics import Metrics
from web.parts import Parts
from web.settings import Settings
from web.wiring import line_to_assistant

SECRET = b"0123456789abcdef"
KEY = "a-key-of-an-integrator-123"
HERE = ("127.0.0.1", 50000)
HOST = "http://127.0.0.1"
WEBHOOK = "/webhooks/rest/webhook"
COLLAPSED = "my dad collapsed and isn't breathing"

ENTRY = """---
id: {id}
topic: {topic}
question: {question}
phrasings: []
audience: everyone
answer_kind: text
facts: []
sources: [place]
figures: []
related: [lupus-what-is, gone]
as_of: {as_of}
checked_on: 2026-11-22
review_due: 2027-11-22
cautions: []
---

## Answer

To be replaced.

## Simpler

You cannot catch it.
"""
ENTRIES = (
    ("lupus-contagious", "lupus", "Is lupus contagious?", "No, lupus is not contagious.\n\n- Not by touch."),
    ("lupus-what-is", "lupus", "What is lupus?", "A disease in which <b>platelets</b> < 50 & anti_ds_DNA matter."),
    (
        "car-t-approved",
        "car_t",
        "Is CAR-T approved for lupus?",
        "No, not as of {as_of}. Emergency: {emergency_number}.",
    ),
)
SOURCES = (Source("place", "A page <about> lupus", "A good place", 2025, "https://example.org/lupus"),)


@functools.cache
def release() -> Release:
    revisions = []
    for name, topic, question, answer in ENTRIES:
        as_of = "2026-11-22" if "{as_of}" in answer else "null"
        text = ENTRY.format(id=name, topic=topic, question=question, as_of=as_of)
        # The answer is set past the check of content files, which lets no markup in.
        entry = replace(parse_entry(text, Path(f"{name}.md"), locale="en", folder=topic), answer=answer)
        revisions.append(Revision(entry, 1, "hash", "starter", (), "editorial", dt.datetime(2026, 11, 22)))
    return Release(7, tuple(revisions), dt.datetime(2026, 11, 22), "starter")


WITHDRAWN = "lupus-being-reviewed"


@functools.cache
def shipped_trials() -> TrialAnswers:
    return TrialAnswers(load_snapshot(), shipped_phrases().of("en"))


class SmallAnswerer:
    """Finds an entry whose question is contained in what was asked; else abstains. Remembers the questions."""

    def __init__(self) -> None:
        self.release = release()
        self.questions: list[Question] = []
        self.trials = shipped_trials()
        self.words: Glossary | None = None

    def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        for revision in self.asked():
            if revision.entry.question.casefold().rstrip("?") in question.text.casefold():
                return Answer(
                    "answer",
                    paragraphs(revision.entry.answer, self.slots(revision.entry, None)),
                    entry=revision.entry.id,
                    sources=SOURCES,
                    checked_on=revision.entry.checked_on,
                    review="editorial",
                    follow_ups=(FollowUp("Tell me more", "Tell me more"),),
                    provenance=(Provenance("revision", revision.entry.id, 1),),
                )
        return Answer("abstain", (spoken("I do not have a checked answer to that."),))

    def answers(self, question: Question) -> tuple[Answer, ...]:
        return (self.answer(question),)

    def entry_answer(self, entry_id: str, question: Question) -> Answer:
        return self.answer(question)

    def entry(self, entry_id: str, locale: str = "en") -> Revision | None:
        return next((row for row in self.release.revisions if row.entry.key == (locale, entry_id)), None)

    def withdrawn(self, entry_id: str, locale: str = "en") -> Answer | None:
        if entry_id != WITHDRAWN:
            return None
        return Answer("abstain", (spoken("My text on that is being reviewed."),))

    def cautions(self, entry: Entry) -> tuple[Block, ...]:
        return (callout("Please ask your care team."),)

    def revisions(self) -> tuple[Revision, ...]:
        return self.release.revisions

    def asked(self, locale: str = "en") -> tuple[Revision, ...]:
        live = (row for row in self.release.revisions if row.entry.locale == locale)
        return tuple(row for row in live if row.entry.answer_kind != "term")

    def glossary(self, locale: str) -> Glossary:
        return self.words or live(row.entry for row in self.release.revisions if row.entry.locale == locale)

    def sources(self, revision: Revision) -> tuple[Source, ...]:
        return SOURCES

    def slots(self, entry: Any, region: str | None) -> dict[str, str]:
        return {"emergency_number": "911", "as_of": "November 22, 2026"}


class SmallUpkeep:
    """A worker that is there and has nothing to complain of. `held_back`: why nothing is done by date."""

    def __init__(self) -> None:
        self.held_back: str | None = None
        self.registry = CopyHealth(True, dt.date(2026, 11, 28), False, 1, None, None)
        first = dt.date(2026, 11, 30)
        self.days = [SyncDay(first - dt.timedelta(days=back), 0, 0, 0) for back in reversed(range(30))]
        self.jobs = WorkerHealth(True, dt.datetime(2026, 11, 29, 12, tzinfo=dt.timezone.utc), {})

    def held(self) -> str | None:
        return self.held_back

    def copy(self) -> CopyHealth:
        return self.registry

    def worker(self) -> WorkerHealth:
        return self.jobs

    def syncs(self, days: int) -> list[SyncDay]:
        return self.days[-days:]


@dataclass
class SmallKnowledge:
    """`fault`, when set, is what every look at the knowledge base raises."""

    answerer: SmallAnswerer = field(default_factory=SmallAnswerer)
    fault: Exception | None = None
    upkeep: SmallUpkeep = field(default_factory=SmallUpkeep)
    overdue: list[str] = field(default_factory=list)
    site: dict[str, str] = field(default_factory=dict)
    is_loaded: bool = True
    words: Glossary = field(default_factory=Glossary)
    rewording: Answer | None = None

    def site_settings(self) -> dict[str, str]:
        return self.site

    def overdue_cards(self) -> list[str]:
        return self.overdue

    def marked(self, answer: Answer) -> Answer:
        return replace(answer, blocks=self.words.marked(answer.blocks))

    def reworded_emergency(self, text: str, region: str | None) -> Answer | None:
        return self.rewording

    def live(self) -> Answerer:
        if self.fault:
            raise self.fault
        return cast(Answerer, self.answerer)


class StandInAssistant:
    """A real HTTP server in the assistant's place. `behave` names what it does with a message."""

    def __init__(self) -> None:
        self.behave = "answer"
        self.replies(ANSWER)
        self.received: list[dict[str, Any]] = []
        self.refused_first: int = 0
        self.let_go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.handle(self, body)

            def do_GET(self) -> None:
                outer.send(self, 200, json.dumps({"ready": outer.behave != "loading"}).encode())

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def replies(self, answer: Answer) -> None:
        """What it says from now on."""
        self.reply = json.dumps({"messages": [{"custom": answer_to_json(answer)}]}).encode()

    def handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        timestamp = request.headers["X-Lantern-Timestamp"]
        expected = hmac.new(SECRET, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert request.path == "/webhooks/lantern/message"
        if request.headers["X-Lantern-Signature"] != f"sha256={expected}" or abs(time.time() - int(timestamp)) > 60:
            return self.send(request, 401, b"{}")
        self.received.append(json.loads(body))
        if self.behave == "hang":
            self.let_go.wait(20)
        if self.behave == "close" or (self.behave == "close_once" and len(self.received) == 1):
            request.close_connection = True
            request.connection.close()
            return None
        return self.send(request, 500 if self.behave == "500" else 200, self.reply)

    def send(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def stop(self) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


ANSWER = Answer(
    "answer",
    (spoken("No, lupus is not contagious."),),
    entry="lupus-contagious",
    checked_on=dt.date(2026, 11, 22),
    review="editorial",
    sources=SOURCES,
    follow_ups=(FollowUp("Tell me more", "Tell me more"),),
)


# The stand-in answers at once, so a busy machine is no reason to give it up; who wants it given up is `impatient`.
PATIENT_MS = 20_000


def another_line(parts: Parts) -> Assistant:
    """A line of its own to the assistant, by the settings of these parts."""
    return line_to_assistant(parts.settings, SECRET, parts.metrics)


def impatient(parts: Parts, assistant_timeout_ms: int = 400) -> Parts:
    """Gives an assistant up that has not answered after this long."""
    hurried = replace(parts, settings=replace(parts.settings, assistant_timeout_ms=assistant_timeout_ms))
    return replace(hurried, assistant=another_line(hurried))


@pytest.fixture
def assistant() -> Iterator[StandInAssistant]:
    stand_in = StandInAssistant()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="session")
def rules() -> Rules:
    return shipped_rules(EMERGENCY_RULES)


@pytest.fixture(scope="session")
def phrases() -> Phrases:
    return shipped_phrases()


@pytest.fixture
def parts(assistant: StandInAssistant, tmp_path: Path, rules: Rules, phrases: Phrases) -> Parts:
    settings = Settings(
        home=tmp_path, assistant_port=assistant.port, assistant_timeout_ms=PATIENT_MS, region="US", integrator_key=KEY
    )
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    new_sqlite(tmp_path / "conversations.db", "conversations")
    metrics = Metrics(rules.cards)
    return Parts(
        settings=settings,
        rules=rules,
        cards=CardShelf([SHIPPED_CONTENT]),
        numbers=Numbers.load(),
        phrases=phrases,
        knowledge=cast(Knowledge, SmallKnowledge()),
        assistant=line_to_assistant(settings, SECRET, metrics),
        recorder=records.recorder,
        retention=records.retention,
        staff=records.staff,
        kept=records.store,
        outbox=records.post("studio").outbox,
        clock=records_wiring.now,
        identify=records.conversation_id,
        limits=Limits(settings.rate_conversation, settings.rate_address, time.monotonic, metrics.limited),
        metrics=metrics,
        message_log=MessageLog(secrets.token_bytes(16)),
        records_threads=ThreadPoolExecutor(4),
    )


@pytest.fixture
def knowledge(parts: Parts) -> SmallKnowledge:
    return cast(SmallKnowledge, parts.knowledge)


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:
    with TestClient(build(parts), HOST, client=HERE) as client:
        yield client


def ask(client: TestClient, message: str, sender: str = "someone", **metadata: Any) -> list[dict[str, Any]]:
    """The replies to one message; fails unless there is at least one, and each has text."""
    body: dict[str, Any] = {"sender": sender, "message": message, "metadata": metadata}
    # Written out here because a lone surrogate can only travel as an escape.
    response = client.post(WEBHOOK, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    assert response.status_code == 200, response.text
    replies: list[dict[str, Any]] = response.json()
    assert replies
    assert all(reply["text"].strip() and reply["recipient_id"] == sender for reply in replies)
    return replies
