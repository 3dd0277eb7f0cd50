"""What the assistant remembers of each dialogue: one text per conversation, written behind the reply.

Whoever keeps a text sees it at the next `read`, written or not. With the database away the texts kept last are still
known, so a conversation goes on; what is in them is the business of whoever keeps them.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from types import ModuleType

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql import Insert, Select

from records.model import Clock
from records.repository import stamp, was_erased
from records.tables import trackers
from storage.engine import read
from storage.errors import Unavailable
from storage.writer import Writer

logger = logging.getLogger(__name__)


@dataclass
class _Known:
    """The text kept last; None where there is none, or it is to be forgotten.

    `since`: from when on this process knows the conversation. `stored`: the database has a text of it, `written`: it
    has this one. `queued`: a write of it waits; if it is neither, it was given up, and only this process knows it.
    """

    state: str | None
    since: dt.datetime
    ticket: int = 0
    queued: bool = False
    written: bool = False
    stored: bool = False


class Trackers:
    """Safe to share between threads. `clock` gives the time in UTC. In memory stay the `most` conversations heard last,
    and every one whose text is not written yet."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock, most: int = 2_000) -> None:
        self._engine, self._writer, self._clock, self._most = engine, writer, clock, most
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._tickets = itertools.count(1)
        self._changing = threading.Lock()
        self._ok = True

    @property
    def ok(self) -> bool:
        """Whether the last read and the last write worked."""
        return self._ok and self._writer.ok

    def read(self, conversation_id: str) -> str | None:
        """The text kept last; None for a conversation that is not known. Never raises: while the database is away,
        only what this process remembers is known."""
        with self._changing:
            known = self._known.get(conversation_id)
            ticket = known.ticket if known else 0
            if known is not None and not known.written:
                return known.state
        since = self._clock()
        found = self._select(_STATE, {"wanted": conversation_id})
        if found is None:
            return self.remembered(conversation_id)
        state = found[0] if found else None
        with self._changing:
            known = self._known.get(conversation_id)
            if known is not None and known.ticket != ticket:
                return known.state
            # Where there is none any more, another process has erased it: nothing may come back from memory.
            there = state is not None
            self._remember(conversation_id, _Known(state, since, ticket, written=True, stored=there))
        return state

    def remembered(self, conversation_id: str) -> str | None:
        """What this process remembers, without asking the database."""
        with self._changing:
            known = self._known.get(conversation_id)
            return known.state if known else None

    def keep(self, conversation_id: str, state: str) -> Future[bool]:
        """Replaces the text of a conversation; the newest wins. The future is done when it is in the database; it is
        False where the conversation was erased since it was read, which a late text must not undo."""
        return self._submit(conversation_id, state)

    def forget(self, conversation_id: str) -> Future[bool]:
        """Removes a conversation, at once from memory and soon from the database, and all that waits to be written."""
        return self._submit(conversation_id, None)

    def ids(self) -> list[str]:
        """All conversations; while the database is away, those that this process remembers."""
        stored = self._select(sa.select(trackers.c.conversation_id), {})
        with self._changing:
            known = {name: row.state for name, row in self._known.items() if stored is None or not row.written}
        return sorted(name for name, state in {**dict.fromkeys(stored or (), ""), **known}.items() if state is not None)

    def _select(self, query: Select, values: dict[str, str]) -> list[str] | None:
        """The one column that is asked for; None while the database is away."""
        try:
            with read(self._engine, single=True) as connection:
                found: list[str] = connection.execute(query, values).scalars().all()
        except (Unavailable, sa.exc.SQLAlchemyError) as fault:
            if self._ok:
                logger.warning("dialogues go on from memory until the database is back: %s", type(fault).__name__)
            self._ok = False
            return None
        self._ok = True
        return found

    def _submit(self, conversation_id: str, state: str | None) -> Future[bool]:
        with self._changing:
            ticket = next(self._tickets)
            before = self._known.get(conversation_id) or _Known(None, self._clock())
            stored = before.stored and before.state is not None
            self._remember(conversation_id, _Known(state, before.since, ticket, queued=True, stored=stored))
        # Outside of the lock: a full queue settles the futures of others in this very call.
        future = self._writer.submit(lambda connection: self._write(connection, conversation_id, ticket))
        future.add_done_callback(lambda done: self._settle(conversation_id, ticket, done))
        return future

    def _remember(self, conversation_id: str, row: _Known) -> None:
        self._known[conversation_id] = row
        self._known.move_to_end(conversation_id)
        if len(self._known) > self._most:
            oldest = next((name for name, known in self._known.items() if not known.queued), None)
            if oldest is not None:
                del self._known[oldest]

    def _write(self, connection: Connection, conversation_id: str, ticket: int) -> bool:
        with self._changing:
            known = self._known.get(conversation_id)
            if known is None or known.ticket != ticket:
                return True  # a newer text waits behind this one
            state, since, stored = known.state, known.since, known.stored
        if state is None:
            connection.execute(_DELETE, {"wanted": conversation_id})
            return True
        values = {"new_state": state, "now": stamp(self._clock())}
        if stored:
            return bool(connection.execute(_UPDATE, {"wanted": conversation_id, **values}).rowcount)
        if was_erased(connection, conversation_id, since):
            return False
        insert = _INSERT_POSTGRESQL if connection.dialect.name == "postgresql" else _INSERT_SQLITE
        connection.execute(insert, {"wanted": conversation_id, **values})
        return True

    def _settle(self, conversation_id: str, ticket: int, done: Future[bool]) -> None:
        with self._changing:
            known = self._known.get(conversation_id)
            if known is None or known.ticket != ticket:
                return
            known.queued = False
            if done.exception() is not None:
                return
            if known.state is None or not done.result():  # forgotten, or erased meanwhile
                del self._known[conversation_id]
            else:
                known.written = known.stored = True


def _insert(dialect: ModuleType) -> Insert:
    row = dialect.insert(trackers).values(conversation_id=sa.bindparam("wanted"), **_NEW)
    return row.on_conflict_do_update(index_elements=["conversation_id"], set_=_NEW)


# Built once: putting a statement together takes longer than SQLite takes to run it.
_NEW = {"state": sa.bindparam("new_state"), "saved_at": sa.bindparam("now")}
_THIS = trackers.c.conversation_id == sa.bindparam("wanted")
_STATE = sa.select(trackers.c.state).where(_THIS)
_DELETE = sa.delete(trackers).where(_THIS)
_UPDATE = sa.update(trackers).where(_THIS).values(_NEW)
_INSERT_SQLITE, _INSERT_POSTGRESQL = _insert(sqlite), _insert(postgresql)
