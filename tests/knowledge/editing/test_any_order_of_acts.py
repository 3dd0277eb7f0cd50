"""Random people do random things in random order. Whatever they do, a text that is live was starter content, or was
approved, as it stands, by enough people who did not write it; and the audit trail is whole."""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from knowledge.codec import content_hash
from knowledge.editing.acts import Editing, approvers_needed
from knowledge.errors import EditRefused
from knowledge.model import Draft, Entry, Person
from knowledge.store.audit import first_broken
from knowledge.store.repository import KnowledgeStore
from storage.engine import open_engine
from tests.databases import new_sqlite
from tests.knowledge.editing.conftest import FACTS, person, sources
from tests.knowledge.samples import CARD, NOON, STEPS, TEA, publication

PEOPLE = (
    person("Anna", "author"),
    person("Ben", "author", "reviewer"),
    person("Clara", "reviewer", clinician=True),
    person("Eve", "author", "reviewer", "publisher", "admin"),
    person("Peter", "publisher"),
    person("anna ", "reviewer"),
    person("Nobody"),
)
TEXTS = ("One text.", "Another text.", "A third text.")
STARTERS = {content_hash(entry) for entry in (TEA, STEPS, CARD)}

people = st.sampled_from(PEOPLE)
starters = st.sampled_from((TEA, STEPS, CARD))
disguised = replace(CARD, answer_kind="steps", phrasings=("scald",), cautions=())
"""What would leave people without their card, were it published."""
texts = st.one_of(starters, st.just(disguised))
entries = st.builds(lambda entry, more: replace(entry, more=more), texts, st.sampled_from(TEXTS))


class AnyOrderOfActs(RuleBasedStateMachine):
    """`wrote` and `approved` are kept beside the product, by what the acts said they did."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        file = new_sqlite(Path(self.folder.name) / "knowledge.db", "knowledge")
        self.engine = open_engine(f"sqlite:///{file}")
        self.store = KnowledgeStore(self.engine)
        self.store.publish([TEA, STEPS, CARD], sources(), **publication())
        self.acts = Editing(self.store, lambda: FACTS, lambda entries: None)
        self.minutes = itertools.count(1)
        self.wrote: dict[int, set[str]] = {}
        self.approved: set[tuple[int, str, str]] = set()
        self.published: dict[str, list[tuple[set[str], set[str]]]] = {}

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    def now(self) -> dt.datetime:
        return NOON + dt.timedelta(minutes=next(self.minutes))

    def drafts(self) -> list[Draft]:
        return self.store.drafts()

    def a_draft(self, data: Any) -> Draft:
        return data.draw(st.sampled_from(self.drafts()))

    @rule(entry=entries, by=people)
    def draft(self, entry: Entry, by: Person) -> None:
        try:
            draft = self.acts.draft(entry, by=by, at=self.now())
        except EditRefused:
            return
        self.wrote[draft.id] = {_one(by)}

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people, more=st.sampled_from(TEXTS), version=st.integers(1, 3))
    def edit(self, data: Any, by: Person, more: str, version: int) -> None:
        draft = self.a_draft(data)
        try:
            self.acts.edit(draft.id, replace(draft.entry, more=more), version=version, by=by, at=self.now())
        except EditRefused:
            return
        self.wrote[draft.id].add(_one(by))
        self.approved = {row for row in self.approved if row[0] != draft.id}

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people)
    def submit(self, data: Any, by: Person) -> None:
        draft = self.a_draft(data)
        _tried(self.acts.submit, draft.id, version=draft.version, by=by, at=self.now())

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people, stale=st.booleans())
    def approve(self, data: Any, by: Person, stale: bool) -> None:
        draft = self.a_draft(data)
        read = content_hash(replace(draft.entry, more=TEXTS[0])) if stale else draft.content_hash
        if _tried(self.acts.approve, draft.id, content_hash=read, by=by, at=self.now()):
            self.approved.add((draft.id, _one(by), read))

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people)
    def send_back(self, data: Any, by: Person) -> None:
        draft = self.a_draft(data)
        if _tried(self.acts.send_back, draft.id, version=draft.version, by=by, at=self.now(), reason="mend"):
            self.approved = {row for row in self.approved if row[0] != draft.id}

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people)
    def discard(self, data: Any, by: Person) -> None:
        draft = self.a_draft(data)
        _tried(self.acts.discard, draft.id, version=draft.version, by=by, at=self.now(), reason="not needed")

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people)
    def publish(self, data: Any, by: Person) -> None:
        wanted = data.draw(st.lists(st.sampled_from(self.drafts()), min_size=1, unique=True))
        if _tried(self.acts.publish, [draft.id for draft in wanted], by=by, at=self.now()):
            self.keep(wanted)

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), by=people, minutes=st.integers(1, 10))
    def plan(self, data: Any, by: Person, minutes: int) -> None:
        now = self.now()
        due = now + dt.timedelta(minutes=minutes)
        _tried(self.acts.plan, [self.a_draft(data).id], due_at=due, by=by, at=now)

    @rule(minutes=st.integers(-1000, 1000))
    def publish_due(self, minutes: int) -> None:
        drafts = {draft.id: draft for draft in self.drafts()}
        self.acts.publish_due(self.now() + dt.timedelta(minutes=minutes))
        left = {draft.id for draft in self.drafts()}
        self.keep([draft for id_, draft in drafts.items() if id_ not in left])

    @rule(entry=starters, by=people)
    def withdraw(self, entry: Entry, by: Person) -> None:
        _tried(self.acts.withdraw, [entry.key], by=by, at=self.now(), reason="wrong")

    @rule(entry=starters, by=people)
    def retire(self, entry: Entry, by: Person) -> None:
        _tried(self.acts.retire, entry.key, by=by, at=self.now(), reason="old")

    @rule(entry=starters, by=people)
    def restore(self, entry: Entry, by: Person) -> None:
        _tried(self.acts.restore, entry.key, by=by, at=self.now(), reason="right")

    @rule(data=st.data(), by=people)
    def roll_back(self, data: Any, by: Person) -> None:
        number = data.draw(st.integers(1, self.store.newest_release() + 1))
        _tried(self.acts.roll_back, number, by=by, at=self.now(), reason="undo")

    def keep(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            approvers = {name for id_, name, read in self.approved if (id_, read) == (draft.id, draft.content_hash)}
            self.published.setdefault(draft.content_hash, []).append((self.wrote[draft.id], approvers))

    @invariant()
    def every_live_text_was_approved_by_people_who_did_not_write_it(self) -> None:
        release = self.store.release(self.store.newest_release())
        for revision in (*release.revisions, *release.withdrawn):
            if revision.content_hash in STARTERS and revision.number == 1:
                continue
            done = self.published[revision.content_hash]
            assert any(
                len(approvers - wrote) >= approvers_needed(revision.entry) and not approvers & wrote
                for wrote, approvers in done
            )
            assert revision.author not in revision.approvers

    @invariant()
    def a_card_is_always_live(self) -> None:
        release = self.store.release(self.store.newest_release())
        assert CARD.key in {row.entry.key for row in release.revisions if row.entry.answer_kind == "card"}

    @invariant()
    def the_audit_trail_is_whole(self) -> None:
        assert first_broken(self.store.audit()) is None


def _one(person: Person) -> str:
    """The same for every spelling of a name."""
    return person.name.strip().lower()


def _tried(act: Any, *given: Any, **named: Any) -> bool:
    try:
        act(*given, **named)
    except EditRefused:
        return False
    return True


AnyOrderOfActs.TestCase.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOrderOfActs = AnyOrderOfActs.TestCase
