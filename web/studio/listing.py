"""The list of all answers: every entry once, whatever state it is in, and the filters on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.model import Draft, Entry, Release, Revision
from knowledge.store.change import Key
from records.judgements import Opinions

ReaderState = Literal["live", "withdrawn"]
STATE_WORDS = {"draft": "Draft", "in_review": "In review", "live": "Live", "withdrawn": "Withdrawn"}
"""The four words for the states of a text; there are no others."""
ORDERS = {
    "question": "question, A to Z",
    "used": "most used",
    "missed": "most missed",
    "hard": "hardest to read",
    "unhelpful": "helped least",
    "due": "next review",
}
PAGE = 50
SOON_DAYS = 60
MOST_REMEMBERED = 20_000
"""Texts of which something is remembered; a few megabytes."""


@dataclass(frozen=True)
class Row:
    """One entry. `shown`: what readers have of it, None for an entry that was never published. `used` and `missed` are
    counts of messages; `opinions` of exactly this revision, None where nobody has one."""

    entry: Entry
    shown: ReaderState | None
    revision: Revision | None
    draft: Draft | None
    used: int
    missed: int
    opinions: Opinions | None = None

    @property
    def content_hash(self) -> str:
        """Of the text in `entry`."""
        found = self.revision or self.draft
        assert found
        return found.content_hash

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


def rows(
    release: Release,
    drafts: Iterable[Draft],
    used: Mapping[str, int],
    missed: Mapping[str, int],
    opinions: Iterable[Opinions] = (),
    *,
    words: bool = False,
) -> list[Row]:
    """All entries but the words of the glossary, or those `words` alone. `used` and `missed` are by locale/id and by
    id."""
    begun = {draft.entry.key: draft for draft in drafts}
    judged = {(one.locale, one.entry, one.revision): one for one in opinions}
    found: dict[Key, Row] = {}
    pairs: list[tuple[ReaderState, Sequence[Revision]]] = [
        ("live", release.revisions),
        ("withdrawn", release.withdrawn),
    ]
    for state, revisions in pairs:
        for revision in revisions:
            entry = revision.entry
            if (entry.answer_kind == "term") == words:
                counts = used.get("/".join(entry.key), 0), missed.get(entry.id, 0) if entry.locale == "en" else 0
                said = judged.get((*entry.key, revision.number))
                found[entry.key] = Row(entry, state, revision, begun.get(entry.key), *counts, said)
    for key, draft in begun.items():
        if key not in found and (draft.entry.answer_kind == "term") == words:
            found[key] = Row(draft.entry, None, None, draft, 0, 0)
    return list(found.values())


def filtered(all_rows: Iterable[Row], wanted: Wanted, today: dt.date, remembered: Remembered) -> list[Row]:
    """The rows that are wanted, in the order that is wanted."""
    kept = [row for row in all_rows if _fits(row, wanted, today, remembered)]
    if wanted.order == "used":
        return sorted(kept, key=lambda row: (-row.used, row.entry.key))
    if wanted.order == "missed":
        return sorted(kept, key=lambda row: (-row.missed, row.entry.key))
    if wanted.order == "hard":
        grades = remembered.grades({row.content_hash: row.entry for row in kept})
        return sorted(kept, key=lambda row: (-grades[row.content_hash], row.entry.key))
    if wanted.order == "unhelpful":
        return sorted(kept, key=lambda row: (-row.opinions.doubt if row.opinions else 0.0, row.entry.key))
    if wanted.order == "due":
        return sorted(kept, key=lambda row: (row.entry.review_due, row.entry.key))
    return sorted(kept, key=lambda row: (row.entry.question.casefold(), row.entry.key))


class Remembered:
    """What is worked out of texts once, by their hashes: their words for a search, and how hard they are to read.

    Threads may work one out twice; nothing else comes of that.
    """

    def __init__(self, grades: Callable[[Mapping[str, Entry]], Mapping[str, float]]) -> None:
        """`grades`: as `knowledge.grades.Grades.of`."""
        self.grades = grades
        self._words: dict[str, str] = {}

    def words(self, row: Row) -> str:
        """All that a search looks at, in small letters."""
        if row.content_hash not in self._words:
            entry = row.entry
            said = (entry.id, entry.locale, entry.question, *entry.phrasings, entry.answer, *entry.steps)
            if len(self._words) >= MOST_REMEMBERED:
                self._words.clear()
            self._words[row.content_hash] = "\n".join(said).casefold()
        return self._words[row.content_hash]


def _fits(row: Row, wanted: Wanted, today: dt.date, remembered: Remembered) -> bool:
    entry = row.entry
    if wanted.topic and entry.topic != wanted.topic:
        return False
    if wanted.state and wanted.state not in row.states:
        return False
    if wanted.due == "overdue" and entry.review_due >= today:
        return False
    if wanted.due == "soon" and entry.review_due > today + dt.timedelta(days=SOON_DAYS):
        return False
    if not wanted.words:
        return True
    said = remembered.words(row)
    return all(word in said for word in wanted.words.casefold().split())
