"""The benchmark counts what a person would call a failure, and leaves nothing running."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from bench import conversation
from bench.load import TURNS, conversations, sent
from bench.report import LANTERN, STOCK, Floor, Sheet
from bench.running import Server, clean_environment, started

REPLIES = {
    "fine": (200, b'[{"recipient_id": "a", "text": "An answer."}]'),
    "empty": (200, b"[]"),
    "silent": (200, b'[{"text": "An answer."}, {"text": " "}]'),
    "broken": (200, b"<html>"),
    "refused": (429, b'{"error": "too_many"}'),
}

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("up", "w").close()
child.wait()
time.sleep(600)
"""


class Partner(ThreadingHTTPServer):
    """Answers each message as `REPLIES` says for its first word; remembers who said what."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.heard: list[tuple[str, str]] = []


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Partner

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((body["sender"], body["message"]))
        status, reply = REPLIES[body["message"].split()[0]]
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def partner() -> Iterator[Partner]:
    with Partner() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server(partner: Partner) -> Server:
    return Server(f"http://127.0.0.1:{partner.server_port}", (psutil.Process(),), 0.0)


@pytest.fixture
def senders() -> Iterator[str]:
    return (f"person-{number}" for number in itertools.count())


@pytest.mark.parametrize("kind", sorted(REPLIES))
def test_whatever_leaves_a_person_without_an_answer_is_counted(
    server: Server, senders: Iterator[str], kind: str
) -> None:
    load = sent(server, conversations([kind], numbered=True), 2, 12, senders)
    assert (len(load.latencies), load.failed) == (12, 0 if kind == "fine" else 12)
    assert load.percentile(0.5) <= load.percentile(0.95) <= load.latencies[-1]


def test_a_server_that_is_away_is_a_failure_too(partner: Partner, server: Server, senders: Iterator[str]) -> None:
    partner.server_close()
    assert sent(server, conversations(["fine"], numbered=True), 1, TURNS, senders).failed == TURNS


def test_every_client_talks_and_every_conversation_is_one_persons(
    partner: Partner, server: Server, senders: Iterator[str]
) -> None:
    load = sent(server, conversations(["fine"], numbered=True), 8, 3, senders)
    by_person = {sender: [text for who, text in partner.heard if who == sender] for sender, _ in partner.heard}
    assert len(load.latencies) == 8 * TURNS
    assert [len(texts) for texts in by_person.values()] == [TURNS] * 8
    assert len({text for texts in by_person.values() for text in texts}) == 8 * TURNS


def test_at_every_turn_of_long_conversations_the_same_questions_are_asked(
    partner: Partner, server: Server, senders: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "MARKS", (1, 5, 9))
    costs = conversation.of_turns(server, ["fine a", "fine b", "empty"], 3, senders)
    turns = 9 + conversation.NEIGHBOURS
    asked = [text.rsplit(" ", 1)[0] for _, text in partner.heard]
    assert all(sorted(asked[3 * turn : 3 * turn + 3]) == ["empty", "fine a", "fine b"] for turn in range(turns))
    assert (set(costs.latency), set(costs.cpu), costs.failed) == ({1, 5, 9}, {1, 5, 9}, turns)


def test_a_figure_beyond_its_floor_is_called_short_and_a_quoted_one_quoted() -> None:
    floors = {"start s": Floor("<=", 40), "messages/s": Floor(">=", 50)}
    sheet = Sheet(floors, {"start s": 79.0, "messages/s": 17.0})
    sheet.begin("a run")
    for value in (41.0, 39.0, 50.0):
        sheet.note(LANTERN, "start s", value)
    sheet.note(LANTERN, "messages/s", 51.0)
    sheet.compare("messages/s", "times stock")
    sheet.note(STOCK, "messages/s", 34.0)
    sheet.compare("messages/s", "times stock, measured")
    rows = {line[:34].strip(): line[34:] for line in sheet.text().splitlines()}
    assert rows["start s"].split()[:3] == ["41", "39", "50"]
    assert "<= 40 short" in rows["start s"]
    assert "(quoted)" in rows["start s"]
    assert ">= 50 ok" in rows["messages/s"]
    assert "(quoted)" not in rows["messages/s"]
    assert (rows["times stock"].split()[0], rows["times stock, measured"].split()[0]) == ("3", "1.50")


def test_nothing_is_left_running_and_a_death_stops_the_measuring(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT]
    ready = (tmp_path / "up").exists
    with started([command], clean_environment(), tmp_path, "", ready, tmp_path / "log") as server:
        assert len(server.processes) == 2
        before = server.cpu_seconds()
        server.processes[1].kill()
        assert psutil.wait_procs(server.processes[1:], 20)[0]
        with pytest.raises(SystemExit, match="died"):
            server.cpu_seconds()
    assert before > 0
    assert not any(process.is_running() for process in server.processes)


def test_what_does_not_start_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no room at the inn')"]
    starting = started([command], clean_environment(), tmp_path, "", lambda: False, tmp_path / "log")
    with pytest.raises(SystemExit, match="no room at the inn"), starting:
        pass


def test_wrong_options_are_explained() -> None:
    command = [sys.executable, "-m", "bench.system", "--stock", "/nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent.parent)
    assert done.returncode == 2
    assert "there is no gen.py in /nowhere" in done.stderr
