"""People who were passed on to the people who run the site. While a handover is open, the assistant keeps quiet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from records.model import Clock
from records.repository import stamp
from records.sealing import Sealer, Unreadable
from records.tables import handovers
from storage.engine import read
from storage.writer import Writer


@dataclass(frozen=True)
class Handover:
    """`facts`: where the person is reached and in which language, as plain JSON values. `answered_at`: when somebody of
    the site first wrote; `reference`: under which name it is known over there."""

    id: str
    conversation: str
    channel: str
    opened_at: dt.datetime
    heard_at: dt.datetime
    facts: Mapping[str, Any] = field(repr=False)
    answered_at: dt.datetime | None = None
    reference: str | None = None


class Handovers:
    """Safe to share between threads and processes. What takes a connection is an operation for a
    `storage.writer.Writer`; other writes return at once. Reads raise `Unavailable`."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock, sealer: Sealer) -> None:
        self._engine, self._writer, self._clock, self._sealer = engine, writer, clock, sealer

    def open_within(
        self, connection: Connection, handover_id: str, conversation: str, channel: str, facts: Mapping[str, Any]
    ) -> None:
        now = stamp(self._clock())
        row = {
            "id": handover_id,
            "conversation_id": conversation,
            "channel": channel,
            "state": "open",
            "opened_at": now,
            "heard_at": now,
            "sealed": self._sealer.seal(dict(facts)),
        }
        connection.execute(_ADD, row)

    def of(self, connection: Connection, conversation: str) -> Handover | None:
        """The open handover of a person, if there is one."""
        return self._first(connection, handovers.c.conversation_id == conversation)

    def find(self, handover_id: str = "", reference: str = "") -> Handover | None:
        """The open handover with this id, or known elsewhere by this reference."""
        named = handovers.c.id == handover_id if handover_id else handovers.c.reference == reference
        with read(self._engine) as connection:
            return self._first(connection, named)

    def reference(self, handover_id: str) -> str | None:
        """Under which name it is known elsewhere, also once it is ended: some words may still be on their way there."""
        query = sa.select(handovers.c.reference).where(handovers.c.id == handover_id)
        with read(self._engine) as connection:
            reference: str | None = connection.execute(query).scalar()
            return reference

    def open_ones(self) -> list[Handover]:
        """All that are open, the oldest first."""
        query = sa.select(handovers).where(handovers.c.state == "open").order_by(handovers.c.opened_at)
        with read(self._engine) as connection:
            found = [self._read(row) for row in connection.execute(query).mappings()]
        return [handover for handover in found if handover is not None]

    def heard_within(self, connection: Connection, handover_id: str, by_staff: bool = False) -> None:
        """Somebody wrote."""
        now = stamp(self._clock())
        values: dict[str, Any] = {"heard_at": now}
        if by_staff:
            values["answered_at"] = sa.func.coalesce(handovers.c.answered_at, now)
        connection.execute(sa.update(handovers).where(handovers.c.id == handover_id).values(values))

    def end_within(self, connection: Connection, handover_id: str) -> bool:
        """Ends it and erases where the person is reached. False where it was ended before."""
        one = sa.update(handovers).where(handovers.c.id == handover_id, handovers.c.state == "open")
        return bool(connection.execute(one.values(state="ended", sealed=None)).rowcount)

    def refer(self, handover_id: str, reference: str) -> Future[None]:
        """Keeps under which name it is known elsewhere."""

        def keep(connection: Connection) -> None:
            one = sa.update(handovers).where(handovers.c.id == handover_id, handovers.c.state == "open")
            connection.execute(one.values(reference=reference))

        return self._writer.submit(keep)

    def _first(self, connection: Connection, which: sa.sql.ColumnElement) -> Handover | None:
        query = sa.select(handovers).where(which, handovers.c.state == "open").order_by(handovers.c.opened_at.desc())
        row = connection.execute(query.limit(1)).mappings().first()
        return None if row is None else self._read(row)

    def _read(self, row: Mapping[str, Any]) -> Handover | None:
        try:
            facts = self._sealer.open(row["sealed"])
        except Unreadable:
            return None
        answered = row["answered_at"]
        return Handover(
            row["id"],
            row["conversation_id"],
            row["channel"],
            dt.datetime.fromisoformat(row["opened_at"]),
            dt.datetime.fromisoformat(row["heard_at"]),
            facts,
            dt.datetime.fromisoformat(answered) if answered else None,
            row["reference"],
        )


_ADD = sa.text(
    "INSERT INTO handovers (id, conversation_id, channel, state, opened_at, heard_at, sealed) VALUES "
    "(:id, :conversation_id, :channel, :state, :opened_at, :heard_at, :sealed) ON CONFLICT DO NOTHING"
)
