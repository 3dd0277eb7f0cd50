"""What there is to tell whoever follows studies: each change of a status, and a study that came or went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from knowledge.trials.model import Change, Study

RECRUITING = "RECRUITING"


@dataclass(frozen=True)
class News:
    """One thing to tell of a study.

    `changed`: its status gave way to another (`change`); `day` is when our copy got it, because that is when there is
    something new to read here. `listed`: the status of a study without a known change; `day` is that of the status. A
    status without a date is no news. `missing`: the registry no longer finds the study; `day` is when it last did.
    """

    study: Study
    kind: Literal["listed", "changed", "missing"]
    day: dt.date
    change: Change | None = None

    @property
    def key(self) -> str:
        """Names this news for good: the same in every copy that still tells it."""
        if self.change is not None:
            words = (self.change.before, self.change.after)
            return f"{self.study.nct_id}/{self.day}/" + "-".join(str(word).lower() for word in words)
        return f"{self.study.nct_id}/{self.kind}" + (f"/{self.day}" if self.kind == "missing" else "")


def news(studies: Iterable[Study], recruiting_only: bool = False) -> tuple[News, ...]:
    """All news of `studies`, the newest first.

    With `recruiting_only` it is what a follower of recruiting studies has to hear: that one of them is, began to or
    stopped. So `studies` must hold those that stopped, too.
    """
    told = (piece for study in studies for piece in _of(study) if not recruiting_only or _about_recruiting(piece))
    # Two changes between the same statuses on one day are one to a reader, who sees days.
    once = {piece.key: piece for piece in told}
    return tuple(sorted(once.values(), key=lambda piece: (-piece.day.toordinal(), piece.key)))


def _of(study: Study) -> Iterator[News]:
    for change in study.changes:
        yield News(study, "changed", change.seen_on, change)
    if not study.changes and study.status is not None and study.status_as_of is not None:
        yield News(study, "listed", study.status_as_of)
    if study.missing_since is not None:
        yield News(study, "missing", study.missing_since)


def _about_recruiting(piece: News) -> bool:
    if piece.change is not None:
        return RECRUITING in (piece.change.before, piece.change.after)
    return piece.study.recruiting
