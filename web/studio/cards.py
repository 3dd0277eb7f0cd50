"""The emergency and first-aid cards at one look: who has approved them, when they are read again, whether languages
agree. They are changed as every text is (`web.studio.drafts`), with two approvals."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from knowledge.editing.acts import CARD_APPROVERS
from knowledge.review import READ_IN, translation_faults
from web.studio.access import Studio, Visit, for_staff, staff
from web.studio.listing import STATE_WORDS, Row, rows


@dataclass(frozen=True)
class Card:
    """A card in one language. `needed`: the emergency rules show it; `differs`: what it says otherwise than the English
    one."""

    row: Row
    needed: bool
    differs: tuple[str, ...]


def routes(studio: Studio) -> list[Route]:
    return [for_staff("/studio/cards", cards, staff, studio)]


def cards(visit: Visit) -> Response:
    parts = visit.studio.parts
    knowledge = parts.knowledge
    found = [
        row
        for row in rows(knowledge.live().release, knowledge.store.drafts(), visit.studio.figures.used(), {})
        if row.entry.answer_kind == "card"
    ]
    english = {row.entry.id: row.entry for row in found if row.entry.locale == READ_IN}
    wanted = parts.rules.cards
    shown = [
        Card(
            row,
            row.entry.id in wanted,
            tuple(translation_faults(row.entry, english[row.entry.id]))
            if row.entry.locale != READ_IN and row.entry.id in english
            else (),
        )
        for row in sorted(found, key=lambda row: (row.entry.id, row.entry.locale != READ_IN, row.entry.locale))
    ]
    return visit.page(
        "cards.html",
        "Emergency cards",
        cards=shown,
        states=STATE_WORDS,
        approvers=CARD_APPROVERS,
        unapproved=sum(card.row.revision is not None and card.row.revision.review != "clinician" for card in shown),
        today=visit.studio.clock().date(),
    )
