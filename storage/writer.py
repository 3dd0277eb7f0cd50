"""Writing behind: one thread that writes for its process, so that no patient waits for a lock or a full disk.

An operation is a function of a connection. It is run again when its transaction failed, so it must be idempotent.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.engine import write
from storage.errors import Unavailable

logger = logging.getLogger(__name__)

BATCH = 100
"""Most operations that share one transaction."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before the next try while the database is unavailable; each pause is twice the one before."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Waiting:
    operation: Callable[[Connection], Any]
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs operations in the order in which they came. Safe to share between threads.

    While the database is unavailable, operations wait and are tried again; beyond `most_waiting` the one that waited
    longest is given up, and its future gets `Unavailable`. What a log line says is the database's own words, never a
    value that was to be written.
    """

    def __init__(self, engine: Engine, most_waiting: int = 10_000) -> None:
        self._engine, self._most = engine, most_waiting
        self._queue: deque[_Waiting] = deque()
        self._taken = 0  # the first operations of the queue, which are being written now
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = self._stopped = False
        self._ok, self._given_up = True, 0

    @property
    def waiting(self) -> int:
        """Operations that are not committed yet."""
        return len(self._queue)

    @property
    def ok(self) -> bool:
        """Whether the database took the last transaction that was tried."""
        return self._ok

    def submit(self, operation: Callable[[Connection], T]) -> Future[T]:
        """Queues `operation` and returns at once. Its result, or its error, is in the future once it is committed."""
        added = _Waiting(operation)
        # Waiting for a future with a time limit cancels it (asyncio does); what was promised to be kept stays queued.
        added.future.set_running_or_notify_cancel()
        given_up = []
        with self._changed:
            closed = self._closed
            if not closed:
                self._queue.append(added)
                while len(self._queue) - self._taken > self._most:
                    given_up.append(self._queue[self._taken])
                    del self._queue[self._taken]
                self._given_up += len(given_up)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                    self._thread.start()
                self._changed.notify()
        if closed:
            added.future.set_exception(Unavailable("nothing is written any more: this process is stopping"))
        for oldest in given_up:
            oldest.future.set_exception(Unavailable("the database was away for too long; too many writes waited"))
        return added.future

    def close(self, seconds: float) -> int:
        """Writes what waits, for at most `seconds`, and takes nothing more. Returns how many were not written."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join(seconds)
        with self._changed:
            self._stopped = True
            lost = list(islice(self._queue, self._taken, None))
            unsure = self._taken  # being tried at this moment: the thread still settles these
            for _ in lost:
                self._queue.pop()
        self._hurry.set()
        for given_up in lost:
            given_up.future.set_exception(Unavailable("the process stopped before the database answered"))
        return len(lost) + unsure

    def _run(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                batch = list(islice(self._queue, BATCH))
                self._taken = len(batch)
            if not batch:
                return
            try:
                self._write(batch)
            except Unavailable as fault:
                self._note_failure(fault)
                if self._stopped:
                    return self._abandon(fault)
                with self._changed:
                    self._taken = 0
                if self._hurry.wait(pause):
                    self._hurry.clear()
                    pause = SHORTEST_PAUSE
                else:
                    pause = min(2 * pause, LONGEST_PAUSE)
            else:
                pause = SHORTEST_PAUSE

    def _write(self, batch: list[_Waiting]) -> None:
        """Commits the batch and settles its futures. Raises `Unavailable`; what was committed by then is settled."""
        try:
            results = self._commit(batch)
        except Unavailable:
            raise
        except Exception as fault:
            if len(batch) > 1:
                # One of them is at fault: each gets a transaction of its own, so that the others are kept.
                for waiting in batch:
                    self._write([waiting])
                return
            logger.error("one write failed and was given up: %s", type(fault).__name__)
            self._note_success()
            self._take_out(batch)
            batch[0].future.set_exception(fault)
            return
        # Before anybody hears of it: whoever is told that a text is kept must not find the database still away.
        self._note_success()
        self._take_out(batch)
        for waiting, result in zip(batch, results):
            waiting.future.set_result(result)

    def _commit(self, batch: list[_Waiting]) -> list[Any]:
        try:
            with write(self._engine) as connection:
                return [waiting.operation(connection) for waiting in batch]
        except sa.exc.TimeoutError as fault:
            raise Unavailable("every connection to the database is in use") from fault

    def _take_out(self, settled: list[_Waiting]) -> None:
        with self._changed:
            for _ in settled:
                self._queue.popleft()
            self._taken -= len(settled)

    def _abandon(self, fault: Unavailable) -> None:
        with self._changed:
            lost = list(self._queue)
            self._queue.clear()
            self._taken = 0
        for waiting in lost:
            waiting.future.set_exception(fault)

    def _note_failure(self, fault: Unavailable) -> None:
        if self._ok:
            logger.warning("%d writes wait until the database is back: %s", self.waiting, fault)
        self._ok = False

    def _note_success(self) -> None:
        if not self._ok:
            logger.warning("the database is back; %d writes had to be given up meanwhile", self._given_up)
        self._ok, self._given_up = True, 0
