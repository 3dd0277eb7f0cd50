"""Kills a process before each change that an act makes, and looks at what it leaves: the old state or the new one.

A change is a statement that writes, a commit, or a card's file renamed or removed; the end of a commit counts too. So
an act is killed with nothing done, with everything done, and everywhere in between.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import make_url

from storage.engine import open_engine
from tests.forked import processes
from tests.postgresql import Server
from tests.torture.acts import ACTS, BROKEN_ROW, CARDS, KILLED, Seen, rows
from tests.torture.invariants import unsound

WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")
SECONDS = 60
"""Longest that one act may take; most take a tenth of a second."""


@dataclass(frozen=True)
class Place:
    """A database, and the folder that belongs to it."""

    url: str
    folder: Path


class Places(Protocol):
    """Places of one kind of database. No process may have a place open that is copied."""

    def new(self) -> Place: ...

    def copy(self, place: Place) -> Place: ...

    def await_nobody(self, place: Place) -> None:
        """Returns when whoever was killed is gone from the database, too."""

    def remove(self, place: Place) -> None: ...


@dataclass
class Files:
    """SQLite."""

    folder: Path
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def new(self) -> Place:
        return self._place(self.folder / f"{next(self._numbers)}")

    def copy(self, place: Place) -> Place:
        return self._place(shutil.copytree(place.folder, self.folder / f"{next(self._numbers)}"))

    def _place(self, folder: Path) -> Place:
        return Place(f"sqlite:///{folder / 'kept.db'}", folder)

    def await_nobody(self, place: Place) -> None:
        """Its lock on the file ended with the process."""

    def remove(self, place: Place) -> None:
        shutil.rmtree(place.folder)


@dataclass
class Databases:
    """PostgreSQL."""

    server: Server
    folder: Path
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        url = self.server.url("postgres")
        self._admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool, future=True)

    def new(self) -> Place:
        folder = self.folder / f"{next(self._numbers)}"
        folder.mkdir(parents=True)
        return Place(self.server.new_database(), folder)

    def copy(self, place: Place) -> Place:
        self.await_nobody(place)
        number = next(self._numbers)
        name = f"{_database(place)}_{number}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {_database(place)}")
        return Place(self.server.url(name), shutil.copytree(place.folder, self.folder / f"{number}"))

    def await_nobody(self, place: Place) -> None:
        query = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = :name")
        with self._admin.connect() as connection:
            serving = connection.execute(query, {"name": _database(place)}).scalars().all()
            _, left = psutil.wait_procs([*_running(serving)], SECONDS)
            assert not left, f"the server goes on with {left} of a process that was killed"

    def remove(self, place: Place) -> None:
        self._do(f"DROP DATABASE {_database(place)} WITH (FORCE)")
        shutil.rmtree(place.folder)

    def _do(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


def _database(place: Place) -> str:
    return str(make_url(place.url).database)


def _running(process_ids: Iterable[int]) -> Iterator[psutil.Process]:
    for process_id in process_ids:
        if psutil.pid_exists(process_id):
            yield psutil.Process(process_id)


@contextmanager
def opened(place: Place) -> Iterator[Engine]:
    engine = open_engine(place.url)
    try:
        yield engine
    finally:
        engine.dispose()


# In the process that is killed ---------------------------------------------------------------------------------


def _carry_out(name: str, place: Place, kill_at: int, told: Any) -> None:
    """Does the act, and kills this process at this step, counted from 1; tells how many steps there were."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(event: str, given: tuple[Any, ...]) -> None:
        # Python renames files of its own, too, where it keeps what it compiled.
        if event in ("os.rename", "os.remove") and os.fspath(given[0]).startswith(str(place.folder)):
            step()

    engine = open_engine(place.url)
    before_each_change(engine, step)
    sys.addaudithook(audited)
    ACTS[name].do(engine, place.folder)
    told.send(steps)


