"""A card of the safety room as an `Answer`, so that every channel draws it like any other reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from knowledge.blocks import paragraphs, steps
from knowledge.model import Answer, FollowUp, Provenance, Source
from knowledge.phrases import Phrases
from safety.cards import Card
from safety.numbers import Numbers


def card_answer(
    card: Card,
    kind: Literal["emergency", "crisis"],
    numbers: Numbers,
    region: str | None,
    phrases: Phrases,
    sources: Mapping[str, Source],
) -> Answer:
    """The card with the numbers of `region` (ISO country code, None where unknown). Its first words are the call."""
    slots = {
        "emergency_number": numbers.emergency_number(region, card.locale),
        "crisis_line": numbers.crisis_line(region, card.locale),
    }
    button = phrases.say(card.locale, "not_emergency_button")
    note = paragraphs(card.note, slots) if card.note else ()
    return Answer(
        kind=kind,
        blocks=(*paragraphs(card.call, slots), *steps(card.steps, slots), *note),
        entry=card.id,
        topic="cards",
        revision=card.revision,
        sources=tuple(sources[key] for key in card.sources if key in sources),
        checked_on=card.checked_on,
        review=card.review,
        follow_ups=(FollowUp(button, button),),
        provenance=(Provenance("revision", card.id, card.revision),),
        locale=card.locale,
    )
