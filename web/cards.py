"""`GET /api/v1/cards`: the published emergency cards, for programs that show them without any network.

They hold nothing about anybody, so they may be kept: by the browser, and asked about before they are used again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from knowledge.cards import card_answer
from knowledge.codec import answer_to_json
from web.guards import everyone, guarded
from web.messages import LOCALES
from web.parts import Parts
from web.rest import read_hints
from web.revalidation import unless_known, weak_tag

FIRST = ("emergency", "cpr-adult", "cpr-child", "cpr-infant", "choking", "choking-infant", "aed")
"""Cards that people look up by themselves, in the order in which they are offered; the others follow."""
CRISIS = "crisis"
"""The card for a crisis. All others are for an emergency."""


def routes(parts: Parts) -> list[Route]:
    def cards(request: Request) -> Response:
        region, locale = read_hints(dict(request.query_params), parts.numbers.knows)
        region, locale = region or parts.site.region or None, locale or LOCALES[0]
        body = {"locale": locale, "region": region, "cards": list(_rows(locale, region, parts))}
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return unless_known(request, content, weak_tag(content))

    return [guarded("/api/v1/cards", cards, everyone, parts)]


def _rows(locale: str, region: str | None, parts: Parts) -> Iterator[dict[str, Any]]:
    for card_id in _ordered(parts.rules.cards):
        card = parts.cards.card(card_id, locale)
        kind: Literal["emergency", "crisis"] = "crisis" if card.id == CRISIS else "emergency"
        answer = card_answer(card, kind, parts.numbers, region, parts.phrases, parts.card_sources)
        yield {"id": card_id, "title": card.title, "answer": answer_to_json(answer)}


def _ordered(cards: Iterable[str]) -> list[str]:
    """All that the rules can ask for, and those that are looked up."""
    return [*FIRST, *sorted(set(cards).difference(FIRST))]
