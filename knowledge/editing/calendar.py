"""What happens because a day has come: planned publications, and texts that nobody has reviewed in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.editing.acts import Editing
from knowledge.editing.refusals import TooManyOverdue
from knowledge.model import Entry, Release
from knowledge.store.change import Key


@dataclass(frozen=True)
class Done:
    """What one run did: numbers of the releases it made, and what it withdrew."""

    published: tuple[int, ...] = ()
    withdrawn: tuple[Key, ...] = ()


class Calendar:
    """Does what is due. Any number of processes may run it: an act that another one did is not done again."""

    def __init__(self, editing: Editing, clock: Callable[[], dt.datetime], grace_days: int) -> None:
        self._editing, self._clock, self._grace_days = editing, clock, grace_days
        self.held: str | None = None
        """What is not done while a person has to say that the clock is right, and why."""

    def run(self, *, confirmed: bool = False) -> Done:
        """Raises `StoreUnavailable`."""
        now = self._clock()
        published = self._editing.publish_due(now)
        held = [
            f"plan {plan.id} by {plan.person} was for {plan.due_at:%d %B %Y %H:%M}; if the clock is right, publish its "
            "drafts now or take it back"
            for plan in self._editing.missed(now)
        ]
        withdrawn: tuple[Key, ...] = ()
        try:
            withdrawn = self._editing.withdraw_overdue(at=now, days=self._grace_days, confirmed=confirmed)
        except TooManyOverdue as refusal:
            held.append(str(refusal))
        self.held = "; ".join(held) or None
        return Done(tuple(published), withdrawn)


def due(release: Release, today: dt.date, days: int) -> list[Entry]:
    """The live entries whose review is overdue or comes within `days` days, the earliest first. Cards count too."""
    until = today + dt.timedelta(days=days)
    entries = (revision.entry for revision in release.revisions)
    soon = (entry for entry in entries if entry.answer_kind != "term" and entry.review_due <= until)
    return sorted(soon, key=lambda entry: (entry.review_due, entry.key))
