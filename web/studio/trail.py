"""Rows of the audit trail in plain words, and whether it is whole."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from knowledge.model import AuditRow
from knowledge.store.audit import entries_of, first_broken

SHORT = 1000
"""Rows of a trail that is verified anew with each look: it takes less than a tenth of a second."""
WAIT_SECONDS = 0.15
"""So long a page waits for the verdict on a longer one."""
LASTS = dt.timedelta(minutes=10)
"""How long a verdict on a longer one serves: of a hundred thousand rows it takes some seconds of a processor."""

ACT_WORDS = {
    "draft": "began a draft",
    "draft_all": "began drafts from a file",
    "edit": "changed the draft",
    "add_source": "added a source",
    "discard": "threw the draft away",
    "submit": "asked for approval",
    "comment": "commented",
    "send_back": "sent it back",
    "approve": "approved it",
    "publish": "published",
    "plan": "planned a publication",
    "cancel_plan": "took a plan back",
    "plan_failed": "a planned publication failed",
    "withdraw": "withdrew",
    "retire": "took out for good",
    "restore": "brought back",
    "roll_back": "rolled back",
    "settle_case": "agreed that a case of the safety check may come out otherwise",
    "set_site": "changed settings",
    "set_threshold": "changed how sure the assistant must be",
    "measure_thresholds": "asked what other thresholds would do",
    "send_again": "had messages sent again",
    "refused": "was refused",
}


@dataclass(frozen=True)
class Verdict:
    """On the first `rows` of the trail, as they were `at` a moment. `broken`: the first that is not what was written,
    None where all are."""

    rows: int
    broken: int | None
    at: dt.datetime


class Chain:
    """Verifies the trail, a long one in a thread of its own, so that nobody waits for it. Safe to share by threads.

    `rows` reads the trail from its beginning.
    """

    def __init__(self, rows: Callable[[], Iterable[AuditRow]], clock: Callable[[], dt.datetime]) -> None:
        self._rows, self._clock = rows, clock
        self._thread = ThreadPoolExecutor(1, "audit-trail")
        self._running: Future[Verdict] | None = None
        self._last: Verdict | None = None
        self._looking = threading.Lock()

    def verdict(self, length: int) -> Verdict | None:
        """The verdict on a trail of `length` rows: of this moment on a short one; on a longer one it may be some
        minutes old, and is None while it is verified for the first time. Raises `StoreUnavailable`."""
        if length <= SHORT:
            return self._verified()
        with self._looking:
            if self._running is None and not (self._last and self._clock() - self._last.at < LASTS):
                self._running = self._thread.submit(self._verified)
            running = self._running
        if running is not None and wait([running], WAIT_SECONDS).done:
            with self._looking:
                self._running = None
            self._last = running.result()
        return self._last

    def _verified(self) -> Verdict:
        at, count = self._clock(), 0

        def counted() -> Iterator[AuditRow]:
            nonlocal count
            for row in self._rows():
                count += 1
                yield row

        broken = first_broken(counted())
        return Verdict(count, broken, at)


@dataclass(frozen=True)
class Line:
    """One act, or several edits in a row by one person on one draft: `times`. `entries`: locale and id of each that
    it is about."""

    row: AuditRow
    words: str
    entries: tuple[tuple[str, str], ...]
    times: int = 1
    since: dt.datetime | None = None


def lines(rows: Iterable[AuditRow]) -> list[Line]:
    """Rows, the newest first, as lines in the same order."""
    found: list[Line] = []
    for row in rows:
        last = found[-1] if found else None
        if last and _goes_on(last.row, row):
            found[-1] = replace(last, times=last.times + 1, since=row.at)
            continue
        words = ACT_WORDS.get(row.act, row.act)
        if row.act == "refused":
            words = f"was refused: {ACT_WORDS.get(row.detail.get('act', ''), row.detail.get('act', ''))}"
        elif row.act == "roll_back":
            words = f"rolled back to release {row.detail.get('to')}"
        elif row.act == "set_site":
            words = f"set {', '.join(sorted(row.detail.get('settings', ())))}"
        elif row.act == "set_threshold":
            pairs = row.detail.get("thresholds", {}).items()
            words = "set how sure the assistant must be: " + ", ".join(f"{n} {a} to {b}" for n, (a, b) in pairs)
        elif row.act == "add_source":
            title, more = row.detail.get("source", {}).get("title"), row.detail.get("more", ())
            words = f"noted that {title} says {', '.join(more)}" if more else f"added the source {title}"
        elif row.act == "send_again":
            words = f"had messages to {row.detail.get('channel')} sent again"
        found.append(Line(row, words, tuple(sorted(entries_of(row.locale, row.entry, row.detail)))))
    return found


def _goes_on(newer: AuditRow, older: AuditRow) -> bool:
    """Whether two rows are saves of the same person in the same draft: a draft saves itself while somebody writes."""
    same = (newer.act, newer.person, newer.detail.get("draft")) == (older.act, older.person, older.detail.get("draft"))
    return same and newer.act == "edit" and not older.reason
