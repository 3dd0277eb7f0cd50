from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.store.audit import first_broken
from knowledge.store.tables import audit
from storage.engine import write
from tests.knowledge.editing.conftest import ANNA, BETTER, BETTER_CARD, CLARA, LATER, PETER, Desk
from tests.knowledge.samples import CARD, NOON, STEPS, TEA

ROWS = 5


@pytest.fixture
def acted(desk: Desk) -> Desk:
    """Five rows: draft, submit, approve, publish, roll back."""
    desk.published(BETTER)
    desk.acts.roll_back(1, by=PETER, at=NOON, reason="the tea board said so")
    assert len(desk.acted()) == ROWS
    return desk


def test_what_was_written_is_whole(acted: Desk) -> None:
    assert first_broken(acted.store.audit()) is None
    assert first_broken([]) is None


def test_a_publication_names_who_wrote_and_approved_which_text(acted: Desk) -> None:
    row = next(row for row in acted.store.audit(("en", TEA.id)) if row.act == "publish")
    (published,) = row.detail["published"]
    assert (row.person, row.release, row.at) == ("Peter", 2, NOON)
    assert (published["authors"], published["approvers"], published["revision"]) == (["Anna"], ["Clara"], 2)
    assert published["hash"] == acted.store.revision("en", TEA.id, 2).content_hash


def test_what_was_done_to_several_entries_at_once_is_told_of_each(desk: Desk) -> None:
    new = replace(STEPS, id="tea-cold", question="Is cold tea tea?", phrasings=("iced tea",), related=())
    draft, _ = desk.acts.draft_all([BETTER, new], by=ANNA, at=NOON)
    desk.acts.submit(draft.id, version=1, by=ANNA, at=NOON)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)
    ids = [draft.id, desk.approved(BETTER_CARD).id]
    desk.acts.cancel_plan(desk.acts.plan(ids, due_at=LATER, by=PETER, at=NOON), by=PETER, at=NOON)
    desk.acts.publish(ids, by=PETER, at=NOON)
    desk.acts.roll_back(1, by=PETER, at=NOON, reason="the tea board said so")
    desk.acts.withdraw_topic("lupus", by=PETER, at=NOON, reason="the tea board said so")
    together = ["plan", "cancel_plan", "publish", "roll_back"]
    told = {entry.id: [row.act for row in desk.store.audit(entry.key)] for entry in (TEA, STEPS, CARD, new)}
    assert told == {
        TEA.id: ["draft_all", "submit", "approve", *together, "withdraw"],
        STEPS.id: ["withdraw"],
        CARD.id: ["draft", "submit", "approve", "approve", *together],
        new.id: ["draft_all"],
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person", "Mallory"),
        ("at", "2026-11-22T13:00:00+00:00"),
        ("act", "approve"),
        ("reason", "another"),
        ("detail", "{}"),
        ("release_number", 7),
        ("entry_id", "tea-other"),
        ("locale", "es"),
        ("hash", "0" * 64),
    ],
)
@pytest.mark.parametrize("number", [1, 4])
def test_a_changed_row_is_noticed(acted: Desk, engine: Engine, number: int, column: str, value: Any) -> None:
    with write(engine) as connection:
        connection.execute(sa.update(audit).where(audit.c.number == number).values({column: value}))
    assert first_broken(acted.store.audit()) == number


@pytest.mark.parametrize("number", range(1, ROWS))
def test_a_row_that_was_taken_out_is_noticed(acted: Desk, engine: Engine, number: int) -> None:
    with write(engine) as connection:
        connection.execute(sa.delete(audit).where(audit.c.number == number))
    assert first_broken(acted.store.audit()) == number


def renumbered(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "number": ROWS + 1}


def rewritten(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "number": ROWS + 1, "person": "Mallory"}


@pytest.mark.parametrize("forged", [renumbered, rewritten])
def test_a_row_that_was_put_in_is_noticed(
    acted: Desk, engine: Engine, forged: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    with write(engine) as connection:
        row = connection.execute(sa.select(audit).where(audit.c.number == 2)).mappings().one()
        connection.execute(sa.insert(audit), forged(dict(row)))
    assert first_broken(acted.store.audit()) == ROWS + 1
