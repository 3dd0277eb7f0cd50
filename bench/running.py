"""Starts and stops what is measured, each on free ports of 127.0.0.1, and reads its CPU time and memory.

What is measured and what measures are separate processes: nothing the client does is counted.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

PROJECT = Path(__file__).parent.parent
START_SECONDS = 900
"""Longest wait for a start. A first start prepares and trains, on a busy machine."""
STOP_SECONDS = 40
ECHO = """
import sys, uvicorn
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'[{"text": "heard"}]'})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", ws="none")
"""


@dataclass(frozen=True)
class Server:
    """Something that answers at `base`, its processes, and how many seconds its start took."""

    base: str
    processes: tuple[psutil.Process, ...]
    start: float

    def cpu_seconds(self) -> float:
        """CPU time of all processes since they started. Stops the benchmark when one of them is gone, because what it
        used would be missing."""
        try:
            # The kernel's CPU clock of a process: psutil reads the same in steps of 10 ms, too coarse for one turn.
            return sum(time.clock_gettime(~process.pid << 3 | 2) for process in self.processes)
        except OSError:
            raise SystemExit("A process died while it was measured; its output is in the log.") from None

    def memory_mib(self) -> float:
        """Resident memory of all processes; pages that two of them share count twice."""
        return sum(process.memory_info().rss for process in self.processes) / 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**settings: str) -> dict[str, str]:
    """This environment without the settings of whoever runs the benchmark."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANTERN_", "RASA_"))}
    return {**kept, **settings}


@contextmanager
def started(
    commands: Sequence[Sequence[str]],
    environment: Mapping[str, str],
    folder: Path,
    base: str,
    ready: Callable[[], bool],
    log: Path,
) -> Iterator[Server]:
    """Runs `commands` in `folder` until the end of the block, which begins as soon as all is `ready`. What they write
    goes to `log`. Nothing of them is left running, whatever goes wrong."""
    begun = time.monotonic()
    with log.open("ab") as output:
        children = [
            psutil.Popen(
                command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            for command in commands
        ]
    try:
        while not ready():
            dead = next((child for child in children if child.poll() is not None), None)
            if dead or time.monotonic() - begun > START_SECONDS:
                what = f"stopped with exit code {dead.returncode}" if dead else f"not ready after {START_SECONDS} s"
                raise SystemExit(f"{commands[0]}: {what}. The end of its output:\n{end_of(log)}")
            time.sleep(0.1)
        taken = time.monotonic() - begun
        yield Server(base, tuple(_family(children)), taken)
    finally:
        family = _family(children)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.terminate()
        for process in psutil.wait_procs(family, STOP_SECONDS)[1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _family(children: Sequence[psutil.Popen]) -> list[psutil.Process]:
    """The children that run, each followed by its own."""
    found: list[psutil.Process] = []
    for child in children:
        if child.poll() is None:
            found += [psutil.Process(child.pid), *child.children(recursive=True)]
    return found


def end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


@dataclass(frozen=True)
class Lantern:
    """A Lantern with its home, a copy of the content that may be edited, and its log, below one folder."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def of_its_own(cls, folder: Path) -> Lantern:
        settings = {
            "LANTERN_HOME": str(folder / "home"),
            "LANTERN_CONTENT": str(folder / "content"),
            "LANTERN_PORT": str(free_port()),
            "LANTERN_ASSISTANT_PORT": str(free_port()),
            "LANTERN_REGION": "US",
            "LANTERN_TRIALS_SYNC": "off",
            # What is measured is how fast it answers, not how it holds people back.
            "LANTERN_RATE_CONVERSATION": "0",
            "LANTERN_RATE_ADDRESS": "0",
        }
        return cls(folder, clean_environment(**settings))

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.environment['LANTERN_PORT']}"

    def up(self) -> AbstractContextManager[Server]:
        return self._started(["up", "--quiet"], self.is_ready)

    def gateway_alone(self) -> AbstractContextManager[Server]:
        """The gateway without the assistant; `up` must have prepared the home before."""
        return self._started(["web"], lambda: answers(f"{self.base}/healthz"))

    def is_ready(self) -> bool:
        """Gateway and assistant answer. What only staff should look at, such as a late review, does not matter here."""
        try:
            return bool(requests.get(f"{self.base}/readyz", timeout=2).json()["parts"]["assistant"]["ok"])
        except (requests.RequestException, ValueError, KeyError):
            return False

    def answered_alone(self) -> int:
        """Messages since the start for which the gateway asked the assistant in vain, or did not ask it."""
        rows = [line.split() for line in requests.get(f"{self.base}/metrics", timeout=5).text.splitlines()]
        calls = {row[0]: row[1] for row in rows if row[0].startswith("lantern_assistant_calls_total")}
        return sum(int(count) for name, count in calls.items() if "answered" not in name)

    def _started(self, arguments: list[str], ready: Callable[[], bool]) -> AbstractContextManager[Server]:
        command = [sys.executable, "-m", "bot", *arguments]
        return started([command], self.environment, PROJECT, self.base, ready, self.folder / "lantern.log")


def echo(folder: Path) -> AbstractContextManager[Server]:
    """The yardstick of the client: a server that reads a request and answers a constant."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", ECHO, str(port)]
    return started([command], clean_environment(), PROJECT, base, lambda: answers(base), folder / "echo.log")
