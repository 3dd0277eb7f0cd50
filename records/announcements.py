"""Tells other systems what happened, by signed webhooks: put into the outbox here, signed and sent by the gateway.

`announce` may be called by any process, and twice: what is told of a subject once is not told again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Literal

from sqlalchemy.engine import Connection

from records.model import Clock
from records.outbox import Outbox, Parcel

CHANNEL = "events"
Kind = Literal["handoff.requested", "question.missed", "trial.changed", "release.published"]
KINDS: tuple[Kind, ...] = ("handoff.requested", "question.missed", "trial.changed", "release.published")
LIFE = dt.timedelta(days=3)
"""A system that could not be reached for so long is not told any more; staff see it and may send it again."""


class Announcements:
    """`addresses` are those of the systems that listen; with none, nothing is kept."""

    def __init__(self, outbox: Outbox, addresses: Sequence[str], clock: Clock) -> None:
        self._outbox, self._addresses, self._clock = outbox, addresses, clock

    def announce(self, kind: Kind, subject: str, data: Mapping[str, Any]) -> Future[None]:
        """Tells that this happened. `subject` names what it happened to, and which time: a release's number, a study's
        with the day of its change. `data`: plain JSON values without a word that points to a person."""
        return self._outbox.put(self._parcels(kind, subject, data))

    def announce_within(self, connection: Connection, kind: Kind, subject: str, data: Mapping[str, Any]) -> None:
        """An operation: the same, in the transaction in which it happens."""
        self._outbox.put_within(connection, self._parcels(kind, subject, data))

    def _parcels(self, kind: Kind, subject: str, data: Mapping[str, Any]) -> list[Parcel]:
        now = self._clock()
        body = {"type": kind, "timestamp": now.isoformat(timespec="seconds"), "data": dict(data)}
        return [
            Parcel(
                _key(kind, subject, address),
                CHANNEL,
                None,
                {"address": {"to": address, "said": body}, "page": {"text": "", "choices": []}},
                False,
                True,
                now + LIFE,
            )
            for address in self._addresses
        ]


def _key(kind: str, subject: str, address: str) -> str:
    """The same for the same event and listener: it is the webhook's id over there."""
    return "event-" + hashlib.sha256(f"{kind}\0{subject}\0{address}".encode()).hexdigest()[:48]
