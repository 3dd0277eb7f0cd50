"""Everything that changes a database for good, each from the state it begins in: for those who break it off midway.

What an act leaves does not hang on ids that a database gives out or on the clock, so two runs can be compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.codec import content_hash
from knowledge.editing.seed import import_seed, write_cards
from knowledge.errors import EditRefused
from knowledge.files import write_entry
from knowledge.model import Source
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.store import repository as knowledge_rows
from knowledge.store import tables as knowledge_tables
from knowledge.store.audit import first_broken
from knowledge.store.repository import KnowledgeStore
from knowledge.store.syncs import SyncJournal
from knowledge.store.trials import TrialStore
from knowledge.trials.registry import Page, Registry
from knowledge.trials.searches import RegistrySearch
from knowledge.trials.sync import Sync
from records import repository as records_rows
from records import tables as records_tables
from records.repository import ConversationStore
from records.wiring import now
from safety.cards import CardShelf
from storage.engine import read, write
from storage.migrations import upgrade
from tests.knowledge.editing.conftest import (
    ANNA,
    BEN,
    BETTER,
    BETTER_CARD,
    CLARA,
    LATER,
    PETER,
    Desk,
    sources,
)
from tests.knowledge.samples import (
    CARD,
    ENTRIES,
    NOON,
    STEPS,
    TEA,
    WordEncoder,
    file_of,
    publication,
    write_folder,
    write_publishable_folder,
)
from tests.trials_registry import moved, records

WHY = "the tea board said so"
LEAFLET = Source("leaflet", "Tea for beginners", "The Tea Board", 2026, None, ("TEA-001",))
BURN = replace(CARD, id="burn", question="What do I do about a burn?")
"""A card that no rule asks for, so it may go."""
MUCH_LATER = dt.datetime(2100, 1, 1, tzinfo=dt.timezone.utc)
"""All texts but the cards should have been reviewed by then."""

Seen = dict[str, Any]
"""What people and operators can notice of a state, by what it is."""
CARDS = "cards"
BROKEN_ROW = "first broken row of the audit trail"


@dataclass(frozen=True)
class Act:
    """`begin` brings an empty database, and the folder that belongs to it, to where the act begins. `do` may be done
    again: what is refused because it is done is no fault. `seen` tells one state from another."""

    begin: Callable[[Engine, Path], None]
    do: Callable[[Engine, Path], None]
    seen: Callable[[Engine, Path], Seen]


def rows(seen: Seen) -> Seen:
    """All that is in the database. The cards are files, and follow it."""
    return {part: value for part, value in seen.items() if part != CARDS}


def knowledge_seen(engine: Engine, folder: Path) -> Seen:
    store = KnowledgeStore(engine)
    releases = {row.number: (row.origin, store.release(row.number)) for row in store.releases()}
    everything = [row for _, release in releases.values() for row in (*release.revisions, *release.withdrawn)]
    cards = {row.entry.key for row in everything if row.entry.answer_kind == "card"}
    shelf, audit = CardShelf([folder / "cards"]), list(store.audit())
    return {
        "releases": releases,
        "revisions": _revisions(engine),
        "drafts": store.drafts(),
        "plans": store.plans(),
        "sources": store.sources(),
        "audit": audit,
        BROKEN_ROW: first_broken(audit),
        CARDS: {(locale, name): shelf.card(name, locale) for locale, name in cards},
    }


def _revisions(engine: Engine) -> list[Any]:
    """Every revision with its people, in a release or not."""
    texts, people = knowledge_tables.revisions, knowledge_tables.revision_people
    joined = sa.outerjoin(texts, people, texts.c.id == people.c.revision_id)
    query = sa.select(texts.c.locale, texts.c.entry_id, texts.c.number, texts.c.content_hash, people.c.person)
    query = query.add_columns(people.c.part).select_from(joined)
    with read(engine) as connection:
        return sorted(map(str, connection.execute(query)))


def _show_cards(store: KnowledgeStore, folder: Path) -> None:
    """As every process that meets a release does."""
    write_cards(store.release(store.newest_release()), folder / "cards")


# Starter content -----------------------------------------------------------------------------------------------


def _import(engine: Engine, folder: Path) -> None:
    """As `./lantern content import --seed`."""
    store = KnowledgeStore(engine)
    store.migrate()
    import_seed(store, folder / "content", Embedder(WordEncoder(), store), Aliases({}), at=NOON)
    _show_cards(store, folder)


def _imported_then_written_on(engine: Engine, folder: Path) -> None:
    content = write_publishable_folder(folder / "content")
    write_folder(content, (*ENTRIES, BURN))
    _import(engine, folder)
    for entry in (BETTER, BETTER_CARD):
        file_of(content, entry).write_text(write_entry(entry), encoding="utf-8")
    file_of(content, BURN).unlink()


# What people do ------------------------------------------------------------------------------------------------


def _act(do: Callable[[Desk], Any], begin: Callable[[Desk], Any] = lambda desk: None) -> Act:
    """`begin` finds starter content live: tea, steps and a card. The first draft has the number 1."""

    def begun(engine: Engine, folder: Path) -> None:
        desk = Desk(KnowledgeStore(engine))
        desk.store.migrate()
        desk.store.publish(ENTRIES, sources(), **publication())
        begin(desk)
        _show_cards(desk.store, folder)

    def done(engine: Engine, folder: Path) -> None:
        desk = Desk(KnowledgeStore(engine))
        with suppress(EditRefused):
            do(desk)
        _show_cards(desk.store, folder)

    return Act(begun, done, knowledge_seen)


def _two_approved(desk: Desk) -> None:
    desk.approved(BETTER)
    desk.approved(BETTER_CARD)


def _two_published(desk: Desk) -> None:
    _two_approved(desk)
    desk.acts.publish([1, 2], by=PETER, at=NOON)


def _two_planned(desk: Desk) -> None:
    _two_approved(desk)
    desk.acts.plan([1, 2], due_at=LATER, by=PETER, at=NOON)


def _withdrawn(desk: Desk) -> None:
    desk.acts.withdraw([TEA.key], by=PETER, at=NOON, reason=WHY)


def _approve(desk: Desk, by: Any = CLARA) -> None:
    desk.acts.approve(1, content_hash=content_hash(BETTER), by=by, at=NOON)


OTHER = replace(BETTER, more="People drink it in cups.")
PUBLISHING: dict[str, Act] = {
    "publish two": _act(lambda desk: desk.acts.publish([1, 2], by=PETER, at=LATER), _two_approved),
    "publish what is due": _act(lambda desk: desk.acts.publish_due(LATER), _two_planned),
    "roll back": _act(lambda desk: desk.acts.roll_back(1, by=PETER, at=LATER, reason=WHY), _two_published),
    "withdraw": _act(lambda desk: desk.acts.withdraw([TEA.key, STEPS.key], by=PETER, at=LATER, reason=WHY)),
    "restore several": _act(
        lambda desk: desk.acts.restore_all([TEA.key, STEPS.key], by=PETER, at=LATER, reason=WHY),
        lambda desk: desk.acts.withdraw_topic(TEA.topic, by=PETER, at=NOON, reason=WHY),
    ),
    "restore": _act(lambda desk: desk.acts.restore(TEA.key, by=PETER, at=LATER, reason=WHY), _withdrawn),
}
OTHER_ACTS: dict[str, Act] = {
    "draft": _act(lambda desk: desk.acts.draft(BETTER, by=ANNA, at=NOON)),
    "edit": _act(lambda desk: desk.acts.edit(1, OTHER, version=1, by=BEN, at=NOON), lambda desk: desk.approved(BETTER)),
    "discard": _act(
        lambda desk: desk.acts.discard(1, version=1, by=ANNA, at=NOON, reason=WHY), lambda desk: desk.approved(BETTER)
    ),
    "submit": _act(
        lambda desk: desk.acts.submit(1, version=1, by=ANNA, at=NOON),
        lambda desk: desk.acts.draft(BETTER, by=ANNA, at=NOON),
    ),
    "comment": _act(
        lambda desk: desk.acts.comment(1, "How hot?", by=CLARA, at=NOON), lambda desk: desk.submitted(BETTER)
    ),
    "send back": _act(
        lambda desk: desk.acts.send_back(1, version=1, by=CLARA, at=NOON, reason=WHY),
        lambda desk: desk.approved(BETTER),
    ),
    "approve": _act(_approve, lambda desk: desk.submitted(BETTER)),
    "approve one's own, which is refused": _act(
        lambda desk: _approve(desk, BEN), lambda desk: desk.submitted(BETTER, by=BEN)
    ),
    "settle a case": _act(lambda desk: desk.acts.settle_case("who won the cup", by=CLARA, at=NOON, reason=WHY)),
    "add a source": _act(lambda desk: desk.acts.add_source(LEAFLET, by=ANNA, at=NOON)),
    "plan": _act(lambda desk: desk.acts.plan([1, 2], due_at=LATER, by=PETER, at=NOON), _two_approved),
    "cancel a plan": _act(lambda desk: desk.acts.cancel_plan(1, by=PETER, at=NOON), _two_planned),
    "take off a plan that is not possible any more": _act(
        lambda desk: desk.acts.publish_due(LATER),
        lambda desk: (_two_planned(desk), desk.acts.edit(1, OTHER, version=1, by=ANNA, at=NOON)),
    ),
    "withdraw a topic": _act(lambda desk: desk.acts.withdraw_topic(TEA.topic, by=PETER, at=NOON, reason=WHY)),
    "withdraw what is overdue": _act(lambda desk: desk.acts.withdraw_overdue(at=MUCH_LATER, days=30)),
    "retire": _act(lambda desk: desk.acts.retire(STEPS.key, by=PETER, at=NOON, reason=WHY)),
}


# The copy of the registry --------------------------------------------------------------------------------------


class OfThree(Registry):
    """A registry that sends three studies, one on a page."""

    def __init__(self, status: str) -> None:
        self._records = [moved(record, status, "2026-10-01") for record in records(3)]

    def data_of(self) -> None:
        return None

    def search(self, search: RegistrySearch, token: str | None = None) -> Page:
        place = int(token or 0)
        return Page((self._records[place],), str(place + 1) if place < 2 else None, 3)

    def by_numbers(self, numbers: Sequence[str]) -> Page:
        return Page((), None, None)


def _sync(status: str, at: dt.datetime) -> Callable[[Engine, Path], None]:
    def sync(engine: Engine, _folder: Path) -> None:
        KnowledgeStore(engine).migrate()
        # Which process may is the lease's matter; what one leaves that is killed, the journal's.
        journal = SyncJournal(engine, lambda connection: None)
        searches = (RegistrySearch("everything", {"query.intr": "CAR-T"}),)
        Sync(OfThree(status), journal, searches, (), lambda: at).run(lambda line: None)

    return sync


def _copy_seen(engine: Engine, _folder: Path) -> Seen:
    """What people are told of trials."""
    return {"copy": TrialStore(engine).copy({})}


SYNC: dict[str, Act] = {
    "sync the registry copy": Act(_sync("RECRUITING", NOON), _sync("WITHDRAWN", NOON), _copy_seen),
}


# Migrations ----------------------------------------------------------------------------------------------------


def _schema_seen(engine: Engine, _folder: Path) -> Seen:
    """The tables of a database, whatever it is at, and all their rows."""
    reflected = sa.MetaData()
    with read(engine) as connection:
        reflected.reflect(connection)
        return {
            table.name: {
                "columns": sorted(f"{column.name} {column.type} {column.nullable}" for column in table.columns),
                "indexes": sorted(str(index.name) for index in table.indexes),
                "rows": sorted(map(str, connection.execute(sa.select(table)))),
            }
            for table in reflected.sorted_tables
        }


def _knowledge_of_before(engine: Engine, _folder: Path) -> None:
    """Two texts and two releases, as the first step of the schema had them."""
    tables, head = knowledge_tables, {"published_by": "starter", "published_at": NOON.isoformat(), "origin": "seed"}
    text = {"locale": "en", "content_hash": "0" * 64, "body": "{}", "author": "starter", "approvers": "[]"}
    text |= {"review": "editorial", "created_at": NOON.isoformat()}
    with write(engine) as connection:
        upgrade(connection, knowledge_rows.MIGRATIONS, knowledge_rows.HISTORY, "0001")
        rows = [{"id": number, "entry_id": name, "number": 1, **text} for number, name in ((1, "tea"), (2, "steps"))]
        connection.execute(sa.insert(tables.revisions), rows)
        connection.execute(sa.insert(tables.releases), [{"number": number, **head} for number in (1, 2)])
        members = [{"release_number": release, "revision_id": id_} for release, id_ in ((1, 1), (2, 1), (2, 2))]
        connection.execute(sa.insert(tables.release_revisions), members)
        connection.execute(sa.insert(tables.sources), {"key": "place", "body": "{}"})
        connection.execute(sa.insert(tables.vectors), {"text_hash": "0", "model_hash": "1", "vector": b"\x00\x01"})


def _records_of_before(engine: Engine, _folder: Path) -> None:
    """Two conversations, as the first step of the schema had them."""
    tables, at = records_tables, NOON.isoformat()
    talk = {"channel": "rest", "started_at": at, "heard_at": at, "locale": "en", "introduced": True, "therapy": False}
    said = {"at": at, "text": "what is lupus", "kind": "answer", "replies": "[]"}
    with write(engine) as connection:
        upgrade(connection, records_rows.MIGRATIONS, records_rows.HISTORY, "0001")
        connection.execute(sa.insert(tables.conversations), [{"id": name, **talk} for name in ("ann", "bob")])
        turns = [{"conversation_id": name, "message_hash": "1", **said} for name in ("ann", "bob")]
        connection.execute(sa.insert(tables.messages), turns)
        connection.execute(sa.insert(tables.trackers), {"conversation_id": "ann", "state": "{}", "saved_at": at})


MIGRATIONS: dict[str, Act] = {
    "migrate the knowledge": Act(
        _knowledge_of_before, lambda engine, _: KnowledgeStore(engine).migrate(), _schema_seen
    ),
    "migrate the records": Act(
        _records_of_before, lambda engine, _: ConversationStore(engine, now).migrate(), _schema_seen
    ),
}
ACTS = {
    "import": Act(_imported_then_written_on, _import, knowledge_seen),
    **PUBLISHING,
    **OTHER_ACTS,
    **SYNC,
    **MIGRATIONS,
}
"""All acts by name."""
KILLED = ("import", *PUBLISHING, *SYNC, *MIGRATIONS)
"""Those that are killed at their steps: whatever changes what people are told, and migrations."""
