"""What is to be sent to people and systems elsewhere, kept until it is delivered or given up.

Of one conversation the next message is handed out when the one before it is delivered or given up; an urgent one is
held up by nobody. Whoever takes a message out says so first: a process that ends while it sends leaves a message of
which nobody knows whether it arrived, and `reopen` decides what becomes of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from records.model import Clock
from records.repository import stamp
from records.sealing import Sealer, Unreadable
from records.tables import channel_outbox as outbox
from storage.engine import read
from storage.writer import Writer

Operation = Callable[[Connection], Any]
"""What is done in one transaction, alone or with others; done twice, it leaves what it leaves when done once."""
LEASE = dt.timedelta(seconds=60)
"""A message that somebody took longer ago is not being sent any more: no call to a provider lasts so long."""
AT_ONCE = 50
"""Most messages that are handed out together."""

UNSURE = "unsure"
"""The fault of a message of which nobody knows whether it arrived."""
NOT_READABLE = "not readable"
REFUSED = "refused"
"""The fault of messages that wait because the provider does not accept our key."""


@dataclass(frozen=True)
class Parcel:
    """A message to be sent. `key` names it for good: put in twice, it is there once. `content` is what the channel
    needs to send it, as plain JSON values; it is sealed. After `deadline` it may not be sent. `repeatable`: sent twice,
    the receiver takes it once, or twice does no harm."""

    key: str
    channel: str
    conversation: str | None
    content: Mapping[str, Any] = field(repr=False)
    urgent: bool = False
    repeatable: bool = False
    deadline: dt.datetime | None = None


@dataclass(frozen=True)
class Taken:
    """A message that this process is to send now. `attempts` counts this one; `created_at`: when it was put in."""

    id: int
    key: str
    channel: str
    content: Mapping[str, Any] = field(repr=False)
    attempts: int
    created_at: dt.datetime
    deadline: dt.datetime | None = None


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up. `whole`: it can be sent again."""

    id: int
    channel: str
    created_at: dt.datetime
    fault: str
    attempts: int
    whole: bool


@dataclass(frozen=True)
class Standing:
    """How many messages of a channel wait, and are dead; `refused`: of the waiting ones, those that the provider sends
    back because it does not accept our key. `waiting_since`, `refused_since`: when the oldest of them was put in."""

    waiting: int = 0
    dead: int = 0
    refused: int = 0
    waiting_since: dt.datetime | None = None
    refused_since: dt.datetime | None = None


