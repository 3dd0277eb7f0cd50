"""Counts from the record, read anew only when they may have changed: each page asks for them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from records.errors import Unavailable
from records.figures import MissedGroup, near
from records.repository import ConversationStore

FRESH_SECONDS = 60.0
"""How old the counts of what was asked may be. Nobody decides by the last minute's."""


class Figures:
    """Safe to share between threads. With the record away it knows what it knew last: texts can be mended all the same.

    `ticks` tells monotonic seconds.
    """

    def __init__(self, store: ConversationStore, ticks: Callable[[], float]) -> None:
        self._store, self._ticks = store, ticks
        self._reading = threading.Lock()
        self._used: tuple[float, dict[str, int]] | None = None
        self._missed: tuple[tuple[int, int], float, list[MissedGroup]] | None = None

    def used(self) -> dict[str, int]:
        """Messages that each entry answered, by locale/id."""
        with self._reading:
            if self._used is None or self._ticks() - self._used[0] > FRESH_SECONDS:
                try:
                    self._used = (self._ticks(), self._store.shown_counts())
                except Unavailable:
                    return self._used[1] if self._used else {}
            return self._used[1]

    def missed_groups(self) -> list[MissedGroup]:
        """The questions without an answer, weightiest first. A question that was erased is gone with the next look."""
        with self._reading:
            try:
                mark, now = self._store.missed_mark(), self._ticks()
                if self._missed is None or self._missed[0] != mark or now - self._missed[1] > FRESH_SECONDS:
                    self._missed = (mark, now, self._store.missed_groups())
            except Unavailable:
                return self._missed[2] if self._missed else []
            return self._missed[2]

    def missed_near(self) -> dict[str, int]:
        """Messages that were missed nearest to each entry, by its id."""
        counts: Counter[str] = Counter()
        for entry, count in near(self.missed_groups()):
            counts[entry] += count
        return dict(counts)

    def set_aside(self, key: str, by: str) -> None:
        """Staff need not see these words again."""
        self._store.set_aside(key, by)
        with self._reading:
            self._missed = None
