"""Builds what fetches and keeps the copy of the registry. The only module here that reads the environment."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from knowledge.settings import Settings
from knowledge.store.jobs import SYNC, JobBook
from knowledge.store.repository import KnowledgeStore
from knowledge.store.syncs import Fence, SyncJournal, SyncOutcome
from knowledge.store.tables import leases
from knowledge.store.trials import TrialStore
from knowledge.trials.registry import Limits, Pace, Registry
from knowledge.trials.searches import read_searches
from knowledge.trials.snapshot import load_snapshot
from knowledge.trials.sync import Sync, Tell
from knowledge.upkeep import Upkeep
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.lease import Lease


@dataclass(frozen=True)
class TrialDesk:
    """What it takes to fetch the copy of the registry, and to say how it stands. It answers nobody.

    `content` is the same database, asked for its schema. `lease` makes one for this process, by its name.
    """

    settings: Settings
    content: KnowledgeStore
    store: TrialStore
    jobs: JobBook
    upkeep: Upkeep
    lease: Callable[[str], Lease]
    journal: Callable[[Fence], SyncJournal]

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """The client, for as long as the block runs."""
        limits = Limits(
            self.settings.trials_step_seconds, self.settings.trials_total_seconds, self.settings.trials_bytes
        )
        client = Registry(self.settings.trials_api_url, limits, Pace(time.monotonic, time.sleep))
        try:
            yield client
        finally:
            client.close()

    def sync(self, tell: Tell, wait: Callable[[float], object] = time.sleep) -> SyncOutcome:
        """Fetches the copy anew, or goes on with the sync before. Two never run at once: of a process that was killed
        this is clear after `LANTERN_LEASE_SECONDS`, of one that lives at once.

        Raises `RegistryError`, `LeaseHeld`, `StoreUnavailable`, and `ContentError` for the file of searches.
        """
        searches, known = read_searches(self.settings.trials_searches), shipped_numbers()
        lease = self.lease(SYNC)
        lease.take_or_wait(
            wait, lambda holder: tell(f"A sync was begun by {holder.name}; looking whether it still runs ...")
        )
        with lease.held(), self.registry() as client:
            return Sync(client, self.journal(lease.require), searches, known, now).run(tell)


def build_desk(environment: Mapping[str, str]) -> TrialDesk:
    """Raises `SettingError` or `StorageError`. No connection is opened yet."""
    settings = Settings.from_environment(environment)
    engine = open_engine(storage_settings.Settings.from_environment(environment).url("knowledge"))

    def lease(name: str) -> Lease:
        holder = f"process {os.getpid()} on {socket.gethostname()[:60]} ({secrets.token_hex(4)})"
        return Lease(engine, leases, name, holder, settings.lease_seconds, time.monotonic, now)

    store, jobs = TrialStore(engine), JobBook(engine)
    return TrialDesk(
        settings=settings,
        content=KnowledgeStore(engine),
        store=store,
        jobs=jobs,
        upkeep=watched(store, jobs, settings),
        lease=lease,
        journal=lambda fence: SyncJournal(engine, fence),
    )


def watched(copies: TrialStore, jobs: JobBook, settings: Settings) -> Upkeep:
    return Upkeep(
        copies=copies,
        jobs=jobs,
        shipped=load_snapshot().made,
        daily=settings.trials_sync,
        old_days=settings.trials_old_days,
        lease_seconds=settings.lease_seconds,
        clock=now,
    )


def shipped_numbers() -> frozenset[str]:
    return frozenset(study.nct_id for study in load_snapshot().studies)


def now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.timezone.utc)
