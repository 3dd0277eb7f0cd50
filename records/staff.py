"""Who works in the studio: accounts, sessions, and how often somebody may try to sign in."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from records import credentials
from records.errors import SignInRefused, StaffRefused
from records.repository import stamp
from records.staff_reminders import StaffReminders
from records.tables import staff, staff_attempts, staff_events, staff_sessions
from storage.engine import read, write

ROLES = ("author", "reviewer", "publisher", "admin")
LONGEST_NAME = 80
IDLE = dt.timedelta(minutes=30)
"""A session in which nothing is done for so long is over."""
LONGEST_SESSION = dt.timedelta(hours=12)
GIVEN_OUT = dt.timedelta(hours=72)
"""How long a password may be used that was given out, not chosen."""
SEEN_EVERY = dt.timedelta(minutes=1)
"""A session is noted as used at most so often: a write for each page would be too many."""

FREE_ATTEMPTS = {"name": 5, "address": 20}
"""Failed attempts in a row that cost no wait. Colleagues may share an address."""
LONGEST_WAIT = {"name": dt.timedelta(minutes=1), "address": dt.timedelta(minutes=15)}
"""Each attempt beyond them doubles the wait. For a name it stays short: nobody can lock somebody else out."""
ATTEMPTS_FORGOTTEN = dt.timedelta(minutes=30)

RESERVED_NAMES = ("starter", "review dates")
"""Names under which Lantern itself does something in the audit trail."""


@dataclass(frozen=True)
class Member:
    """One account. `has_code`: signing in takes a one-time code too. `must_change`: the password was given out, and
    nothing else can be done before it is replaced."""

    id: int
    name: str
    roles: frozenset[str]
    clinician: bool
    has_code: bool
    must_change: bool
    closed: bool


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in. `form_mark` has to come with every form that changes something."""

    member: Member
    form_mark: str
    started_at: dt.datetime


@dataclass(frozen=True)
class StaffEvent:
    at: dt.datetime
    act: str
    person: str
    about: str


