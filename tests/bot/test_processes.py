from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot.errors import CommandFailed
from bot.processes import LONGEST_PAUSE_SECONDS, Process, await_ready, require_free

NOWHERE = "http://127.0.0.1:9/"


def process(tmp_path: Path, code: str) -> Process:
    return Process("demo", [sys.executable, "-c", code], NOWHERE, lambda _: True, dict(os.environ), tmp_path)


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Process]:
    child = process(tmp_path, "import threading; threading.Event().wait(60)")
    yield child
    child.stop()


def test_a_used_port_is_named_with_the_process_that_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(CommandFailed) as fault:
            require_free(port, "LANTERN_PORT")
    holder = f"process {os.getpid()} ({psutil.Process().name()})"
    assert str(fault.value) == f"port {port} is used by {holder}; stop it, or set LANTERN_PORT to another port"
    require_free(port, "LANTERN_PORT")


def test_a_holder_that_may_not_be_known_is_still_a_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_kind: str) -> list[object]:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    with socket.create_server(("127.0.0.1", 0)) as held, pytest.raises(CommandFailed, match="used by another process"):
        require_free(held.getsockname()[1], "LANTERN_PORT")


def test_a_process_that_dies_is_started_again_after_ever_longer_pauses(tmp_path: Path) -> None:
    told: list[str] = []
    child = process(tmp_path, "raise SystemExit(3)")
    child.start()
    now = 1000.0
    pauses = []
    for _ in range(8):
        assert child.child is not None
        child.child.wait(30)
        first = child.child
        child.restart_when_dead(now, told.append)
        pause = child.start_at - now
        child.restart_when_dead(now + pause - 0.01, told.append)
        assert child.child is first
        child.restart_when_dead(now + pause, told.append)
        assert child.child is not first
        now += pause
        pauses.append(pause)
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    assert told[0] == "The demo process stopped with exit code 3; starting it again in 1 s."
    assert len(told) == 8


def test_a_process_that_runs_is_left_alone(lasting: Process) -> None:
    lasting.start()
    first = lasting.child
    lasting.restart_when_dead(1000.0, lambda text: pytest.fail(text))
    assert lasting.child is first
    assert lasting.exit_code() is None
    assert not lasting.is_ready()


def test_a_stopped_process_is_gone(lasting: Process) -> None:
    lasting.stop()
    lasting.start()
    assert lasting.child is not None
    pid = lasting.child.pid
    lasting.stop()
    lasting.stop()
    assert not psutil.pid_exists(pid)


def test_waiting_for_a_process_that_dies_ends_at_once(tmp_path: Path) -> None:
    child = process(tmp_path, "raise SystemExit(4)")
    child.start()
    assert child.child is not None
    child.child.wait(30)
    with pytest.raises(CommandFailed, match="the demo process stopped with exit code 4; its message is above"):
        await_ready([child], 60)


def test_waiting_does_not_go_on_for_ever(lasting: Process) -> None:
    lasting.start()
    with pytest.raises(CommandFailed, match="demo not ready after 0 s"):
        await_ready([lasting], 0)
