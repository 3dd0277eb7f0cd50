"""Counts from the record, read anew only when they may have changed: each page asks for them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from records.errors import Unavailable
from records.figures import MissedGroup
from records.judgements import Opinions
from records.repository import ConversationStore

FRESH_SECONDS = 60.0
"""How old counts may be. Nobody decides by the last minute's."""
BUSY_SECONDS = 10.0
"""How old the questions may be while more come in all the time."""
MOST_SPELLINGS = 1000
"""Questions without an answer that pages look at: the weightiest. All are in the file for spreadsheets."""


@dataclass(frozen=True)
class _Missed:
    """What was read at a moment, with the mark that changes when it does: how many questions there are, and the number
    of the newest."""

    mark: tuple[int, int] = (0, 0)
    read_at: float = float("-inf")
    groups: list[MissedGroup] = field(default_factory=list)
    near: dict[str, int] = field(default_factory=dict)


class Figures:
    """Safe to share between threads. With the record away it knows what it knew last: texts can be mended all the same.

    `ticks` tells monotonic seconds.
    """

    def __init__(self, store: ConversationStore, ticks: Callable[[], float]) -> None:
        self._store, self._ticks = store, ticks
        self._reading = threading.Lock()
        self._used: tuple[float, dict[str, int]] | None = None
        self._missed = _Missed()
        self._opinions: tuple[float, list[Opinions], list[tuple[str, int, int]]] | None = None
        self._days: tuple[float, list[tuple[str, str, int]]] | None = None

    def kinds_by_day(self) -> list[tuple[str, str, int]]:
        """Day, kind of the reply, and how many messages got one."""
        with self._reading:
            if self._days is None or self._ticks() - self._days[0] > FRESH_SECONDS:
                try:
                    self._days = (self._ticks(), self._store.kinds_by_day())
                except Unavailable:
                    return self._days[1] if self._days else []
            return self._days[1]

    def used(self) -> dict[str, int]:
        """Messages that each entry answered, by locale/id."""
        with self._reading:
            if self._used is None or self._ticks() - self._used[0] > FRESH_SECONDS:
                try:
                    self._used = (self._ticks(), self._store.shown_counts())
                except Unavailable:
                    return self._used[1] if self._used else {}
            return self._used[1]

    def opinions(self) -> list[Opinions]:
        """What people think of each revision."""
        return self._opinions_now()[1]

    def opinions_by_day(self) -> list[tuple[str, int, int]]:
        """Day, how many said that an answer helped, and how many that it did not."""
        return self._opinions_now()[2]

    def words_of(self, key: tuple[str, str], limit: int) -> list[tuple[int, bool, str, dt.datetime]]:
        """What people added to their opinion of an entry (`ConversationStore.words_of`)."""
        try:
            return self._store.words_of(*key, limit)
        except Unavailable:
            return []

    def _opinions_now(self) -> tuple[float, list[Opinions], list[tuple[str, int, int]]]:
        with self._reading:
            if self._opinions is None or self._ticks() - self._opinions[0] > FRESH_SECONDS:
                try:
                    self._opinions = (self._ticks(), self._store.opinions(), self._store.opinions_by_day())
                except Unavailable:
                    return self._opinions or (0.0, [], [])
            return self._opinions

    def missed_groups(self) -> list[MissedGroup]:
        """The questions without an answer, weightiest first. One that was erased is gone with the next look."""
        return self._newest().groups

    def missed_near(self) -> dict[str, int]:
        """Messages that were missed nearest to each entry, by its id."""
        return self._newest().near

    def set_aside(self, key: str, by: str) -> None:
        """Staff need not see these words again."""
        self._store.set_aside(key, by)
        with self._reading:
            self._missed = _Missed()

    def _newest(self) -> _Missed:
        with self._reading:
            try:
                mark, now = self._store.missed_mark(), self._ticks()
                if not self._is_fresh(mark, now):
                    groups = self._store.missed_groups(MOST_SPELLINGS)
                    self._missed = _Missed(mark, now, groups, self._store.missed_near())
            except Unavailable:
                pass
            return self._missed

    def _is_fresh(self, mark: tuple[int, int], now: float) -> bool:
        kept, age = self._missed, now - self._missed.read_at
        only_more = mark[0] >= kept.mark[0] > 0 and mark[1] > kept.mark[1]
        return age <= FRESH_SECONDS if mark == kept.mark else only_more and age <= BUSY_SECONDS
