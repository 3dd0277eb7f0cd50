"""Fetches the copy of the registry anew: all searches, page by page, then every known study that none of them found.

Whatever goes wrong, the copy of before stays, and the next sync goes on after the last page that was kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from knowledge.store.syncs import SearchProgress, SyncJournal, SyncOutcome
from knowledge.store.trials import CopyState
from knowledge.trials.model import RecordError
from knowledge.trials.record import read_record
from knowledge.trials.registry import (
    PAGE,
    Page,
    Registry,
    RegistryAnswerUnusable,
    RegistryError,
    RegistryRefused,
)
from knowledge.trials.searches import RegistrySearch

MOST_PAGES = 1000
"""Pages of one search, far more than any disease would fill: a registry that sends more goes round in circles."""

SHORTEST_PAUSE, LONGEST_PAUSE = dt.timedelta(minutes=10), dt.timedelta(hours=6)
"""Before the next try after a sync that failed; each pause is twice the one before."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sync:
    """`known` are numbers of studies that are looked up though no sync has found them yet: those of the shipped copy.

    A study that no search finds is asked for by its number before it counts as not found: that its title or conditions
    were changed does not mean that it left the registry.
    """

    registry: Registry
    journal: SyncJournal
    searches: Sequence[RegistrySearch]
    known: Collection[str]
    clock: Callable[[], dt.datetime]

    def run(self, tell: Tell) -> SyncOutcome:
        """Fetches all of it, or what is left of the sync before. `tell` hears how far it is.

        Raises `RegistryError` when the registry keeps it from becoming whole, and `StoreUnavailable`.
        """
        begun = self.journal.begin(self.searches, self.clock())
        if begun.resumed:
            tell("Going on with the sync that was interrupted.")
        try:
            self.journal.keep_data_of(begun.id, self.registry.data_of())
            found = 0
            for place, (search, progress) in enumerate(zip(self.searches, begun.searches)):
                found += self._search(begun.id, place, search, progress, tell)
            if not found:
                # The next try asks again: what was found, nothing, is not worth going on with.
                self._begin_anew(begun.id, range(len(self.searches)))
                raise RegistryAnswerUnusable("none of the searches found a study, which cannot be right")
            self._ask_by_number(begun.id, tell)
        except RegistryError as error:
            self.journal.keep_failure(begun.id, str(error), self.clock())
            raise
        return self.journal.finish(begun.id, self.clock())

    def _search(self, sync_id: int, place: int, search: RegistrySearch, progress: SearchProgress, tell: Tell) -> int:
        """Fetches the pages of one search that are left; returns how many records it found in all."""
        token, pages, found, done = progress.token, progress.pages, progress.found, progress.done
        anew = False
        while not done:
            try:
                page = self.registry.search(search, token)
            except RegistryRefused as refusal:
                if token is None or anew or refusal.status != 400:
                    raise
                tell(f"{search.name}: the registry has forgotten how far we were; beginning this search anew.")
                self._begin_anew(sync_id, [place])
                token, pages, found, anew = None, 0, 0, True
                continue
            pages += 1
            if pages > MOST_PAGES or (page.token is not None and page.token == token):
                self._begin_anew(sync_id, [place])
                raise RegistryAnswerUnusable(f"the search {search.name!r} does not come to an end")
            records = self._keep(sync_id, place, page)
            found, token, done = found + records, page.token, page.token is None
            tell(f"{search.name}: {found} of {found if page.total is None else page.total} studies")
        return found

    def _begin_anew(self, sync_id: int, places: Iterable[int]) -> None:
        for place in places:
            self.journal.begin_search_anew(sync_id, place)

    def _ask_by_number(self, sync_id: int, tell: Tell) -> None:
        left = self.journal.unseen(sync_id, self.known)
        for start in range(0, len(left), PAGE):
            asked = left[start : start + PAGE]
            tell(f"Known studies that no search found: {start + len(asked)} of {len(left)} asked for by number")
            self._keep(sync_id, None, self.registry.by_numbers(asked), frozenset(asked))

    def _keep(self, sync_id: int, place: int | None, page: Page, asked: Collection[str] | None = None) -> int:
        """Keeps the records of a page, of `asked` studies only where that is given; returns how many there were."""
        today, found, unreadable = self.clock().date(), [], 0
        for record in page.records:
            try:
                found.append(read_record(record, today))
            except RecordError:
                unreadable += 1
        if unreadable and not found:
            raise RegistryAnswerUnusable("the registry sent a page on which no record has a number")
        wanted = [one for one in found if asked is None or one.nct_id in asked]
        self.journal.keep_page(sync_id, place, wanted, unreadable, page.token if place is not None else None)
        return len(wanted)


def due_at(daily: dt.time | None, state: CopyState, now: dt.datetime) -> dt.datetime | None:
    """When the next sync is due, `now` or earlier for at once; None where there is none by itself.

    `daily` is a time of day in UTC. The first sync is due at once, and so is one after a clock that was ahead.
    """
    if daily is None:
        return None
    if state.failed_at is not None and state.failed_at <= now:
        return state.failed_at + min(SHORTEST_PAUSE * 2 ** min(state.failures - 1, 10), LONGEST_PAUSE)
    if state.whole_at is None or state.whole_at > now:
        return now
    due = dt.datetime.combine(state.whole_at.date(), daily, dt.timezone.utc)
    return due if due > state.whole_at else due + dt.timedelta(days=1)


def live_line(outcome: SyncOutcome) -> str:
    """What a whole sync brought, in one sentence."""
    parts = {
        "new": outcome.added,
        "changed": outcome.changed,
        "with another status": outcome.moved,
        "back again": outcome.returned,
        "not found any more": outcome.missing,
    }
    said = ", ".join(f"{count} {word}" for word, count in parts.items() if count) or "nothing changed"
    return f"Copy {outcome.number} is live: {outcome.seen} studies, {said}."
