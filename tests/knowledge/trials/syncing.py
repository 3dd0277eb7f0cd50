"""A registry, a clock and a database for tests of the sync. Nobody waits: time passes when somebody would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.engine import Engine

from knowledge.store.jobs import SYNC
from knowledge.store.syncs import SyncJournal, SyncOutcome
from knowledge.store.tables import leases
from knowledge.store.trials import TrialStore
from knowledge.trials.model import RegistryCopy, Study
from knowledge.trials.registry import Limits, Pace, Registry
from knowledge.trials.searches import RegistrySearch
from knowledge.trials.sync import Sync
from storage.lease import Lease
from tests.registry_server import Registry as Server

EVERYTHING = (RegistrySearch("everything", {"query.intr": "CAR-T"}),)
"""Finds all studies of the registry of the tests."""
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.timezone.utc)
DAY = dt.timedelta(days=1)


@dataclass
class Ticks:
    """Monotonic seconds that pass only in `wait`; `waited` is every wait, in order."""

    seconds: float = 0.0
    waited: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.seconds += seconds


@contextmanager
def client(
    address: str, ticks: Ticks, step: float = 5.0, total: float = 60.0, most_bytes: int = 1 << 24
) -> Iterator[Registry]:
    registry = Registry(address, Limits(step, total, most_bytes), Pace(ticks.now, ticks.wait))
    try:
        yield registry
    finally:
        registry.close()


@dataclass
class Desk:
    """Syncs from `server` into a database. `at` is the moment, `told` what the syncs said."""

    engine: Engine
    server: Server
    at: dt.datetime = NOON
    ticks: Ticks = field(default_factory=Ticks)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = TrialStore(self.engine)
        self.lease = self.new_lease("the sync of this test")
        assert self.lease.take()
        self.journal = SyncJournal(self.engine, self.lease.require)

    def new_lease(self, holder: str, seconds: float = 30.0) -> Lease:
        return Lease(self.engine, leases, SYNC, holder, seconds, self.ticks.now, lambda: self.at)

    def sync(
        self, searches: Sequence[RegistrySearch] = EVERYTHING, known: Collection[str] = (), **limits: float
    ) -> SyncOutcome:
        with client(self.server.address, self.ticks, **limits) as registry:
            return Sync(registry, self.journal, searches, known, lambda: self.at).run(self.told.append)

    def tomorrow(self) -> None:
        self.at += DAY

    def copy(self) -> RegistryCopy:
        copy = self.store.copy({})
        assert copy is not None
        return copy

    def study(self, number: str) -> Study:
        return next(study for study in self.copy().studies if study.nct_id == number)

    def asked_since(self, before: int) -> list[str | None]:
        """The marks of the pages that were asked for since there were so many, None for a first page."""
        return [asked.get("pageToken") for asked in self.server.pages[before:] if "filter.ids" not in asked]
