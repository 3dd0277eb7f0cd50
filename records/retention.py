"""Erases what has been kept for long enough, and refuses to when a wrong clock would make it erase everything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from records.errors import RecordsError
from records.model import Clock
from records.repository import Ages, ConversationStore, Pruned

FEW = 20
"""So many may go in one run, whatever share of all they are."""
MOST_SHARE = 0.5
CLOCK_MARGIN = dt.timedelta(days=1)


class ConfirmationNeeded(RecordsError):
    """A person has to say that the clock is right before anything is erased. Nothing was."""


class Retention:
    """Keeps conversations and trackers for `days` days after they were last heard of, and contact details for
    `contact_days` after they were left."""

    def __init__(self, store: ConversationStore, clock: Clock, days: int, contact_days: int | None = None) -> None:
        self._store, self._clock, self.days = store, clock, days
        self.contact_days = days if contact_days is None else contact_days

    def run(self, confirmed: bool = False, tell: Callable[[Pruned], None] = lambda so_far: None) -> Pruned:
        """Erases what is older; says how much. Stopped half-way, the next run goes on. `tell` hears how far it is.

        Raises `ConfirmationNeeded` when the clock seems to be wrong and nobody `confirmed` it, and `Unavailable`.
        """
        now = self._clock()
        older_than = now - dt.timedelta(days=self.days)
        if confirmed:
            self._store.bring_back(now)
        else:
            self._require_likely_clock(now, self._store.ages(older_than))
        contacts_older_than = now - dt.timedelta(days=self.contact_days)
        return self._store.prune(older_than, tell=tell, contacts_older_than=contacts_older_than)

    def _require_likely_clock(self, now: dt.datetime, ages: Ages) -> None:
        confirm = f"The clock says {now:%d %B %Y %H:%M} UTC. If that is right, run: ./lantern records prune --confirm"
        if ages.newest is not None and ages.newest - now > CLOCK_MARGIN:
            raise ConfirmationNeeded(
                f"something was kept on {ages.newest:%d %B %Y}, which is later than now; nothing was erased. {confirm}"
            )
        for what, (everything, old) in (("conversations", ages.conversations), ("dialogues", ages.trackers)):
            if old > FEW and old > MOST_SHARE * everything:
                raise ConfirmationNeeded(
                    f"{old} of {everything} {what} are older than {self.days} days; nothing was erased. {confirm}"
                )