class Outbox:
    """Safe to share between threads and processes. What writes returns at once; its future is done when it is written.

    Reads raise `Unavailable`. `owner` names this process; no other that runs has the same name.
    """

    def __init__(self, engine: Engine, writer: Writer, clock: Clock, sealer: Sealer, owner: str) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock
        self._sealer, self._owner = sealer, owner

    def put(self, parcels: Sequence[Parcel]) -> Future[None]:
        return self._writer.submit(lambda connection: self.put_within(connection, parcels))

    def put_within(self, connection: Connection, parcels: Sequence[Parcel], taken: bool = False) -> None:
        """An operation. `taken`: this process sends the urgent ones already."""
        now = stamp(self._clock())
        for parcel in parcels:
            sealed = {"content": dict(parcel.content), "repeatable": parcel.repeatable}
            ours = taken and parcel.urgent
            row = {
                "key": parcel.key,
                "channel": parcel.channel,
                "conversation_id": parcel.conversation,
                "created_at": now,
                "urgent": parcel.urgent,
                "state": "sending" if ours else "waiting",
                "due_at": now,
                "deadline": parcel.deadline and stamp(parcel.deadline),
                "attempts": int(ours),
                "owner": self._owner if ours else None,
                "taken_at": now if ours else None,
                "sealed": self._sealer.seal(sealed),
            }
            connection.execute(_ADD, row)

    def take(self, channels: Collection[str], most: int = AT_ONCE) -> Future[list[Taken]]:
        """Hands out what is due on these channels, in order. What is past its deadline is given up instead."""
        return self._writer.submit(lambda connection: self._take(connection, list(channels), most))

    def _take(self, connection: Connection, channels: list[str], most: int) -> list[Taken]:
        now = stamp(self._clock())
        late = (outbox.c.state == "waiting") & (outbox.c.deadline < now)
        connection.execute(sa.update(outbox).where(late).values(state="dead", fault="too late to be sent", owner=None))
        due = _DUE.where(outbox.c.channel.in_(channels)).limit(most)
        rows = connection.execute(due, {"now": now}).mappings().all()
        taken = []
        for row in rows:
            try:
                content = self._sealer.open(row["sealed"])["content"]
            except Unreadable:
                self._give_up(connection, outbox.c.id == row["id"], NOT_READABLE)
                continue
            claim = {"state": "sending", "owner": self._owner, "taken_at": now, "attempts": row["attempts"] + 1}
            connection.execute(sa.update(outbox).where(outbox.c.id == row["id"]).values(claim))
            taken.append(
                Taken(
                    row["id"],
                    row["key"],
                    row["channel"],
                    content,
                    row["attempts"] + 1,
                    dt.datetime.fromisoformat(row["created_at"]),
                    dt.datetime.fromisoformat(row["deadline"]) if row["deadline"] else None,
                )
            )
        return taken

    def delivered(self, key: str, provider_mark: str | None = None) -> Future[None]:
        """It arrived: address and content are erased."""
        values = {"state": "delivered", "sealed": None, "owner": None, "fault": None, "provider_mark": provider_mark}
        return self._change(outbox.c.key == key, values)

    def postponed(self, key: str, seconds: float, fault: str) -> Future[None]:
        """It did not arrive and is due again in so many seconds."""
        due_at = stamp(self._clock() + dt.timedelta(seconds=seconds))
        values = {"state": "waiting", "due_at": due_at, "owner": None, "fault": fault}
        return self._change(outbox.c.key == key, values)

    def given_up(self, key: str, fault: str) -> Future[None]:
        """It becomes a dead letter, which staff see and may send again."""
        return self._change(outbox.c.key == key, {"state": "dead", "owner": None, "fault": fault})

    def did_not_arrive(self, provider_mark: str, fault: str) -> Future[None]:
        """The provider took it and says later that it could not be delivered."""
        told = (outbox.c.provider_mark == provider_mark) & (outbox.c.state == "delivered")
        return self._change(told, {"state": "dead", "fault": fault})

    def _change(self, which: sa.sql.ColumnElement, values: dict[str, Any]) -> Future[None]:
        def change(connection: Connection) -> None:
            connection.execute(sa.update(outbox).where(which).values(values))

        return self._writer.submit(change)

    def reopen(self, every: bool = False) -> Future[int]:
        """What nobody sends any more, though it was taken out: due again where sending it twice does no harm, a dead
        letter otherwise. With `every`, for the start of a process, also all that its predecessor took out; else only
        what was taken longer ago than `LEASE`. Returns how many there were."""
        return self._writer.submit(lambda connection: self._reopen(connection, every))

    def _reopen(self, connection: Connection, every: bool) -> int:
        left = outbox.c.taken_at < stamp(self._clock() - LEASE)
        if every:
            left |= outbox.c.owner == self._owner
        query = sa.select(outbox.c.id, outbox.c.sealed, outbox.c.urgent)
        rows = connection.execute(query.where(outbox.c.state == "sending", left)).all()
        for row in rows:
            one = outbox.c.id == row.id
            try:
                again = row.urgent or self._sealer.open(row.sealed)["repeatable"]
            except Unreadable:
                again = False
            if again:
                values = {"state": "waiting", "due_at": stamp(self._clock()), "owner": None}
                connection.execute(sa.update(outbox).where(one).values(values))
            else:
                self._give_up(connection, one, UNSURE)
        return len(rows)

    def _give_up(self, connection: Connection, which: sa.sql.ColumnElement, fault: str) -> None:
        connection.execute(sa.update(outbox).where(which).values(state="dead", owner=None, fault=fault))

    def send_again(self, letter: int | None = None, channel: str | None = None) -> Future[int]:
        """Makes this dead letter due again, or all of them, and with them what waits because a provider did not accept
        our key; how many there were that can be sent again. `channel`: of this one alone."""
        which = outbox.c.state == "dead"
        if letter is not None:
            which &= outbox.c.id == letter
        else:
            which |= (outbox.c.state == "waiting") & (outbox.c.fault == REFUSED)
        which &= outbox.c.sealed.is_not(None)
        if channel is not None:
            which &= outbox.c.channel == channel
        # A person decides; what was too late before is sent all the same, and the provider says what it thinks of it.
        values = {"state": "waiting", "due_at": stamp(self._clock()), "attempts": 0, "deadline": None, "fault": None}
        return self._writer.submit(
            lambda connection: int(connection.execute(sa.update(outbox).where(which).values(values)).rowcount)
        )

    def is_due(self, channels: Collection[str]) -> bool:
        """Whether there may be something to hand out now. Raises `Unavailable`."""
        any_due = _ANY_DUE.where(outbox.c.channel.in_(list(channels)))
        with read(self._engine) as connection:
            return connection.execute(any_due, {"now": stamp(self._clock())}).first() is not None

    def state_of(self, key: str) -> str | None:
        """`waiting`, `sending`, `delivered` or `dead`; None for a message that is not known. Raises `Unavailable`."""
        with read(self._engine) as connection:
            state: str | None = connection.execute(sa.select(outbox.c.state).where(outbox.c.key == key)).scalar()
            return state

    def unsent(self) -> int:
        """How many messages are to be sent or are being sent. Raises `Unavailable`."""
        query = sa.select(sa.func.count()).where(outbox.c.state.in_(("waiting", "sending")))
        with read(self._engine) as connection:
            return int(connection.execute(query).scalar())

    def dead_letters(self, channel: str | None = None, most: int | None = None) -> list[DeadLetter]:
        """What was given up, of this channel or of all, oldest first. `most`: no more than so many."""
        query = sa.select(outbox).where(outbox.c.state == "dead").order_by(outbox.c.id).limit(most)
        if channel is not None:
            query = query.where(outbox.c.channel == channel)
        with read(self._engine) as connection:
            rows = connection.execute(query).mappings()
            return [
                DeadLetter(
                    row["id"],
                    row["channel"],
                    dt.datetime.fromisoformat(row["created_at"]),
                    row["fault"] or "",
                    row["attempts"],
                    row["sealed"] is not None,
                )
                for row in rows
            ]

    def standing(self) -> dict[str, Standing]:
        """By channel, where there is anything to tell."""
        refused = sa.and_(outbox.c.state != "dead", outbox.c.fault == REFUSED)
        query = (
            sa.select(
                outbox.c.channel,
                sa.func.sum(sa.case((outbox.c.state != "dead", 1), else_=0)),
                sa.func.sum(sa.case((outbox.c.state == "dead", 1), else_=0)),
                sa.func.sum(sa.case((refused, 1), else_=0)),
                sa.func.min(sa.case((outbox.c.state != "dead", outbox.c.created_at))),
                sa.func.min(sa.case((refused, outbox.c.created_at))),
            )
            .where(outbox.c.state != "delivered")
            .group_by(outbox.c.channel)
        )
        with read(self._engine) as connection:
            return {
                channel: Standing(int(waiting), int(dead), int(refused), _moment(since), _moment(refused_since))
                for channel, waiting, dead, refused, since, refused_since in connection.execute(query)
            }

    def last_deliveries(self) -> dict[str, dt.datetime]:
        """By channel, when the message went out that was delivered last; of a channel that has none, nothing."""
        query = sa.select(outbox.c.channel, sa.func.max(outbox.c.taken_at)).where(outbox.c.state == "delivered")
        with read(self._engine) as connection:
            rows = connection.execute(query.group_by(outbox.c.channel)).all()
        return {channel: moment for channel, stamped in rows if (moment := _moment(stamped))}


