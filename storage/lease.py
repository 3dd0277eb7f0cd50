"""A lease: of several processes, one does the work. It needs no clocks that agree.

Whoever holds it counts up its row. Another process that sees the same count for `seconds` on its own clock takes it
over, so a holder that was killed, or that hangs, is followed by the next one. What must never be done twice asks with
`require` in the transaction that does it.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.engine import read, write
from storage.errors import StorageError, Unavailable

logger = logging.getLogger(__name__)

BEATS = 3
"""So often is a lease renewed in the time after which it is lost."""


class LeaseHeld(StorageError):
    """Another process does this work, and is alive."""


class LeaseLost(StorageError):
    """Another process has taken the work over."""


@dataclass(frozen=True)
class Holder:
    """Who has a lease. `name` is for people; `seen_at` is the moment of the newest beat, by the holder's clock."""

    name: str
    seen_at: dt.datetime


def lease_table(metadata: sa.MetaData) -> sa.Table:
    """The table of leases in the database of a room. `holder` is NULL when nobody has the lease."""
    return sa.Table(
        "leases",
        metadata,
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("holder", sa.String(120)),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False),
    )


def holder_of(connection: Connection, table: sa.Table, name: str) -> Holder | None:
    """Who has the lease, dead or alive; None when nobody has."""
    row = connection.execute(sa.select(table).where(table.c.name == name)).first()
    return Holder(row.holder, dt.datetime.fromisoformat(row.seen_at)) if row is not None and row.holder else None


class Lease:
    """`holder` tells this process from all others. `ticks` tells monotonic seconds, `clock` the moment in UTC, which is
    only shown to people."""

    def __init__(
        self,
        engine: Engine,
        table: sa.Table,
        name: str,
        holder: str,
        seconds: float,
        ticks: Callable[[], float],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._engine, self._table, self.name, self.holder = engine, table, name, holder
        self.seconds, self._ticks, self._clock = seconds, ticks, clock
        self._watched: tuple[str | None, int, float] | None = None
        self._lost = threading.Event()

    @property
    def is_lost(self) -> bool:
        """Whether another process may have taken it since `held` began."""
        return self._lost.is_set()

    def take(self) -> bool:
        """Takes the lease if nobody has it, or if its holder has not moved for `seconds` since this process first
        looked. So of a dead holder it is true at a later call. Raises `Unavailable`."""
        mine = {"holder": self.holder, "seen_at": self._clock().isoformat()}
        with write(self._engine) as connection:
            row = connection.execute(sa.select(self._table).where(self._row())).first()
            if row is None:
                return self._insert(connection, mine)
            now, state = self._ticks(), (row.holder, row.beat)
            if self._watched is None or self._watched[:2] != state:
                self._watched = (*state, now)
            if row.holder is not None and now - self._watched[2] < self.seconds:
                return False
            same = (self._table.c.beat == row.beat) & self._is(row.holder)
            taken = sa.update(self._table).where(self._row(), same).values(beat=row.beat + 1, **mine)
            return bool(connection.execute(taken).rowcount)

    def take_or_wait(self, wait: Callable[[float], object], tell: Callable[[Holder], None]) -> None:
        """Takes the lease. Where somebody has it, `tell` hears who, and `wait` is given seconds to wait until it is
        clear whether they live. Raises `LeaseHeld` when they do, and `Unavailable`."""
        if self.take():
            return
        seen = self._watched
        with read(self._engine) as connection:
            holder = holder_of(connection, self._table, self.name)
        if holder is not None:
            tell(holder)
        while not self.take():
            if self._watched != seen:
                who = holder.name if holder is not None else "another process"
                raise LeaseHeld(f"{who} is at work on it; wait until it is done")
            wait(self.seconds / BEATS)

    @contextmanager
    def held(self) -> Iterator[None]:
        """For whoever has taken it: renews it while the block runs, and gives it back."""
        self._lost.clear()
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(over,), name=f"lease {self.name}", daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
            self._give_back()

    def require(self, connection: Connection) -> None:
        """Within a transaction: nobody else gets the lease before it ends. Raises `LeaseLost`."""
        row = {"beat": self._table.c.beat + 1, "seen_at": self._clock().isoformat()}
        renewed = sa.update(self._table).where(self._row(), self._is(self.holder)).values(**row)
        if not connection.execute(renewed).rowcount:
            self._lost.set()
            raise LeaseLost(f"another process has taken over: {self.name}; nothing was changed")

    def _beat(self, over: threading.Event) -> None:
        last = self._ticks()
        while not over.wait(self.seconds / BEATS):
            try:
                with write(self._engine) as connection:
                    self.require(connection)
                last = self._ticks()
            except LeaseLost:
                return
            except Unavailable as fault:
                logger.warning("the lease %s was not renewed: %s", self.name, fault)
                if self._ticks() - last > self.seconds:
                    self._lost.set()

    def _give_back(self) -> None:
        try:
            with write(self._engine) as connection:
                connection.execute(sa.update(self._table).where(self._row(), self._is(self.holder)).values(holder=None))
        except Unavailable as fault:
            logger.warning("the lease %s was not given back and will run out: %s", self.name, fault)

    def _insert(self, connection: Connection, mine: dict[str, str]) -> bool:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(self._table), {"name": self.name, "beat": 1, **mine})
        except sa.exc.IntegrityError:
            # On PostgreSQL another process may have been as quick.
            return False
        return True

    def _row(self) -> sa.sql.ColumnElement:
        return self._table.c.name == self.name

    def _is(self, holder: str | None) -> sa.sql.ColumnElement:
        return self._table.c.holder.is_(None) if holder is None else self._table.c.holder == holder
