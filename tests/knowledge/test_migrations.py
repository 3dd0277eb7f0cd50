"""A knowledge database of every earlier version is brought up to date with all that it holds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.codec import content_hash, entry_body
from knowledge.errors import StoreUnavailable
from knowledge.store import tables
from knowledge.store.repository import HISTORY, MIGRATIONS, KnowledgeStore
from storage.engine import write
from storage.migrations import upgrade
from tests.knowledge.samples import ENTRIES, NOON, SOURCE, TEA

STEPS = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("0*.py"))


def filled(engine: Engine) -> None:
    """What the first version kept: two releases, the second with a changed text."""
    with write(engine) as connection:
        for number, entry in enumerate(ENTRIES, 1):
            row = {"id": number, "locale": "en", "entry_id": entry.id, "number": 1, "body": entry_body(entry)}
            row |= {"content_hash": content_hash(entry), "author": "starter", "approvers": "[]"}
            row |= {"review": "editorial", "created_at": NOON.isoformat()}
            columns = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(sa.text(f"INSERT INTO revisions ({columns}) VALUES ({values})"), row)
        for release in (1, 2):
            row = {"number": release, "by": "starter", "at": NOON.isoformat()}
            connection.execute(sa.text("INSERT INTO releases VALUES (:number, :by, :at, 'seed')"), row)
            for number in range(1, len(ENTRIES) + 1):
                member = {"release": release, "revision": number}
                insert = "INSERT INTO release_revisions (release_number, revision_id) VALUES (:release, :revision)"
                connection.execute(sa.text(insert), member)
        body = '{"address": null, "key": "place", "organisation": "A good place", "title": "Tea", "year": 2025}'
        connection.execute(sa.text("INSERT INTO sources VALUES ('place', :body)"), {"body": body})


@pytest.mark.parametrize("step", STEPS[:-1])
def test_an_earlier_version_keeps_what_it_holds(engine: Engine, step: str) -> None:
    with write(engine) as connection:
        upgrade(connection, MIGRATIONS, HISTORY, step)
    filled(engine)
    store = KnowledgeStore(engine)
    with pytest.raises(
        StoreUnavailable, match=rf"older than the code \(version {step}\); run: ./lantern content migrate"
    ):
        store.require_current()
    store.migrate()
    store.require_current()
    release = store.release(2)
    assert [revision.entry for revision in release.revisions] == sorted(ENTRIES, key=lambda entry: entry.id)
    assert release.withdrawn == ()
    assert (store.newest_release(), set(store.sources()), list(store.audit())) == (2, {SOURCE.key}, [])


def test_drafts_their_people_and_plans_outlive_the_step_that_gives_numbers_once(engine: Engine) -> None:
    draft = {"id": 4, "locale": "en", "entry_id": TEA.id, "body": entry_body(TEA), "content_hash": content_hash(TEA)}
    draft |= {"state": "in_review", "base": 1, "version": 3, "changed_at": NOON.isoformat()}
    author = {"draft_id": 4, "person": "Anna", "part": "author", "clinician": False, "content_hash": None}
    approver = {**author, "person": "Clara", "part": "approver", "clinician": True, "content_hash": content_hash(TEA)}
    plan = {"id": 2, "due_at": NOON.isoformat(), "person": "Peter", "release_number": 2, "drafts": "[[4, 0]]"}
    with write(engine) as connection:
        upgrade(connection, MIGRATIONS, HISTORY, "0002")
        connection.execute(sa.insert(tables.drafts), draft)
        connection.execute(sa.insert(tables.draft_people), [author, approver])
        connection.execute(sa.insert(tables.planned_publications), plan)
    store = KnowledgeStore(engine)
    store.migrate()
    (kept,) = store.drafts()
    assert (kept.id, kept.entry, kept.state, kept.base, kept.version) == (4, TEA, "in_review", 1, 3)
    assert (kept.authors, [approval.person for approval in kept.approvals]) == (("Anna",), ["Clara"])
    assert [(planned.id, planned.person) for planned in store.plans()] == [(2, "Peter")]
    with pytest.raises(sa.exc.IntegrityError), write(engine) as connection:
        connection.execute(sa.insert(tables.draft_people), {**author, "draft_id": 5})
