from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest

from knowledge.editing.acts import Editing, approvers_needed
from knowledge.model import Draft, Entry, Fact, Person, Role, Source
from knowledge.store.repository import KnowledgeStore
from tests.knowledge.samples import CARD, NOON, SOURCE, STEPS, TEA, publication

FACTS = {
    "TEA-001": Fact("TEA-001", "seen", ("place",), "Tea is made with water at 70 degrees, by fifteen people."),
    "TEA-002": Fact("TEA-002", "recheck", ("place",), "Tea may be old."),
}
LATER = NOON + dt.timedelta(hours=1)
BETTER = replace(TEA, answer="Tea is a drink of leaves and hot water, at 70 degrees.")
BETTER_CARD = replace(CARD, answer="Call {emergency_number} at once.")


def person(name: str, *roles: Role, clinician: bool = False) -> Person:
    return Person(name, frozenset(roles), clinician)


ANNA = person("Anna", "author")
BEN = person("Ben", "author", "reviewer")
CLARA = person("Clara", "reviewer", clinician=True)
DORA = person("Dora", "reviewer")
PETER = person("Peter", "publisher")
EVERYTHING = person("Eve", "author", "reviewer", "publisher", "admin")


class Desk:
    """People at work: the acts in the order in which a text usually meets them."""

    def __init__(self, store: KnowledgeStore) -> None:
        self.store = store
        self.prepared: list[str] = []
        self.acts = Editing(store, lambda: FACTS, self._prepare)

    def _prepare(self, entries: Sequence[Entry]) -> None:
        self.prepared += [entry.id for entry in entries]

    def submitted(self, entry: Entry, by: Person = ANNA, at: dt.datetime = NOON) -> Draft:
        draft = self.acts.draft(entry, by=by, at=at)
        return self.acts.submit(draft.id, version=draft.version, by=by, at=at)

    def approved(self, entry: Entry, by: Person = ANNA, at: dt.datetime = NOON) -> Draft:
        draft = self.submitted(entry, by, at)
        for reviewer in (CLARA, DORA)[: approvers_needed(entry)]:
            draft = self.acts.approve(draft.id, content_hash=draft.content_hash, by=reviewer, at=at)
        return draft

    def published(self, entry: Entry, at: dt.datetime = NOON) -> int:
        return self.acts.publish([self.approved(entry, at=at).id], by=PETER, at=at)

    def live(self) -> dict[str, str]:
        """Hash of the live text by entry id."""
        release = self.store.release(self.store.newest_release())
        return {revision.entry.id: revision.content_hash for revision in release.revisions}

    def withdrawn(self) -> set[str]:
        return {row.entry.id for row in self.store.release(self.store.newest_release()).withdrawn}

    def acted(self) -> list[str]:
        return [row.act for row in self.store.audit()]


def sources() -> dict[str, Source]:
    return {"place": SOURCE}


@pytest.fixture
def desk(store: KnowledgeStore) -> Desk:
    """Starter content is live: tea, steps and a card."""
    store.publish([TEA, STEPS, CARD], sources(), **publication())
    return Desk(store)


@pytest.fixture
def sqlite_desk(sqlite_store: KnowledgeStore) -> Desk:
    sqlite_store.publish([TEA, STEPS, CARD], sources(), **publication())
    return Desk(sqlite_store)