def _moment(stamped: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(stamped) if stamped else None


_ADD = sa.text(
    "INSERT INTO channel_outbox (key, channel, conversation_id, created_at, urgent, state, due_at, deadline, attempts, "
    "owner, taken_at, sealed) VALUES (:key, :channel, :conversation_id, :created_at, :urgent, :state, :due_at, "
    ":deadline, :attempts, :owner, :taken_at, :sealed) ON CONFLICT DO NOTHING"
)
_before = outbox.alias("before")
_HELD_UP = (
    sa.select(_before.c.id)
    .where(
        _before.c.conversation_id == outbox.c.conversation_id,
        _before.c.channel == outbox.c.channel,
        _before.c.id < outbox.c.id,
        _before.c.state.in_(("waiting", "sending")),
    )
    .exists()
)
_IS_DUE = sa.and_(outbox.c.state == "waiting", outbox.c.due_at <= sa.bindparam("now"))
_DUE = (
    sa.select(outbox)
    .where(_IS_DUE, sa.or_(outbox.c.urgent, ~_HELD_UP))
    .order_by(outbox.c.urgent.desc(), outbox.c.id)
    .with_for_update(skip_locked=True, of=outbox)
)
_ANY_DUE = sa.select(outbox.c.id).where(_IS_DUE).limit(1)
