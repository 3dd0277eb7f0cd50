"""The list of all answers: every entry once, whatever state it is in, and the filters on it."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge import review
from knowledge.model import Draft, Entry, Release, Revision
from knowledge.store.change import Key

ReaderState = Literal["live", "withdrawn"]
STATE_WORDS = {"draft": "Draft", "in_review": "In review", "live": "Live", "withdrawn": "Withdrawn"}
"""The four words for the states of a text; there are no others."""
ORDERS = {
    "question": "question, A to Z",
    "used": "most used",
    "missed": "most missed",
    "hard": "hardest to read",
    "due": "next review",
}
PAGE = 50
SOON_DAYS = 60


@dataclass(frozen=True)
class Row:
    """One entry. `shown`: what readers have of it, None for an entry that was never published. `used` and `missed` are
    counts of messages."""

    entry: Entry
    shown: ReaderState | None
    revision: Revision | None
    draft: Draft | None
    used: int
    missed: int

    @property
    def states(self) -> list[str]:
        return [*([self.shown] if self.shown else []), *([self.draft.state] if self.draft else [])]


@dataclass(frozen=True)
class Wanted:
    """Filters and order, as they stand in the address."""

    words: str = ""
    topic: str = ""
    state: str = ""
    due: str = ""
    order: str = "question"
    page: int = 1


def rows(release: Release, drafts: Iterable[Draft], used: Mapping[str, int], missed: Mapping[str, int]) -> list[Row]:
    """All entries but the words of the glossary. `used` and `missed` are by locale/id and by id."""
    begun = {draft.entry.key: draft for draft in drafts}
    found: dict[Key, Row] = {}
    pairs: list[tuple[ReaderState, Sequence[Revision]]] = [
        ("live", release.revisions),
        ("withdrawn", release.withdrawn),
    ]
    for state, revisions in pairs:
        for revision in revisions:
            entry = revision.entry
            if entry.answer_kind != "term":
                counts = used.get("/".join(entry.key), 0), missed.get(entry.id, 0) if entry.locale == "en" else 0
                found[entry.key] = Row(entry, state, revision, begun.get(entry.key), *counts)
    for key, draft in begun.items():
        if key not in found and draft.entry.answer_kind != "term":
            found[key] = Row(draft.entry, None, None, draft, 0, 0)
    return list(found.values())


def filtered(all_rows: Iterable[Row], wanted: Wanted, today: dt.date, names: re.Pattern[str] | None) -> list[Row]:
    """The rows that are wanted, in the order that is wanted."""
    kept = [row for row in all_rows if _fits(row, wanted, today)]
    if wanted.order == "used":
        return sorted(kept, key=lambda row: (-row.used, row.entry.key))
    if wanted.order == "missed":
        return sorted(kept, key=lambda row: (-row.missed, row.entry.key))
    if wanted.order == "hard":
        return sorted(kept, key=lambda row: (-grade(row.entry, names), row.entry.key))
    if wanted.order == "due":
        return sorted(kept, key=lambda row: (row.entry.review_due, row.entry.key))
    return sorted(kept, key=lambda row: (row.entry.question.casefold(), row.entry.key))


@functools.lru_cache(maxsize=20_000)
def grade(entry: Entry, names: re.Pattern[str] | None) -> float:
    """The grade of an answer; 0 in other languages than English."""
    return review.graded(entry, "answer", names).grade if entry.locale == review.READ_IN else 0.0


def _fits(row: Row, wanted: Wanted, today: dt.date) -> bool:
    entry = row.entry
    if wanted.topic and entry.topic != wanted.topic:
        return False
    if wanted.state and wanted.state not in row.states:
        return False
    if wanted.due == "overdue" and entry.review_due >= today:
        return False
    if wanted.due == "soon" and entry.review_due > today + dt.timedelta(days=SOON_DAYS):
        return False
    return not wanted.words or all(word in _haystack(entry) for word in wanted.words.casefold().split())


@functools.lru_cache(maxsize=20_000)
def _haystack(entry: Entry) -> str:
    return "\n".join((entry.id, entry.locale, entry.question, *entry.phrasings, entry.answer, *entry.steps)).casefold()