def before_each_change(engine: Engine, step: Callable[[], None]) -> None:
    def executing(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.lstrip().startswith(WRITING):
            step()

    commit = engine.dialect.do_commit

    def committing(connection: Any) -> None:
        step()
        commit(connection)
        step()

    sa.event.listen(engine, "before_cursor_execute", executing)
    engine.dialect.do_commit = committing


def _run(name: str, place: Place, kill_at: int = 0) -> int | None:
    """How many steps the act took; None for one that was killed."""
    hearing, telling = processes.Pipe(duplex=False)
    process = processes.Process(target=_carry_out, args=(name, place, kill_at, telling))
    process.start()
    telling.close()
    process.join(SECONDS)
    if process.exitcode == 0:
        return int(hearing.recv())
    assert process.exitcode == -signal.SIGKILL, f"{name} ended with {process.exitcode} instead of being killed"
    return None


# Looking at what it left ---------------------------------------------------------------------------------------


@dataclass
class Suffered:
    """What came of one act. `left`: `old` or `new` by the step at which it was killed. `broken`: as sentences."""

    name: str
    steps: int = 0
    left: dict[int, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


Choose = Callable[[Sequence[int]], Iterable[int]]
"""Picks the steps to be killed at from all there are."""


def every(steps: Sequence[int]) -> Iterable[int]:
    return steps


def suffer(name: str, places: Places, choose: Choose = every) -> Suffered:
    """Does an act, kills it, each time from the same state, at every step that is chosen, and repeats it after that."""
    act, suffered, before = ACTS[name], Suffered(name), places.new()
    with opened(before) as engine:
        act.begin(engine, before.folder)
        old = act.seen(engine, before.folder)
    finished = places.copy(before)
    steps = _run(name, finished)
    assert steps, f"{name} changed nothing"
    with opened(finished) as engine:
        new = act.seen(engine, finished.folder)
    places.remove(finished)
    assert rows(old) != rows(new), f"{name} changed nothing that anybody could see"
    assert old.get(BROKEN_ROW) is new.get(BROKEN_ROW) is None, f"{name} leaves a broken audit trail by itself"
    suffered.steps = steps
    for step in choose(range(1, steps + 1)):
        killed = places.copy(before)
        assert _run(name, killed, step) is None, f"{name} came to its end before its step {step}"
        places.await_nobody(killed)
        _look(suffered, step, killed, old, new)
        places.remove(killed)
    places.remove(before)
    return suffered


def _look(suffered: Suffered, step: int, place: Place, old: Seen, new: Seen) -> None:
    act, where = ACTS[suffered.name], f"{suffered.name}, killed at step {step} of {suffered.steps},"
    with opened(place) as engine:
        found = act.seen(engine, place.folder)
        states = {"old": rows(old), "new": rows(new)}
        suffered.left[step] = next((name for name, state in states.items() if state == rows(found)), "mixed")
        if suffered.left[step] == "mixed":
            odd = [part for part, said in rows(found).items() if said != old.get(part)]
            suffered.broken.append(f"{where} leaves neither the old state nor the new one: look at {', '.join(odd)}")
        for key, card in found.get(CARDS, {}).items():
            if card not in (old[CARDS].get(key), new[CARDS].get(key)):
                suffered.broken.append(f"{where} leaves the card {'/'.join(key)} neither old nor new")
        act.do(engine, place.folder)
        if act.seen(engine, place.folder) != new:
            suffered.broken.append(f"{where} does not get to the new state when it is repeated")
    if engine.dialect.name == "sqlite":
        suffered.broken += [f"{where} {broken}" for broken in unsound([Path(str(engine.url.database))])]


def suffer_all(kinds: dict[str, Places], say: Callable[[str], None]) -> list[str]:
    """Kills every act at all its steps on each kind of database. Returns what is broken after the first that broke."""
    for kind, places in kinds.items():
        for name in KILLED:
            suffered = suffer(name, places)
            say(f"{name} on {kind}, killed at each of its {suffered.steps} steps")
            if suffered.broken:
                return [f"on {kind} {sentence}" for sentence in suffered.broken]
    return []
