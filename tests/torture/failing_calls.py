"""A SQLite database whose n-th call fails."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine

T = TypeVar("T")


@dataclass(frozen=True)
class Fails:
    """Which calls fail: the `number`-th, counted from 1, of those that begin with `only`; with `for_good` all from it
    on; with 0 none. A call that fails has `done` its work all the same, as when a commit succeeds and its answer is
    lost."""

    number: int = 0
    only: str = ""
    for_good: bool = False
    done: bool = False

    def at(self, number: int) -> bool:
        return bool(self.number) and (number == self.number or (self.for_good and number > self.number))


class Calls:
    """The calls that an engine makes to its driver, of which some fail, until they are `mended`. While `free` is not
    set, they hang."""

    def __init__(self, engine: Engine, fails: Fails) -> None:
        self.begin(fails)
        self.free = threading.Event()
        self.free.set()
        sa.event.listen(engine, "do_connect", self._connect)

    def begin(self, fails: Fails) -> None:
        """Counts anew."""
        self._fails, self._number = fails, 0
        self.failed: list[str] = []
        self.mended = False

    def make(self, name: str, call: Callable[[], T]) -> T:
        self.free.wait()
        self._number += name.startswith(self._fails.only)
        if self.mended or not name.startswith(self._fails.only) or not self._fails.at(self._number):
            return call()
        self.failed.append(name)
        if self._fails.done:
            call()
        raise sqlite3.OperationalError("disk I/O error")

    def _connect(self, _dialect: Any, _record: Any, positional: Any, named: Any) -> sqlite3.Connection:
        connection: _Connection = sqlite3.connect(*positional, **named, factory=_Connection)
        connection.calls = self
        return connection


class _Cursor(sqlite3.Cursor):
    def execute(self, statement: str, *parameters: Any) -> Any:
        calls: Calls = self.connection.calls  # type: ignore[attr-defined]
        return calls.make(statement, lambda: super(_Cursor, self).execute(statement, *parameters))

    def executemany(self, statement: str, rows: Any) -> Any:
        calls: Calls = self.connection.calls  # type: ignore[attr-defined]
        return calls.make(statement, lambda: super(_Cursor, self).executemany(statement, rows))


class _Connection(sqlite3.Connection):
    calls: Calls

    def cursor(self, *_: Any) -> Any:
        return super().cursor(_Cursor)

    def commit(self) -> None:
        self.calls.make("COMMIT", super().commit)
