"""What may happen to a running Lantern: each fault is a block that begins it, and ends with the cause removed.

What Lantern has to mend by itself (start a process again, write what waited) is not done here.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.identity import erasure_hash
from records.repository import stamp
from records.tables import conversations, erasures, messages
from storage.engine import read, write
from tests.postgresql import Server
from tests.running import ASSISTANT, GATEWAY, PROJECT, Lantern, wait_until
from tests.torture.database_server import hanging, stopped
from tests.torture.disk import SmallDisk
from tests.torture.people import People

OLD = 2_000
"""Conversations that retention finds to be old: ten of its steps."""
OLD_DAYS = 400


@dataclass
class Stage:
    """One Lantern, those who talk with it, and the means to make it suffer.

    `plan` fixes what happens. `records` is a way of our own to its conversations, which lie on `disk`, where one may be
    mounted, or on `server`.
    """

    lantern: Lantern
    people: People
    plan: random.Random
    records: Engine
    disk: SmallDisk | None = None
    server: Server | None = None
    pace: float = 1.0
    gateway_killed_at: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def sqlite_files(self) -> list[Path]:
        return [] if self.server else [self.lantern.home / name for name in ("knowledge.db", "conversations.db")]

    def child(self, part: tuple[str, ...]) -> psutil.Process:
        """The process, once it runs."""
        found: list[psutil.Process] = []

        def look() -> bool:
            with suppress(StopIteration, psutil.NoSuchProcess):
                found.append(self.lantern.child(part))
            return bool(found)

        wait_until(f"the process {part[-1]} to be started again", look, 120)
        return found[0]

    def hold(self, shortest: float, longest: float) -> None:
        """Lets a fault last so many seconds, at the usual `pace`."""
        threading.Event().wait(self.pace * self.plan.uniform(shortest, longest))

    def settle(self) -> None:
        """Until every answer that was given is kept."""
        wait_until("all answers to be kept", lambda: self._writes_waiting() == 0, 60)

    def _writes_waiting(self) -> int | None:
        """None while nobody can tell."""
        state = self.lantern.get("/readyz")
        return int(state["parts"]["records"]["waiting"]) if state else None

    def kill(self, part: tuple[str, ...]) -> None:
        process = self.child(part)
        if part == GATEWAY:
            self.gateway_killed_at.append(time.monotonic())
        process.kill()


@contextmanager
def gateway_killed(stage: Stage) -> Iterator[None]:
    stage.kill(GATEWAY)
    yield


@contextmanager
def assistant_killed(stage: Stage) -> Iterator[None]:
    """In the middle of a message: it is held still until one has reached it."""
    process = stage.child(ASSISTANT)
    process.suspend()
    wait_until("a message to be under way", lambda: stage.people.under_way > 0)
    process.kill()
    yield


@contextmanager
def assistant_stopped(stage: Stage) -> Iterator[None]:
    process = stage.child(ASSISTANT)
    process.suspend()
    try:
        stage.hold(2, 12)
        yield
    finally:
        process.resume()


@contextmanager
def database_locked(stage: Stage) -> Iterator[None]:
    other = sqlite3.connect(stage.lantern.home / "conversations.db", isolation_level=None, timeout=60)
    other.execute("BEGIN EXCLUSIVE")
    try:
        stage.hold(1, 10)
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def disk_full(stage: Stage) -> Iterator[None]:
    assert stage.disk
    with stage.disk.full():
        stage.hold(3, 8)
        yield


@contextmanager
def disk_read_only(stage: Stage) -> Iterator[None]:
    """A disk with files open for writing cannot be made so; both processes are killed, and find it so when they are
    started again. The start command is held still until it is."""
    assert stage.disk
    supervisor = stage.lantern.supervisor
    supervisor.suspend()
    try:
        stage.kill(GATEWAY)
        stage.kill(ASSISTANT)
        stage.records.dispose()
        with stage.disk.read_only():
            supervisor.resume()
            wait_until("the gateway on a disk for reading only", lambda: stage.lantern.state is not None, 120)
            stage.hold(3, 8)
            yield
    finally:
        supervisor.resume()


@contextmanager
def connections_dropped(stage: Stage) -> Iterator[None]:
    """All connections to the server, several times."""
    admin = sa.create_engine(stage.records.url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    dropping = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    for _ in range(stage.plan.randint(3, 8)):
        with admin.connect() as connection:
            connection.exec_driver_sql(dropping)
        stage.hold(0.1, 1)
    yield


@contextmanager
def server_stopped(stage: Stage) -> Iterator[None]:
    assert stage.server
    with stopped(stage.server):
        stage.hold(2, 10)
        yield


@contextmanager
def server_hangs(stage: Stage) -> Iterator[None]:
    """It answers nobody, and breaks no connection either: as behind a network that swallows everything."""
    assert stage.server
    with hanging(stage.server):
        stage.hold(2, 10)
        yield


@contextmanager
def publication_killed(stage: Stage) -> Iterator[None]:
    """Afterwards the old text is live, or the new one; a second run completes it."""
    file = next(Path(stage.lantern.settings["LANTERN_CONTENT"]).rglob("lupus-what-is.md"))
    text = file.read_text(encoding="utf-8")
    old, new = ("Lupus", "LUPUS") if "\nLUPUS" not in text else ("LUPUS", "Lupus")
    file.write_text(text.replace(f"\n{old}", f"\n{new}"), encoding="utf-8")
    before = stage.lantern.release
    publishing = _start(stage, "content", "import", "--seed")
    with suppress(subprocess.TimeoutExpired):
        publishing.wait(stage.plan.uniform(1, 20))
    publishing.kill()
    publishing.wait()
    if stage.lantern.release not in (before, before + 1):
        stage.broken.append(f"after release {before} a killed publication left {stage.lantern.release}")
    done = stage.lantern.command("content", "import", "--seed")
    if done.returncode:
        stage.broken.append(f"a killed publication could not be completed: {done.stdout[-300:]}")
    # A gateway that loads a release answers from the one before meanwhile.
    wait_until(f"release {before + 1} in the gateway", lambda: stage.lantern.release == before + 1)
    yield


@contextmanager
def retention_killed(stage: Stage) -> Iterator[None]:
    """In the middle of what it has to erase; a second run completes it, and what is young stays."""
    old = _grown_old(stage)
    with read(stage.records) as connection:
        young = set(connection.execute(sa.select(conversations.c.id)).scalars()) - old
    pruning = _start(stage, "records", "prune", "--confirm")
    assert pruning.stdout
    pruning.stdout.readline()
    pruning.kill()
    pruning.wait()
    with read(stage.records) as connection:
        whole = sa.select(messages.c.conversation_id, sa.func.count()).group_by(messages.c.conversation_id)
        left = {name: count for name, count in connection.execute(whole) if name in old}
    if any(count != 2 for count in left.values()):
        stage.broken.append("a killed retention left half a conversation")
    done = stage.lantern.command("records", "prune", "--confirm")
    with read(stage.records) as connection:
        known = set(connection.execute(sa.select(conversations.c.id)).scalars())
        receipts = connection.execute(sa.select(erasures.c.conversation_hash)).scalars().all()
    if done.returncode or known & old:
        stage.broken.append(f"after a killed retention {len(known & old)} old conversations are left: {done.stdout}")
    if young - known:
        stage.broken.append(f"retention erased {len(young - known)} conversations that were not old")
    if {receipts.count(name) for name in map(erasure_hash, old)} != {1}:
        stage.broken.append("retention left not exactly one receipt for each conversation")
    yield


def _grown_old(stage: Stage) -> set[str]:
    """Ids of conversations that were last heard long ago, with two messages each."""
    moment = stamp(dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=OLD_DAYS))
    ids = {f"{stage.plan.getrandbits(128):032x}" for _ in range(OLD)}
    state = {"channel": "rest", "started_at": moment, "heard_at": moment, "locale": "en", "introduced": True}
    said = {"at": moment, "text": "what is lupus", "kind": "answer", "replies": "[]"}
    rows = [{"id": name, "therapy": False, **state} for name in ids]
    with write(stage.records) as connection:
        connection.execute(sa.insert(conversations), rows)
        turns = [{"conversation_id": name, "message_hash": f"{turn}", **said} for name in ids for turn in range(2)]
        connection.execute(sa.insert(messages), turns)
    return ids


def _start(stage: Stage, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=PROJECT,
        env=stage.lantern.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def one_after_the_other(*begin: Callable[[Stage], AbstractContextManager[None]]) -> Fault:
    """Several faults as one. The gateway keeps what it has to before the next: killed before that, it would lose it."""

    @contextmanager
    def begun(stage: Stage) -> Iterator[None]:
        for fault in begin:
            stage.settle()
            with fault(stage):
                pass
        yield

    return Fault("one after the other", begun)


@dataclass(frozen=True)
class Fault:
    """`needs` names what of a stage it needs: `disk`, `server` or `sqlite`; empty for any stage."""

    name: str
    begin: Callable[[Stage], AbstractContextManager[None]]
    needs: str = ""

    def fits(self, stage: Stage) -> bool:
        if self.needs == "sqlite":
            return stage.server is None
        return not self.needs or getattr(stage, self.needs) is not None


FAULTS = (
    Fault("the gateway is killed", gateway_killed),
    Fault("the assistant is killed in the middle of a message", assistant_killed),
    Fault("the assistant hangs", assistant_stopped),
    Fault("the database is locked", database_locked, "sqlite"),
    Fault("the disk is full", disk_full, "disk"),
    Fault("the disk can only be read when all is started again", disk_read_only, "disk"),
    Fault("the database server drops its connections", connections_dropped, "server"),
    Fault("the database server is stopped", server_stopped, "server"),
    Fault("the database server hangs", server_hangs, "server"),
    Fault("a publication is killed", publication_killed),
    Fault("retention is killed", retention_killed),
)