class StaffStore:
    """Accounts and sessions in the conversations database. Safe to share between threads.

    Every method raises `Unavailable` when the database does not answer, and `StaffRefused` where it says so.
    """

    def __init__(self, engine: Engine, clock: Callable[[], dt.datetime]) -> None:
        self._engine, self._clock = engine, clock
        self.reminders = StaffReminders(engine, clock)
        self._nobody = credentials.hash_of_nobody()

    # Accounts --------------------------------------------------------------------------------------------------

    def members(self) -> list[Member]:
        """All accounts, closed ones too, by name."""
        with read(self._engine) as connection:
            rows = connection.execute(sa.select(staff).order_by(staff.c.plain_name)).mappings().all()
        return [_member(row) for row in rows]

    def add(self, name: str, roles: Collection[str], *, clinician: bool = False, by: str) -> str:
        """A new account; returns the password to give out. Raises `StaffRefused`."""
        name = " ".join(name.split())
        _require_name(name)
        password = credentials.new_password()
        row = {"name": name, "plain_name": plain_name(name), "roles": _roles(roles), "clinician": clinician}
        with write(self._engine) as connection:
            if _found(connection, name) is not None:
                raise StaffRefused(f"There is an account {name} already; reset it, or take another name.")
            connection.execute(sa.insert(staff), {**row, **self._given_out(password)})
            self._note(connection, "added", by, name)
        return password

    def reset(self, name: str, *, by: str) -> str:
        """Opens an account again for whoever lost its password or phone: a new password to give out, no one-time codes,
        no open sessions. Raises `StaffRefused`."""
        password = credentials.new_password()
        with write(self._engine) as connection:
            row = _required(connection, name)
            values = {**self._given_out(password), "code_secret": None, "closed_at": None}
            connection.execute(sa.update(staff).where(staff.c.id == row["id"]).values(**values))
            self._end_sessions(connection, row["id"])
            connection.execute(sa.delete(staff_attempts).where(staff_attempts.c.id == _attempts_of("name", name)))
            self._note(connection, "reset", by, row["name"])
        return password

    def change(self, name: str, roles: Collection[str], *, clinician: bool, by: str) -> None:
        """Gives an account other roles; they count from the next page on. Raises `StaffRefused`."""
        with write(self._engine) as connection:
            row = _required(connection, name)
            values = {"roles": _roles(roles), "clinician": clinician}
            connection.execute(sa.update(staff).where(staff.c.id == row["id"]).values(**values))
            self._note(connection, "roles", by, row["name"])

    def close(self, name: str, *, by: str) -> None:
        """Nobody signs in with this account any more, and its sessions are over. `reset` opens it again. Raises
        `StaffRefused`."""
        with write(self._engine) as connection:
            row = _required(connection, name)
            closed = sa.update(staff).where(staff.c.id == row["id"]).values(closed_at=stamp(self._clock()))
            connection.execute(closed)
            self._end_sessions(connection, row["id"])
            self._note(connection, "closed", by, row["name"])

    def events(self, limit: int = 50) -> list[StaffEvent]:
        """What happened to accounts, the newest first."""
        query = sa.select(staff_events).order_by(staff_events.c.id.desc()).limit(limit)
        with read(self._engine) as connection:
            rows = connection.execute(query).all()
        return [StaffEvent(dt.datetime.fromisoformat(row.at), row.act, row.person, row.about) for row in rows]

    def _given_out(self, password: str) -> dict[str, Any]:
        until = stamp(self._clock() + GIVEN_OUT)
        return {"password_hash": credentials.password_hash(password), "password_until": until}

    # Signing in ------------------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, code: str = "", address: str = "") -> str:
        """Begins a session; returns what its browser has to show. Raises `SignInRefused`, which says no more to who
        knows a name than to who does not."""
        now = self._clock()
        marks = {"name": _attempts_of("name", name), "address": _attempts_of("address", address)}
        # Counted before it is looked at: many attempts at the same moment are not one.
        self._count_attempt(marks, now)
        with read(self._engine) as connection:
            row = _found(connection, name)
        usable = row is not None and not row["closed_at"] and not _ran_out(row, now)
        known = credentials.is_password(password, row["password_hash"] if row and usable else self._nobody)
        if row is None or not usable or not known:
            raise SignInRefused()
        step = credentials.code_step(code, row["code_secret"], now) if row["code_secret"] else 0
        token = secrets.token_urlsafe(32)
        with write(self._engine) as connection:
            if step is None or (row["code_secret"] and not _use_step(connection, row["id"], step)):
                raise SignInRefused()
            self._drop_old_sessions(connection, now)
            session = {"id": _digest(token), "staff_id": row["id"], "started_at": stamp(now), "seen_at": stamp(now)}
            connection.execute(sa.insert(staff_sessions), session)
            connection.execute(sa.delete(staff_attempts).where(staff_attempts.c.id.in_(list(marks.values()))))
            self._note(connection, "signed in", row["name"], row["name"])
        return token

    def session(self, token: str) -> Session | None:
        """The session that a browser shows, None where there is none or it is over."""
        now = self._clock()
        query = sa.select(staff, staff_sessions.c.started_at, staff_sessions.c.seen_at)
        query = query.join(staff_sessions, staff_sessions.c.staff_id == staff.c.id)
        with read(self._engine) as connection:
            row = connection.execute(query.where(staff_sessions.c.id == _digest(token))).mappings().first()
        if row is None or row["closed_at"]:
            return None
        started_at, seen_at = (dt.datetime.fromisoformat(row[name]) for name in ("started_at", "seen_at"))
        if now - seen_at > IDLE or now - started_at > LONGEST_SESSION:
            return None
        if now - seen_at > SEEN_EVERY:
            seen = sa.update(staff_sessions).where(staff_sessions.c.id == _digest(token)).values(seen_at=stamp(now))
            with write(self._engine) as connection:
                connection.execute(seen)
        return Session(_member(row), _digest(f"form\0{token}"), started_at)

    def sign_out(self, token: str) -> None:
        """The session is over, wherever its mark may still be shown."""
        with write(self._engine) as connection:
            connection.execute(sa.delete(staff_sessions).where(staff_sessions.c.id == _digest(token)))

    # One's own account -----------------------------------------------------------------------------------------

    def set_password(self, member: Member, old: str, new: str, token: str) -> None:
        """Replaces one's password; all other sessions are over. Raises `StaffRefused`."""
        fault = credentials.password_fault(new, member.name)
        if fault or new == old:
            raise StaffRefused(fault or "The new password is the old one.")
        self._require_password(member, old)
        with write(self._engine) as connection:
            values = {"password_hash": credentials.password_hash(new), "password_until": None}
            connection.execute(sa.update(staff).where(staff.c.id == member.id).values(**values))
            self._end_sessions(connection, member.id, but=token)
            self._note(connection, "password", member.name, member.name)

    def use_codes(self, member: Member, secret: str, code: str) -> None:
        """From now on signing in takes a code of the app that holds `secret`; `code` proves that it does. Raises
        `StaffRefused`."""
        step = credentials.code_step(code, secret, self._clock()) if credentials.is_code_secret(secret) else None
        if step is None:
            raise StaffRefused("This code is not right. Look whether the phone's clock is; then type the newest code.")
        with write(self._engine) as connection:
            values = {"code_secret": secret, "code_step": step}
            connection.execute(sa.update(staff).where(staff.c.id == member.id).values(**values))
            self._note(connection, "codes on", member.name, member.name)

    def use_no_codes(self, member: Member, password: str) -> None:
        """Signing in takes the password alone. Raises `StaffRefused`."""
        self._require_password(member, password)
        with write(self._engine) as connection:
            connection.execute(sa.update(staff).where(staff.c.id == member.id).values(code_secret=None))
            self._note(connection, "codes off", member.name, member.name)

    def _require_password(self, member: Member, password: str) -> None:
        self._count_attempt({"name": _attempts_of("name", member.name)}, self._clock())
        with read(self._engine) as connection:
            kept = _required(connection, member.name)["password_hash"]
        if not credentials.is_password(password, kept):
            raise StaffRefused("This is not your password.")
        with write(self._engine) as connection:
            mine = staff_attempts.c.id == _attempts_of("name", member.name)
            connection.execute(sa.delete(staff_attempts).where(mine))

    # How often somebody may try --------------------------------------------------------------------------------

    def _count_attempt(self, marks: dict[str, str], now: dt.datetime) -> None:
        """Counts one more attempt for each mark. Raises `SignInRefused` with the wait where one was made too early;
        that one is not counted."""
        with write(self._engine) as connection:
            connection.execute(sa.delete(staff_attempts).where(staff_attempts.c.at < stamp(now - ATTEMPTS_FORGOTTEN)))
            query = sa.select(staff_attempts).where(staff_attempts.c.id.in_(list(marks.values())))
            rows = {row.id: row for row in connection.execute(query)}
            waits = [_wait(kind, rows[mark], now) for kind, mark in marks.items() if mark in rows]
            if waits and max(waits) > 0:
                raise SignInRefused(max(waits))
            for mark in marks.values():
                if mark in rows:
                    values = {"failed": rows[mark].failed + 1, "at": stamp(now)}
                    connection.execute(sa.update(staff_attempts).where(staff_attempts.c.id == mark).values(**values))
                else:
                    connection.execute(sa.insert(staff_attempts), {"id": mark, "failed": 1, "at": stamp(now)})

    def _drop_old_sessions(self, connection: Connection, now: dt.datetime) -> None:
        over = staff_sessions.c.seen_at < stamp(now - IDLE)
        over |= staff_sessions.c.started_at < stamp(now - LONGEST_SESSION)
        connection.execute(sa.delete(staff_sessions).where(over))

    def _end_sessions(self, connection: Connection, member_id: int, but: str = "") -> None:
        mine = (staff_sessions.c.staff_id == member_id) & (staff_sessions.c.id != _digest(but))
        connection.execute(sa.delete(staff_sessions).where(mine))

    def _note(self, connection: Connection, act: str, person: str, about: str) -> None:
        row = {"at": stamp(self._clock()), "act": act, "person": person, "about": about}
        connection.execute(sa.insert(staff_events), row)


