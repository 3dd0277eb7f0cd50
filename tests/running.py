"""Real Lantern processes for tests, started as a person starts them, and a person who talks with them."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

PROJECT = Path(__file__).parent.parent
WEBHOOK = "/webhooks/rest/webhook"
START_SECONDS = 240
"""A first start prepares the model, reads the content and trains; on a busy machine that takes this long at most."""
STOP_SECONDS = 40
GATEWAY, ASSISTANT, WORKER = ("-m", "web"), ("-m", "bot", "assistant"), ("-m", "bot", "work")
"""Ends of the command lines of the processes behind `./lantern up`."""

_senders = itertools.count(1)


def _own_ports() -> Iterator[int]:
    """Ports below those that a system gives to clients, of a range that no other process of the same run takes from:
    between looking for one and listening on it, another process may take it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, of = 10_000 + worker % 4 * 5_000, 5_000
    begin = os.getpid() * 97 % of
    return (first + (begin + number) % of for number in itertools.count())


_ports = _own_ports()


def free_port() -> int:
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no end of ports")


def wait_until(what: str, true: Callable[[], bool], seconds: float = 60) -> None:
    """Returns as soon as `true()`; fails with `what` was awaited when that takes too long."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        pause.wait(0.1)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a Lantern of its own: no setting of the person who runs the tests gets in, and none that
    a test made in this process (`bot.rasa_environment` silences Rasa)."""
    foreign = ("LANTERN_", "RASA_", "LOG_LEVEL", "TF_CPP_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # No test asks the real registry, whatever Lantern it starts.
    return {**kept, "LANTERN_HOME": str(home), "LANTERN_TRIALS_SYNC": "off", **settings}


def run_command(*arguments: str, env: Mapping[str, str], seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """`./lantern ARGUMENTS`, to its end. Its output and errors are in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=PROJECT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )


@dataclass(frozen=True)
class Reply:
    """All messages that answer one message of a person, in order, as Rasa's REST shape has them."""

    messages: tuple[dict[str, Any], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(message["text"] for message in self.messages)

    @property
    def text(self) -> str:
        return "\n\n".join(self.texts)

    @property
    def answers(self) -> tuple[dict[str, Any], ...]:
        """What the messages carry for programs (`answer.v1.json`); plain phrases carry nothing."""
        return tuple(message["custom"] for message in self.messages if "custom" in message)

    @property
    def first(self) -> dict[str, Any]:
        """The answer that is said first; empty when that is a plain phrase."""
        answer: dict[str, Any] = self.messages[0].get("custom", {})
        return answer

    @property
    def kind(self) -> str | None:
        return self.first.get("kind")

    @property
    def entry(self) -> str | None:
        return self.first.get("entry")

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(source["key"] for source in self.first.get("sources", ()))

    @property
    def offers(self) -> tuple[str, ...]:
        """Titles of all buttons."""
        return tuple(button["title"] for message in self.messages for button in message.get("buttons", ()))

    def press(self, title: str) -> str:
        """What the button with this title sends."""
        buttons = [button for message in self.messages for button in message.get("buttons", ())]
        return str(next(button["payload"] for button in buttons if button["title"] == title))


@dataclass
class Person:
    """Someone in a conversation of their own."""

    client: httpx.Client
    heard: list[Reply] = field(default_factory=list)
    sender: str = field(default_factory=lambda: f"person-{next(_senders)}")
    region: str | None = None
    locale: str | None = None

    def say(self, text: str) -> Reply:
        """Sends a message, fails unless it is answered, and notes the reply in `heard`."""
        hints = {"region": self.region, "locale": self.locale}
        metadata = {name: value for name, value in hints.items() if value}
        response = self.post({"sender": self.sender, "message": text, "metadata": metadata})
        assert response.status_code == 200, response.text
        reply = Reply(tuple(response.json()))
        assert reply.messages, "an empty list is no answer"
        assert all(text.strip() for text in reply.texts)
        self.heard.append(reply)
        return reply

    def post(self, body: Any) -> httpx.Response:
        return self.client.post(WEBHOOK, json=body)


@dataclass
class Lantern:
    """One `./lantern up` with its own home, ports and log."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port, self.assistant_port = free_port(), free_port()
        self.log = self.home.parent / f"{self.home.name}.log"
        scratch = self.home.parent / f"{self.home.name}.tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        ports = {"LANTERN_PORT": str(self.port), "LANTERN_ASSISTANT_PORT": str(self.assistant_port)}
        self.environment = environment(self.home, TMPDIR=str(scratch), **ports, **self.settings)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator[Lantern]:
        """Started, ready, and stopped at the end."""
        with self.starting():
            self.await_ready()
            yield self

    @contextmanager
    def starting(self) -> Iterator[Lantern]:
        """Started, perhaps not ready yet, and stopped at the end."""
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "bot", "up"]
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield self
        finally:
            self.stop()

    def stop(self) -> int:
        """Stops all of it, if it runs; returns the exit code. Nothing is left running, whatever went wrong."""
        assert self._process is not None
        if self._process.poll() is None:
            family = self.supervisor.children(recursive=True)
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            finally:
                for process in (child for child in family if child.is_running()):
                    process.kill()
                self._process.kill()
        return self._process.wait()

    def await_gateway(self) -> None:
        self._await("the gateway", lambda: self.get("/healthz") is not None)

    def await_ready(self) -> None:
        """Until all parts answer, and the start command has said so."""
        self._await("all parts", lambda: self.state == "ready" and "Lantern is ready" in self.output())

    @property
    def state(self) -> str | None:
        """`ready`, `degraded` or `unavailable`; None while nobody listens."""
        return (self.get("/readyz") or {}).get("status")

    def _await(self, what: str, true: Callable[[], bool]) -> None:
        process = self._process
        assert process is not None
        try:
            wait_until(what, lambda: process.poll() is not None or true(), START_SECONDS)
            assert process.poll() is None, f"it stopped with exit code {process.poll()}"
        except AssertionError as fault:
            raise AssertionError(f"{fault}\n--- its output ---\n{self.output()}") from None

    def get(self, path: str) -> dict[str, Any] | None:
        """A JSON page of the gateway; None while nobody listens."""
        try:
            body: dict[str, Any] = self.client.get(path).json()
        except httpx.TransportError:
            return None
        return body

    @property
    def assistant_is_ready(self) -> bool:
        return bool((self.get("/readyz") or {})["parts"]["assistant"]["ok"])

    @property
    def release(self) -> int:
        return int((self.get("/readyz") or {})["parts"]["knowledge"]["release"])

    @property
    def supervisor(self) -> psutil.Process:
        """The process of the start command."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def child(self, part: tuple[str, ...]) -> psutil.Process:
        """The running `GATEWAY`, `ASSISTANT` or `WORKER` process."""
        running = (child for child in self.supervisor.children() if child.status() != psutil.STATUS_ZOMBIE)
        return next(child for child in running if tuple(child.cmdline()[-len(part) :]) == part)

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `./lantern` command beside the running ones, with the same settings."""
        return run_command(*arguments, env=self.environment)

    def person(self, **hints: Any) -> Person:
        return Person(self.client, **hints)
