"""How what the worker keeps up to date stands, for whoever watches over a Lantern."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from knowledge.store.jobs import CALENDAR, RETENTION, SAFETY, THRESHOLDS, JobState
from knowledge.store.trials import CopyState, SyncDay
from storage.lease import Holder

SILENT_LEASES = 3
"""A worker that was not seen for so many times the length of its lease does not work."""


class Copies(Protocol):
    def state(self) -> CopyState: ...

    def days(self, since: dt.date) -> list[SyncDay]: ...


class Jobs(Protocol):
    def all(self) -> dict[str, JobState]: ...

    def worker(self) -> Holder | None: ...


@dataclass(frozen=True)
class CopyHealth:
    """`made` is the day of the copy that people are answered from, `shipped` whether it came with the program.
    `failed_at` and `failure`: of a sync since, where one failed. `ok`: it is fetched anew often enough, or not at all,
    because that is how it was set. `studies` of a copy that was fetched, and how many of them are `missing` from the
    registry; 0 of the shipped one."""

    ok: bool
    made: dt.date
    shipped: bool
    days_old: int
    failed_at: dt.datetime | None
    failure: str | None
    studies: int = 0
    missing: int = 0


@dataclass(frozen=True)
class WorkerHealth:
    """`seen_at`: when the worker was seen last, None for never. `failing`: jobs that could not be done, by name."""

    ok: bool
    seen_at: dt.datetime | None
    failing: dict[str, str]


@dataclass(frozen=True)
class Upkeep:
    """`shipped` is the day of the shipped copy. Every method raises `StoreUnavailable`."""

    copies: Copies
    jobs: Jobs
    shipped: dt.date
    daily: dt.time | None
    old_days: int
    lease_seconds: float
    clock: Callable[[], dt.datetime]

    def copy(self) -> CopyHealth:
        state, today = self.copies.state(), self.clock().date()
        made = state.made or self.shipped
        # A new home is not to blame for the age of the copy it came with, only for not getting a newer one.
        begun = state.made or (state.tried_since.date() if state.tried_since else today)
        ok = self.daily is None or (today - begun).days <= self.old_days
        failed = (state.failed_at, state.failure)
        return CopyHealth(ok, made, state.made is None, (today - made).days, *failed, state.studies, state.missing)

    def syncs(self, days: int) -> list[SyncDay]:
        """What syncs did on each of the last days, also on those on which nothing happened."""
        first = self.clock().date() - dt.timedelta(days=days - 1)
        found = {one.day: one for one in self.copies.days(first)}
        every = (first + dt.timedelta(days=number) for number in range(days))
        return [found.get(day, SyncDay(day, 0, 0, 0)) for day in every]

    def worker(self) -> WorkerHealth:
        holder = self.jobs.worker()
        seen_at = holder.seen_at if holder is not None else None
        # A clock that went back a little is no reason to call a worker dead.
        silent = dt.timedelta(seconds=SILENT_LEASES * self.lease_seconds)
        seen = seen_at is not None and abs(self.clock() - seen_at) <= silent
        states = [self.jobs.all().get(name) for name in (RETENTION, SAFETY, THRESHOLDS)]
        failing = {state.name: state.failure for state in states if state is not None and state.failure}
        return WorkerHealth(seen and not failing, seen_at, failing)

    def held(self) -> str | None:
        """What is not done by date while a person has to say that the clock is right, and why."""
        calendar = self.jobs.all().get(CALENDAR)
        return calendar.failure if calendar is not None else None
