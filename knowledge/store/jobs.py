"""What the worker does now and then: when each job was done last, and what keeps it from being done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.store.faults import translated
from knowledge.store.tables import jobs, leases
from storage.engine import read, write
from storage.lease import Holder, holder_of

WORKER = "worker"
"""The lease of the process that does the jobs."""
CALENDAR, RETENTION, SYNC, SAFETY = "calendar", "retention", "trials sync", "safety check"
REMINDERS, THRESHOLDS = "reminders", "thresholds"
"""Names of the jobs: what is due by date in the content, what is to be erased, the copy of the registry, the safety
check of texts in review, mail to staff about reviews, what other thresholds would do."""


@dataclass(frozen=True)
class JobState:
    """`failure`: why the newest run, at `failed_at`, did not do what it should; None when it did."""

    name: str
    done_at: dt.datetime | None
    failed_at: dt.datetime | None
    failure: str | None


class JobBook:
    """Every method raises `StoreUnavailable` when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, JobState]:
        """Every job that was ever run, by name."""
        with translated(), read(self._engine) as connection:
            rows = connection.execute(sa.select(jobs)).all()
        return {row.name: JobState(row.name, _moment(row.done_at), _moment(row.failed_at), row.failure) for row in rows}

    def worker(self) -> Holder | None:
        """The process that does the jobs, as it was seen last."""
        with translated(), read(self._engine) as connection:
            return holder_of(connection, leases, WORKER)

    def done(self, name: str, at: dt.datetime) -> None:
        self._keep(name, done_at=at.isoformat(), failure=None)

    def failed(self, name: str, why: str, at: dt.datetime) -> None:
        self._keep(name, failed_at=at.isoformat(), failure=why)

    def _keep(self, name: str, **values: str | None) -> None:
        with translated(), write(self._engine) as connection:
            if not connection.execute(sa.update(jobs).where(jobs.c.name == name).values(**values)).rowcount:
                connection.execute(sa.insert(jobs), {"name": name, **values})


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
