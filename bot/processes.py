"""The processes behind `./lantern up`: started, watched, started again when they die, stopped together.

The one that watches stays for as long as Lantern runs, so it is kept small: what it imports takes memory for good.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.assistant import PROJECT
from bot.errors import CommandFailed

STOP_SECONDS = 10
"""How long a process may take to stop by itself before it is killed."""
LONGEST_PAUSE_SECONDS = 60


@dataclass
class Process:
    """One child. `ready` asks it over HTTP: an address, and what must be true of the JSON answer. One without an
    address is ready as long as it runs."""

    name: str
    command: Sequence[str]
    address: str
    ready: Callable[[object], bool]
    environment: Mapping[str, str]
    folder: Path
    child: subprocess.Popen[bytes] | None = None
    failures: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        self.child = subprocess.Popen(self.command, env=dict(self.environment), cwd=self.folder)

    def exit_code(self) -> int | None:
        """None while it runs, or was not started."""
        return self.child.poll() if self.child else None

    def is_ready(self) -> bool:
        if not self.address:
            return self.exit_code() is None
        try:
            with urllib.request.urlopen(self.address, timeout=2) as response:
                return self.ready(json.load(response))
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def stop(self) -> None:
        if self.child is None or self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def restart_when_dead(self, now: float, tell: Callable[[str], None]) -> None:
        """Starts it again after 1, 2, 4 ... seconds, at most `LONGEST_PAUSE_SECONDS`; `now` is monotonic seconds."""
        code = self.exit_code()
        if code is None:
            return
        if not self.start_at:
            pause = min(2**self.failures, LONGEST_PAUSE_SECONDS)
            tell(f"The {self.name} process stopped with exit code {code}; starting it again in {pause} s.")
            self.failures += 1
            self.start_at = now + pause
        elif now >= self.start_at:
            self.start_at = 0.0
            self.start()


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our packages with this Python."""
    return [sys.executable, "-m", name, *arguments]


def gateway_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the gateway's settings, by name; "" for nothing. It is another room: asked, not imported."""
    asked = subprocess.run(
        module("web", "--settings"), env=dict(environment), cwd=PROJECT, capture_output=True, text=True
    )
    try:
        return dict(json.loads(asked.stdout))
    except ValueError:
        return {"web": f"the gateway cannot say its settings: {asked.stderr.strip()[-300:]}"}


def await_ready(processes: Sequence[Process], seconds: float) -> None:
    """Waits until all are ready. Raises `CommandFailed` when one dies or the time is over."""
    deadline = time.monotonic() + seconds
    waiting = list(processes)
    while waiting:
        for process in list(waiting):
            code = process.exit_code()
            if code is not None:
                raise CommandFailed(f"the {process.name} process stopped with exit code {code}; its message is above")
            if process.is_ready():
                waiting.remove(process)
        if waiting and time.monotonic() > deadline:
            names = " and ".join(process.name for process in waiting)
            raise CommandFailed(f"{names} not ready after {seconds:.0f} s; look at the messages above")
        time.sleep(0.2)


def require_free(port: int, setting: str) -> None:
    """Raises `CommandFailed` naming the process that holds the port, where that can be known."""
    try:
        held = [
            row
            for row in psutil.net_connections("tcp")
            if row.status == psutil.CONN_LISTEN and row.laddr and row.laddr.port == port
        ]
    except psutil.AccessDenied:
        held = []
    if not held and _can_listen(port):
        return
    holder = "another process"
    if held and held[0].pid:
        holder = f"process {held[0].pid} ({psutil.Process(held[0].pid).name()})"
    raise CommandFailed(f"port {port} is used by {holder}; stop it, or set {setting} to another port")


def _can_listen(port: int) -> bool:
    # Where the holders of ports may not be seen, trying is the only way to know.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
