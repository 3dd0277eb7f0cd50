"""A server in the gateway's place, which says whatever a test wants: late, wrong, hostile, or never.

It serves the built element too. Its answers are made up; none of them is medicine.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from web.revalidation import ASK_AGAIN
from web.widget.files import FOR_EVER, VERSIONS, Element
from web.widget.rules import FORM
from web.widget.rules import PATH as RULES

Messages = list[dict[str, Any]]


@dataclass
class Said:
    """What it replies to one request. `body` is sent as JSON unless it is bytes."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def answer(*lines: str, **parts: Any) -> dict[str, Any]:
    """A message with an answer of these paragraphs; `parts` replace what an answer usually has."""
    blocks = [{"type": "paragraph", "runs": [{"text": line}]} for line in lines]
    whole = {
        "version": 1,
        "kind": "answer",
        "locale": "en",
        "blocks": blocks,
        "entry": "an-entry",
        "topic": "lupus",
        "revision": 2,
        "sources": [
            {"key": "a", "title": "A page", "organisation": "A place", "year": 2025, "address": "https://a.example/"}
        ],
        "checked_on": "2026-11-22",
        "as_of": None,
        "review": "editorial",
        "follow_ups": [],
        "confidence": 0.9,
        "provenance": [],
        **parts,
    }
    return {"text": "\n\n".join(lines), "answer": whole}


def card(entry: str = "cpr-adult", kind: str = "emergency") -> dict[str, Any]:
    """An emergency card."""
    blocks = [
        {"type": "paragraph", "runs": [{"text": "Call 911 now."}]},
        {"type": "steps", "items": [[{"text": "First step."}], [{"text": "Second step."}]]},
    ]
    calm = {"title": "This is not an emergency", "payload": "This is not an emergency"}
    return {**answer(blocks=blocks, kind=kind, entry=entry, topic="cards"), "text": "Call 911 now.", "buttons": [calm]}


def listed_cards() -> list[dict[str, Any]]:
    """What it has as its cards."""
    titles = {"emergency": "An emergency", "cpr-adult": "An adult", "cpr-infant": "A baby", "crisis": "A crisis"}
    kinds = {"crisis": "crisis"}
    return [
        {"id": entry, "title": title, "answer": card(entry, kinds.get(entry, "emergency"))["answer"]}
        for entry, title in titles.items()
    ]


FEW_RULES: dict[str, Any] = {
    **{"breaks": "", "denials": "not", "openers": "", "not_near": "", "spelling": {}, "joins": {}, "digits": []},
    **{"fragments": {}, "urgent": [], "guards": {}, "usual_guards": [], "cards": {}},
    "glued": {"words": "", "stems": "collaps"},
    "words": {"DOWN": {"exact": "collapsed"}},
    "rules": [
        {
            **{"id": "down", "kind": "emergency", "card": "cpr-adult", "locale": "en"},
            **{"keys": "DOWN", "patterns": ["dad <DOWN>"]},
        }
    ],
}
"""Its rules, in the form of the real ones. These take a browser a while to read, which most tests can do without."""


class StandIn:
    """`reply` makes the messages from what was said. `respond` answers any request of the interface itself, from its
    method, path and body, where it returns anything."""

    def __init__(self) -> None:
        self.reply: Callable[[str], Messages] = lambda text: [answer(f"You said: {text}")]
        self.respond: Callable[[str, str, Any], Said | None] = lambda method, path, body: None
        self.received: list[tuple[str, str, Any]] = []
        self.closing = threading.Event()
        element = Element()
        self.script = f"/widget/{element.newest}/lantern-chat.js"
        self.integrity = element.integrity
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # A small reply waits for nothing.
            wbufsize = -1
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                outer._handle(self)

            do_GET = do_POST = do_DELETE = do_OPTIONS = handle_any

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield self
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def messages(self) -> list[dict[str, Any]]:
        """The messages that came, in their order."""
        return [body for method, path, body in self.received if path == "/api/v1/messages"]

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        raw = request.rfile.read(length)
        path = request.path.partition("?")[0]
        if request.command == "OPTIONS":
            return self._send(request, Said(b"", 204))
        if path == RULES:
            served = {"form": FORM, "ordinary": "Adad", "rules": FEW_RULES}
            return self._send(request, Said(served, headers={"Cache-Control": ASK_AGAIN}))
        if path.startswith("/widget/"):
            file = VERSIONS.joinpath(*path.split("/")[2:])
            headers = {"Content-Type": "text/javascript", "Cache-Control": FOR_EVER}
            return self._send(request, Said(file.read_bytes(), headers=headers))
        body = json.loads(raw) if raw else None
        self.received.append((request.command, path, body))
        return self._send(
            request, self.respond(request.command, path, body) or self._usual(request.command, path, body)
        )

    def _usual(self, method: str, path: str, body: Any) -> Said:
        name = path.removeprefix("/api/v1/")
        if name == "conversations":
            return Said({"token": "t" * 43, "introduction": "I am a program.", "kept_days": 30}, 201)
        if name == "messages":
            return Said({"messages": self.reply(body["message"])})
        if name == "service":
            told = {"name": "Lantern", "operator": "Example Hospital", "region": "US"}
            return Said({**told, "kept_days": 30, "contact": "", "contact_hours": ""})
        if name == "cards":
            body = {"locale": "en", "region": "US", "cards": listed_cards()}
            return Said(body, headers={"Cache-Control": ASK_AGAIN})
        if name == "feedback":
            return Said({"messages": []})
        if name == "conversation" and method == "DELETE":
            return Said({"receipt": "r-123", "erased_at": "2026-11-22T00:00:00+00:00", "messages": 1})
        if name.startswith("glossary/"):
            return Said({"id": name[9:], "term": "word", "definition": "What the word means."})
        return Said({"error": "not_found", "detail": ""}, 404)

    def _send(self, request: BaseHTTPRequestHandler, said: Said) -> None:
        content = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Expose-Headers": "Retry-After",
            **said.headers,
        }
        request.send_response(said.status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)
