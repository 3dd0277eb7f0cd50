"""A registry of the tests: a real HTTP server that speaks the documented shapes, and misbehaves when it is told to.

Run as a program it serves made-up studies until it is stopped, for whoever wants to see a sync without a network:
    python -m tests.registry_server --studies 250
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.trials_registry import Record, number_of, records

DATA_OF = "2026-11-28T09:00:05"

Asked = dict[str, str]
Misbehaviour = Callable[["Answering", Asked], bool]
"""Answers a request in a way of its own and returns True, or leaves it to the registry and returns False."""


@dataclass
class Registry:
    """`studies` may be changed at any time. A search finds those whose conditions contain the words of `query.cond`;
    without words, all of them. `asked` and `headers` remember every request, the first as (path, parameters)."""

    studies: list[Record] = field(default_factory=list)
    misbehave: Misbehaviour | None = None
    asked: list[tuple[str, Asked]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)
    """Set at the end; whatever waits for it goes on."""

    def __post_init__(self) -> None:
        self._tokens: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._server = Server(("127.0.0.1", 0), type("Bound", (Answering,), {"registry": self}))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/api/v2"

    @contextmanager
    def running(self) -> Iterator[Registry]:
        serving = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        try:
            yield self
        finally:
            self.hold.set()
            self._server.shutdown()
            self._server.server_close()

    @property
    def pages(self) -> list[Asked]:
        """The parameters of every page that was asked for."""
        return [asked for path, asked in self.asked if path.endswith("/studies")]

    def forget_tokens(self) -> None:
        """From now on it knows none of the marks for next pages that it gave."""
        self._tokens.clear()

    def replace(self, record: Record) -> None:
        """Puts in a newer record of a study."""
        number = number_of(record)
        self.studies = [record if number_of(one) == number else one for one in self.studies]

    def remove(self, number: str) -> Record:
        gone = next(one for one in self.studies if number_of(one) == number)
        self.studies = [one for one in self.studies if one is not gone]
        return gone

    def search(self, asked: Asked) -> tuple[int, Any]:
        """HTTP status, and what is sent: a dict as JSON, a str as plain text."""
        unknown = [
            name for name in asked if not re.fullmatch(r"query\.\w+|filter\.ids|fields|format|page\w+|count\w+", name)
        ]
        if unknown:
            return 400, f"Invalid prefix in parameter name: {unknown[0]}"
        start = 0
        if "pageToken" in asked:
            if asked["pageToken"] not in self._tokens:
                return 400, "Invalid page token"
            start = self._tokens[asked["pageToken"]]
        found = self._found(asked)
        size = min(int(asked.get("pageSize", "10")), 1000)
        said: dict[str, Any] = {"studies": found[start : start + size]}
        if asked.get("countTotal") == "true":
            said = {"totalCount": len(found), **said}
        if start + size < len(found):
            token = f"NF0g5JGBl_{next(self._numbers)}"
            self._tokens[token] = start + size
            said["nextPageToken"] = token
        return 200, said

    def _found(self, asked: Asked) -> list[Record]:
        found: Sequence[Record] = self.studies
        if "filter.ids" in asked:
            wanted = set(asked["filter.ids"].split(","))
            found = [one for one in found if number_of(one) in wanted]
        words = asked.get("query.cond", "").lower().split()
        return [one for one in found if all(word in _conditions(one) for word in words)]


def _conditions(record: Record) -> str:
    return " ".join(record["protocolSection"].get("conditionsModule", {}).get("conditions", ())).lower()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about."""


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: Registry

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        self.registry.asked.append((address.path, asked))
        self.registry.headers.append(dict(self.headers))
        if self.registry.misbehave is not None and self.registry.misbehave(self, asked):
            return
        if address.path.endswith("/version"):
            self.say(200, {"apiVersion": "2.0.5", "dataTimestamp": DATA_OF})
        elif address.path.endswith("/studies"):
            self.say(*self.registry.search(asked))
        elif number := re.search(r"/studies/(NCT\d{8})$", address.path):
            one = next((one for one in self.registry.studies if number_of(one) == number[1]), None)
            self.say(*((200, one) if one is not None else (404, f"NCT number {number[1]} not found")))
        else:
            self.say(404, "<html><body>Not Found</body></html>", kind="text/html")

    def say(self, status: int, body: Any, kind: str | None = None, **headers: str) -> None:
        """Sends a dict as JSON, a str as plain text, bytes as they are; packed where the client takes that."""
        if isinstance(body, dict):
            raw, kind = json.dumps(body).encode(), kind or "application/json"
        else:
            raw, kind = (body.encode() if isinstance(body, str) else body), kind or "text/plain; charset=utf-8"
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(raw) > 1000 and "Content-Encoding" not in headers:
            raw, headers = gzip.compress(raw, 1), {**headers, "Content-Encoding": "gzip"}
        self.begin(status, kind, **{"Content-Length": str(len(raw)), **headers})
        self.wfile.write(raw)

    def begin(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.registry_server", description=__doc__)
    parser.add_argument("--studies", type=int, default=250)
    options = parser.parse_args(arguments)
    with Registry(records(options.studies)).running() as registry:
        sys.stdout.write(f"LANTERN_TRIALS_API_URL={registry.address}\n")
        sys.stdout.flush()
        registry.hold.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
