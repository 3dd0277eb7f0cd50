"""What messengers deliver, kept before its delivery is acknowledged and until it is answered: each message once.

The answer goes into the outbox in the transaction that ends a message here, so that there is one answer, however often
either side stops in between.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from records.handovers import Handover, Handovers
from records.model import Clock
from records.outbox import Operation, Outbox, Parcel
from records.repository import stamp, storable
from records.sealing import Sealer, Unreadable
from records.tables import channel_inbox as inbox
from records.tables import channel_people as people
from safety import redact
from storage.engine import read
from storage.writer import Writer

LEASE = dt.timedelta(seconds=60)
"""A message that another process took longer ago is taken over: no answer takes so long."""
MOST_WAITING = 50
"""Messages of one person that may wait to be answered; urgent ones are always taken."""

Offers = Sequence[tuple[str, str]]
"""Titles of what was offered, each with the message that it stands for."""
Acceptance = Literal["new", "known", "full"]


@dataclass(frozen=True)
class Arrived:
    """A message as it was delivered. `mark` names it (`records.identity.message_mark`). `text` is what the person
    wrote, as much as will be read; it is kept redacted. `facts` are what else is needed to answer, as plain JSON
    values: where to reply to, what the emergency rules found in the unredacted words. Both are sealed."""

    mark: str
    channel: str
    conversation: str
    text: str = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)
    urgent: bool = False


@dataclass(frozen=True)
class Person:
    """What a channel knows of somebody. `stopped`: they asked for silence."""

    heard_at: dt.datetime
    stopped: bool = False
    offers: Offers = ()


@dataclass(frozen=True)
class ToAnswer:
    """A message that this process is to answer now. `tries` counts this one, too. `arrived` None: it cannot be read any
    more, because the secret that it was sealed with is gone. `handover`: the person talks with somebody of the site."""

    mark: str
    arrived: Arrived | None
    person: Person
    tries: int = 1
    handover: Handover | None = None


class Inbox:
    """Safe to share between threads and processes. What writes returns at once; its future is done when it is written.

    `owner` names this process; no other that runs has the same name.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        sealer: Sealer,
        outbox: Outbox,
        handovers: Handovers,
        owner: str,
    ) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock
        self._sealer, self._outbox, self._handovers, self._owner = sealer, outbox, handovers, owner

    def accept(self, arrived: Arrived) -> Future[Acceptance]:
        """Keeps a message. `known`: it was delivered before; `full`: too many of this person wait; it is not kept."""
        return self._writer.submit(lambda connection: self._accept(connection, arrived))

    def _accept(self, connection: Connection, arrived: Arrived) -> Acceptance:
        if connection.execute(sa.select(inbox.c.id).where(inbox.c.mark == arrived.mark)).first() is not None:
            return "known"
        if not arrived.urgent:
            mine = (inbox.c.conversation_id == arrived.conversation) & (inbox.c.state != "done")
            if connection.execute(sa.select(sa.func.count()).where(mine)).scalar() >= MOST_WAITING:
                return "full"
        now = stamp(self._clock())
        row = {
            "mark": arrived.mark,
            "channel": arrived.channel,
            "conversation_id": arrived.conversation,
            "received_at": now,
            "urgent": arrived.urgent,
            "state": "waiting",
            "tries": 0,
            "sealed": self._sealer.seal({"text": redact(storable(arrived.text)), "facts": dict(arrived.facts)}),
        }
        if not connection.execute(_ADD, row).rowcount:
            return "known"
        heard = {"conversation_id": arrived.conversation, "channel": arrived.channel, "heard_at": now}
        if not connection.execute(_HEARD, {"wanted": arrived.conversation, "now": now}).rowcount:
            connection.execute(_ADD_PERSON, {**heard, "stopped": False, "offers": "[]"})
        return "new"

    def take(self, conversation: str) -> Future[ToAnswer | None]:
        """The message of this person that is to be answered next; None where none waits, or the one before it is being
        answered."""
        return self._writer.submit(lambda connection: self._take(connection, conversation, None))

    def take_urgent(self, conversation: str, mark: str) -> Future[ToAnswer | None]:
        """This message, whatever was delivered before it."""
        return self._writer.submit(lambda connection: self._take(connection, conversation, mark))

    def _take(self, connection: Connection, conversation: str, mark: str | None) -> ToAnswer | None:
        left = sa.and_(inbox.c.conversation_id == conversation, inbox.c.state != "done")
        first = sa.select(inbox).where(left if mark is None else inbox.c.mark == mark).order_by(inbox.c.id).limit(1)
        row = connection.execute(first).mappings().first()
        now = self._clock()
        free = (inbox.c.state == "waiting") | ((inbox.c.state == "taken") & (inbox.c.taken_at < stamp(now - LEASE)))
        claim = {"state": "taken", "owner": self._owner, "taken_at": stamp(now), "tries": inbox.c.tries + 1}
        if row is None:
            return None
        if not connection.execute(sa.update(inbox).where(inbox.c.id == row["id"], free).values(claim)).rowcount:
            return None
        person, handover = self.person_within(connection, conversation), self._handovers.of(connection, conversation)
        return ToAnswer(row["mark"], self._opened(row), person, int(row["tries"]) + 1, handover)

    def _opened(self, row: Mapping[str, Any]) -> Arrived | None:
        try:
            kept = self._sealer.open(row["sealed"])
        except Unreadable:
            return None
        conversation, urgent = row["conversation_id"], bool(row["urgent"])
        return Arrived(row["mark"], row["channel"], conversation, kept["text"], kept["facts"], urgent)

    def person_within(self, connection: Connection, conversation: str) -> Person:
        row = connection.execute(sa.select(people).where(people.c.conversation_id == conversation)).mappings().first()
        if row is None:
            return Person(self._clock())
        offers = tuple((str(title), str(message)) for title, message in json.loads(row["offers"]))
        return Person(dt.datetime.fromisoformat(row["heard_at"]), bool(row["stopped"]), offers)

    def answer(
        self,
        mark: str,
        conversation: str,
        parcels: Sequence[Parcel],
        *,
        offers: Offers | None = None,
        stopped: bool | None = None,
        sending: bool = False,
        also: Operation = lambda connection: None,
    ) -> Future[bool]:
        """Ends a message: its words are erased, and its answer stands in the outbox. False where it was ended before;
        then nothing is done. `offers` and `stopped` change what is known of the person, None leaves it. `sending`: this
        process sends the urgent parcels already. `also`: what else is written with it."""

        def end(connection: Connection) -> bool:
            done = {"state": "done", "sealed": None, "owner": None}
            ended = sa.update(inbox).where(inbox.c.mark == mark, inbox.c.state != "done").values(done)
            if not connection.execute(ended).rowcount:
                return False
            self._outbox.put_within(connection, parcels, taken=sending)
            also(connection)
            known: dict[str, Any] = {}
            if offers is not None:
                known["offers"] = json.dumps([list(pair) for pair in offers], separators=(",", ":"))
            if stopped is not None:
                known["stopped"] = stopped
            if known:
                connection.execute(sa.update(people).where(people.c.conversation_id == conversation).values(known))
            return True

        return self._writer.submit(end)

    def put_back(self, mark: str) -> Future[None]:
        """A message that was taken is to be answered later after all."""

        def back(connection: Connection) -> None:
            taken = sa.update(inbox).where(inbox.c.mark == mark, inbox.c.state == "taken")
            connection.execute(taken.values(state="waiting", owner=None))

        return self._writer.submit(back)

    def reopen(self) -> Future[int]:
        """For the start of a process: what its predecessor was answering waits again. Returns how many there were."""
        mine = sa.update(inbox).where(inbox.c.state == "taken", inbox.c.owner == self._owner)
        values = {"state": "waiting", "owner": None}
        return self._writer.submit(lambda connection: int(connection.execute(mine.values(values)).rowcount))

    def unanswered(self) -> int:
        """How many messages wait for an answer. Raises `Unavailable`."""
        return self._count(inbox.c.state != "done")

    def kept(self) -> int:
        """How many messages are known, answered or not. Raises `Unavailable`."""
        return self._count(sa.true())

    def _count(self, which: sa.sql.ColumnElement) -> int:
        with read(self._engine) as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(inbox).where(which)).scalar())

    def waiting(self) -> list[str]:
        """Conversations with a message that nobody is answering, the longest waiting first. Raises `Unavailable`."""
        left = (inbox.c.state == "taken") & (inbox.c.taken_at < stamp(self._clock() - LEASE))
        query = (
            sa.select(inbox.c.conversation_id)
            .where((inbox.c.state == "waiting") | left)
            .group_by(inbox.c.conversation_id)
            .order_by(sa.func.min(inbox.c.id))
        )
        with read(self._engine) as connection:
            return list(connection.execute(query).scalars())


_ADD = sa.text(
    "INSERT INTO channel_inbox (mark, channel, conversation_id, received_at, urgent, state, tries, sealed) VALUES "
    "(:mark, :channel, :conversation_id, :received_at, :urgent, :state, :tries, :sealed) ON CONFLICT DO NOTHING"
)
_ADD_PERSON = sa.text(
    "INSERT INTO channel_people (conversation_id, channel, heard_at, stopped, offers) VALUES "
    "(:conversation_id, :channel, :heard_at, :stopped, :offers) ON CONFLICT DO NOTHING"
)
_HEARD = (
    sa.update(people)
    .where(people.c.conversation_id == sa.bindparam("wanted"))
    .values(heard_at=sa.bindparam("now", type_=people.c.heard_at.type))
)
