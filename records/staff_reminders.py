"""What staff have read, and how they are reminded of reviews: a calendar of their own, and a mail now and then."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from records.errors import StaffRefused
from records.repository import stamp
from records.tables import staff, staff_readings, staff_reminders
from storage.engine import read, write

MAIL_EVERY = dt.timedelta(days=7)
"""At most one mail to each person in this time."""
READINGS_KEPT = dt.timedelta(days=180)
"""How long it is known that somebody opened a text; what waits for longer is opened anew."""


@dataclass(frozen=True)
class Reminded:
    """Somebody who wants mail. `mailed_at`: when the newest went, None for never."""

    staff_id: int
    name: str
    mail: str
    mailed_at: dt.datetime | None


class StaffReminders:
    """Safe to share between threads. Every method raises `Unavailable` when the database does not answer."""

    def __init__(self, engine: Engine, clock: Callable[[], dt.datetime]) -> None:
        self._engine, self._clock = engine, clock

    # What was read ---------------------------------------------------------------------------------------------

    def note_reading(self, staff_id: int, content_hash: str) -> None:
        """Somebody has opened exactly this text."""
        if self.has_read(staff_id, [content_hash]):
            return
        now = self._clock()
        row = {"staff_id": staff_id, "content_hash": content_hash, "at": stamp(now)}
        mine = (staff_readings.c.staff_id == staff_id) & (staff_readings.c.content_hash == content_hash)
        with write(self._engine) as connection:
            old = staff_readings.c.at < stamp(now - READINGS_KEPT)
            # The same page opened twice at once is one reading.
            connection.execute(sa.delete(staff_readings).where(old | mine))
            connection.execute(sa.insert(staff_readings), row)

    def has_read(self, staff_id: int, content_hashes: Iterable[str]) -> set[str]:
        """Those of these texts that somebody has opened."""
        mine = staff_readings.c.staff_id == staff_id
        query = sa.select(staff_readings.c.content_hash)
        with read(self._engine) as connection:
            found = connection.execute(query.where(mine, staff_readings.c.content_hash.in_(list(content_hashes))))
            return set(found.scalars())

    # A calendar of one's own -----------------------------------------------------------------------------------

    def new_calendar(self, staff_id: int) -> str:
        """The secret in the address of a calendar; the one before opens nothing any more."""
        secret = secrets.token_urlsafe(32)
        with write(self._engine) as connection:
            _set(connection, staff_id, calendar=_digest(secret))
        return secret

    def end_calendar(self, staff_id: int) -> None:
        with write(self._engine) as connection:
            _set(connection, staff_id, calendar=None)

    def is_calendar(self, secret: str) -> bool:
        """Whether an address is that of somebody's calendar whose account is open."""
        query = sa.select(staff.c.id).join(staff_reminders, staff_reminders.c.staff_id == staff.c.id)
        query = query.where(staff_reminders.c.calendar == _digest(secret), staff.c.closed_at.is_(None))
        with read(self._engine) as connection:
            return connection.execute(query).first() is not None

    # Mail ------------------------------------------------------------------------------------------------------

    def set_mail(self, staff_id: int, address: str) -> None:
        """Where reminders go; "" for nowhere. Raises `StaffRefused` for what is no address."""
        address = address.strip()
        if address and not re.fullmatch(r"[!-;=?A-~]{1,64}@[A-Za-z0-9.-]{1,190}", address):
            raise StaffRefused("This is no e-mail address; write it as ada@hospital.example.")
        with write(self._engine) as connection:
            _set(connection, staff_id, mail=address or None)

    def of(self, staff_id: int) -> tuple[bool, str]:
        """Whether somebody has a calendar, and where reminders go."""
        query = sa.select(staff_reminders).where(staff_reminders.c.staff_id == staff_id)
        with read(self._engine) as connection:
            row = connection.execute(query).first()
        return (row.calendar is not None, row.mail or "") if row else (False, "")

    def to_be_mailed(self) -> list[Reminded]:
        """People with open accounts who want mail and had none for `MAIL_EVERY`."""
        query = sa.select(staff.c.name, staff_reminders).join(staff, staff_reminders.c.staff_id == staff.c.id)
        query = query.where(staff.c.closed_at.is_(None), staff_reminders.c.mail.is_not(None), self._is_due())
        with read(self._engine) as connection:
            rows = connection.execute(query.order_by(staff.c.plain_name)).all()
        return [Reminded(row.staff_id, row.name, row.mail, _moment(row.mailed_at)) for row in rows]

    def claim(self, one: Reminded) -> bool:
        """Notes that a mail goes to somebody now, before it is sent: whoever is killed in between has sent none rather
        than two. Returns whether it is theirs to send."""
        mine = (staff_reminders.c.staff_id == one.staff_id) & self._is_due()
        with write(self._engine) as connection:
            claimed = sa.update(staff_reminders).where(mine).values(mailed_at=stamp(self._clock()))
            return bool(connection.execute(claimed).rowcount)

    def not_sent(self, one: Reminded) -> None:
        """The mail that was claimed certainly did not go out; it may be tried again."""
        before = stamp(one.mailed_at) if one.mailed_at else None
        with write(self._engine) as connection:
            _set(connection, one.staff_id, mailed_at=before)

    def _is_due(self) -> Any:
        mailed_at = staff_reminders.c.mailed_at
        return mailed_at.is_(None) | (mailed_at <= stamp(self._clock() - MAIL_EVERY))


def _set(connection: Connection, staff_id: int, **values: Any) -> None:
    mine = staff_reminders.c.staff_id == staff_id
    if not connection.execute(sa.update(staff_reminders).where(mine).values(**values)).rowcount:
        connection.execute(sa.insert(staff_reminders), {"staff_id": staff_id, **values})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
