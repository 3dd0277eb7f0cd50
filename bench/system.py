"""Start, memory, edit-to-live, latency and CPU of a whole Lantern, measured from outside.

    .venv/bin/python bench/system.py [--messages N] [--runs N]

It uses a home and free ports of its own. Each figure is the median of the runs. Two yardsticks stand beside it: an echo
server driven by the same client in the same run, and what a stock Rasa 3.6.21 FAQ bot (120 FAQs, default pipeline) took
on a quiet machine of two cores; the second is quoted, not measured here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

PROJECT = Path(__file__).parent.parent
STOCK = {"start s": 79.0, "memory MiB": 1700.0, "edit-to-live s": 555.0, "p50 ms": 57.0, "p95 ms": 93.0, "CPU ms": 64.0}
QUESTIONS = (
    "what is lupus",
    "is lupus contagious",
    "waht is plaquenil for",
    "how does car-t work",
    "what is cytokine release syndrome",
    "how many people were in the first lupus car t study",
    "is NCT05938725 recruiting",
    "how fast do i push in cpr",
    "and for a child?",
    "what is the capital of france",
    "thanks",
    "should i stop my methotrexate",
)
WARM_UP = 60
"""Messages before a run is measured: the first ones after a start fill caches and import what was left until needed."""
ECHO = """
import uvicorn
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": message.get("body", b"")})
uvicorn.run(app, port=PORT, log_level="error", ws="none")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], environment: dict[str, str], url: str) -> Iterator[tuple[psutil.Process, float]]:
    """A process and how many seconds it took until `url` said 200."""
    begun = time.monotonic()
    child = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL)
    try:
        while True:
            if child.poll() is not None:
                raise SystemExit(f"{command} stopped with exit code {child.returncode}")
            try:
                if requests.get(url, timeout=2).ok:
                    break
            except requests.RequestException:
                pass
            time.sleep(0.1)
        yield psutil.Process(child.pid), time.monotonic() - begun
    finally:
        child.terminate()
        child.wait(30)


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    return sum(member.cpu_times().user + member.cpu_times().system for member in family(process))


def memory_mib(process: psutil.Process) -> float:
    return sum(member.memory_info().rss for member in family(process)) / 2**20


def ask(session: requests.Session, base: str, text: str, sender: str) -> list[dict]:
    return session.post(f"{base}/webhooks/rest/webhook", json={"sender": sender, "message": text}, timeout=30).json()


def sequential(process: psutil.Process, base: str, messages: int) -> tuple[float, float, float]:
    """(p50 ms, p95 ms, CPU ms a message) of one client with a new conversation every three messages."""
    session, latencies, sender = requests.Session(), [], ""
    before = cpu_seconds(process)
    for number in range(messages):
        if number % 3 == 0:
            sender = str(uuid.uuid4())
        begun = time.perf_counter()
        # The number keeps the vector cache from answering for the model.
        ask(session, base, f"{QUESTIONS[number % len(QUESTIONS)]} {number}", sender)
        latencies.append((time.perf_counter() - begun) * 1000)
    cpu = (cpu_seconds(process) - before) * 1000 / messages
    return statistics.median(latencies), statistics.quantiles(latencies, n=20)[18], cpu


def edit_to_live(base: str, environment: dict[str, str], content: Path, run: int) -> float:
    """Seconds from the moment a changed entry is published until a reply shows it (publishing itself not counted)."""
    file = content / "en" / "lupus" / "lupus-contagious.md"
    text = file.read_text(encoding="utf-8")
    opening = "## Answer\n\nNo, lupus is "
    file.write_text(text.replace(opening + "not", f"{opening}never{' ' * run}"), encoding="utf-8")
    publish(environment)
    begun = time.monotonic()
    session = requests.Session()
    while "never" not in ask(session, base, "is lupus contagious", str(uuid.uuid4()))[0]["text"]:
        if time.monotonic() - begun > 60:
            raise SystemExit("the edit did not become live within 60 s")
    taken = time.monotonic() - begun
    file.write_text(text, encoding="utf-8")
    publish(environment)
    return taken


def publish(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "bot", "content", "import", "--seed"]
    subprocess.run(command, env=environment, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=150, help="messages a run")
    parser.add_argument("--runs", type=int, default=3, help="runs; the median is printed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        content = Path(folder) / "content"
        shutil.copytree(PROJECT / "knowledge" / "content", content)
        port, assistant_port = free_port(), free_port()
        environment = {
            **os.environ,
            "LANTERN_HOME": str(home),
            "LANTERN_CONTENT": str(content),
            "LANTERN_PORT": str(port),
            "LANTERN_ASSISTANT_PORT": str(assistant_port),
        }
        base = f"http://127.0.0.1:{port}"
        up = [sys.executable, "-m", "bot", "up", "--quiet"]
        ready = f"http://127.0.0.1:{assistant_port}/webhooks/lantern/ready"
        print("First start: model, content and training ...", flush=True)
        with running(up, environment, ready) as (_, first):
            pass
        figures: dict[str, list[float]] = {name: [] for name in STOCK}
        for run in range(1, options.runs + 1):
            print(f"Run {run} of {options.runs} ...", flush=True)
            with running(up, environment, ready) as (process, start):
                sequential(process, base, WARM_UP)
                p50, p95, cpu = sequential(process, base, options.messages)
                memory = memory_mib(process)
                edit = edit_to_live(base, environment, content, run)
            for name, value in zip(STOCK, (start, memory, edit, p50, p95, cpu)):
                figures[name].append(value)
    port = free_port()
    echo = [sys.executable, "-c", ECHO.replace("PORT", str(port))]
    with running(echo, dict(os.environ), f"http://127.0.0.1:{port}/") as (process, _):
        echo_p50, echo_p95, echo_cpu = sequential(process, f"http://127.0.0.1:{port}", options.messages)
    beside = {"p50 ms": echo_p50, "p95 ms": echo_p95, "CPU ms": echo_cpu}
    print(f"\nfirst start, with everything to prepare: {first:.0f} s; load now {os.getloadavg()[0]:.1f}")
    print(f"{'':16}{'Lantern':>10}{'min':>9}{'max':>9}{'echo':>9}{'stock (quoted)':>16}")
    for name, values in figures.items():
        row = f"{name:16}{statistics.median(values):10.1f}{min(values):9.1f}{max(values):9.1f}"
        print(row + f"{beside.get(name, float('nan')):9.1f}{STOCK[name]:16.1f}")


if __name__ == "__main__":
    main()
