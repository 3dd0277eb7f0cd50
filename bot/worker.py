"""The worker: what has to be done now and then, by one process at a time, whichever has the lease."""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import StoreUnavailable
from knowledge.store.jobs import JobBook
from storage.errors import Unavailable
from storage.lease import BEATS, Lease

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Between two looks at what is due."""


class NotDone(Exception):
    """A job could not do what it should. The message is for staff, and may be shown to anybody."""


class Later(Exception):
    """A job cannot be done at this moment, and nothing is wrong with that."""


@dataclass(frozen=True)
class Job:
    """`due` says whether it is time. `run` returns what it did in a sentence, None for nothing; it raises `NotDone`,
    `Later`, or whatever goes wrong."""

    name: str
    due: Callable[[], bool]
    run: Callable[[], str | None]


class Every:
    """Due at once and then every so many seconds; `ticks` tells monotonic seconds."""

    def __init__(self, seconds: float, ticks: Callable[[], float]) -> None:
        self._seconds, self._ticks = seconds, ticks
        self._next = float("-inf")

    def __call__(self) -> bool:
        now = self._ticks()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class Worker:
    """Does the jobs while it has the lease, and waits for the lease while another process has it."""

    def __init__(self, lease: Lease, jobs: Sequence[Job], book: JobBook, clock: Callable[[], dt.datetime]) -> None:
        self._lease, self._jobs, self._book, self._clock = lease, jobs, book, clock
        self._well: dict[str, bool] = {}
        self._running: set[str] = set()

    def run(self, wait: Callable[[float], object]) -> None:
        """Until `wait`, which is given seconds, raises something."""
        standing_by = False
        while True:
            if self._take():
                with self._lease.held():
                    names = ", ".join(job.name for job in self._jobs)
                    logger.info("this worker does the jobs from now on: %s", names)
                    while not self._lease.is_lost:
                        self.look()
                        wait(LOOK_SECONDS)
                logger.warning("another process has taken over the jobs")
            elif not standing_by:
                logger.info("another worker does the jobs, or did until it was killed; standing by")
                standing_by = True
            wait(self._lease.seconds / BEATS)

    def once(self, wait: Callable[[float], object]) -> bool:
        """Does what is due, once. Returns whether all of it was done. Raises `LeaseHeld` when another worker runs."""
        self._lease.take_or_wait(wait, lambda holder: logger.info("looking whether %s still runs", holder.name))
        with self._lease.held():
            self.look()
        return all(self._well.values())

    def look(self) -> None:
        """Does what is due now. A long job may call it between its parts, so that the others need not wait for it."""
        for job in self._jobs:
            if job.name not in self._running and not self._lease.is_lost and job.due():
                self._running.add(job.name)
                try:
                    self._do(job)
                finally:
                    self._running.remove(job.name)

    def _take(self) -> bool:
        try:
            return self._lease.take()
        except Unavailable as fault:
            logger.warning("the database is away: %s", fault)
            return False

    def _do(self, job: Job) -> None:
        try:
            said = job.run()
        except Later as reason:
            logger.info("%s: %s", job.name, reason)
            return
        except Exception as fault:
            # It is tried again; one job that fails must not keep the others from being done.
            logger.error("%s: %s", job.name, fault)
            why = str(fault) if isinstance(fault, NotDone) else _kind(fault)
            self._note(job, False, lambda: self._book.failed(job.name, why, self._clock()))
            return
        if said:
            logger.info("%s: %s", job.name, said)
        if said or not self._well.get(job.name):
            self._note(job, True, lambda: self._book.done(job.name, self._clock()))

    def _note(self, job: Job, well: bool, keep: Callable[[], None]) -> None:
        self._well[job.name] = well
        try:
            keep()
        except StoreUnavailable as fault:
            logger.warning("it could not be noted how the job %s went: %s", job.name, fault)


def _kind(fault: BaseException) -> str:
    """Type and place of an error. Its text may name what is nobody else's business."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} at {Path(last.filename).name}:{last.lineno}"