def plain_name(name: str) -> str:
    """A name without its spelling: "anna " is no second person beside "Anna"."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _require_name(name: str) -> None:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise StaffRefused(f"Give the name of a person, of 1 to {LONGEST_NAME} characters.")
    if plain_name(name) in RESERVED_NAMES:
        raise StaffRefused(f"{name} is what Lantern itself is called in the audit trail; take another name.")


def _roles(roles: Collection[str]) -> str:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise StaffRefused(f"Give one role or more of: {', '.join(ROLES)}.")
    return " ".join(role for role in ROLES if role in roles)


def _member(row: Any) -> Member:
    return Member(
        id=row["id"],
        name=row["name"],
        roles=frozenset(row["roles"].split()),
        clinician=row["clinician"],
        has_code=row["code_secret"] is not None,
        must_change=row["password_until"] is not None,
        closed=row["closed_at"] is not None,
    )


def _found(connection: Connection, name: str) -> Any:
    query = sa.select(staff).where(staff.c.plain_name == plain_name(_storable(name)))
    return connection.execute(query).mappings().first()


def _required(connection: Connection, name: str) -> Any:
    row = _found(connection, name)
    if row is None:
        raise StaffRefused(f"There is no account {name}.")
    return row


def _ran_out(row: Any, now: dt.datetime) -> bool:
    return bool(row["password_until"]) and dt.datetime.fromisoformat(row["password_until"]) < now


def _use_step(connection: Connection, member_id: int, step: int) -> bool:
    """Whether a code was not used before; from now on it is."""
    unused = (staff.c.id == member_id) & (staff.c.code_step < step)
    return bool(connection.execute(sa.update(staff).where(unused).values(code_step=step)).rowcount)


def _wait(kind: str, row: Any, now: dt.datetime) -> float:
    """Seconds until the next attempt."""
    beyond = row.failed - FREE_ATTEMPTS[kind]
    if beyond < 0:
        return 0.0
    longest = LONGEST_WAIT[kind].total_seconds()
    pause = min(longest, 2.0 ** min(beyond, 20))
    # A clock that went back must not make anybody wait for it.
    passed = max(0.0, (now - dt.datetime.fromisoformat(row.at)).total_seconds())
    return max(0.0, pause - passed)


def _attempts_of(kind: str, name: str) -> str:
    return _digest(f"{kind}\0{plain_name(name)}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def spoken_roles(roles: Sequence[str] | frozenset[str]) -> str:
    """Roles in their order, with commas."""
    return ", ".join(role for role in ROLES if role in roles)
