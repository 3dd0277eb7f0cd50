"""`/healthz`: this process runs. `/readyz`: which parts can do their work, for load balancers and for staff.
`/metrics`: figures for Prometheus.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.errors import whereabouts
from web.guards import everyone, guarded, servers
from web.messages import LOCALES
from web.metrics import CONTENT_TYPE, Now
from web.parts import Parts

WITHOUT_IT_NO_ANSWER = "knowledge"
"""With the assistant away single questions are still answered, and without card files the bare call is still said."""


def routes(parts: Parts) -> list[Route]:
    async def alive(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        states = await look(parts)
        return JSONResponse(summary(states), 200 if able(states) else 503)

    async def figures(request: Request) -> Response:
        states = await look(parts)
        now = Now(
            release=states["knowledge"].get("release"),
            parts={name: bool(state["ok"]) for name, state in states.items()},
            conversations=len(parts.turns),
            writes_waiting=parts.recorder.waiting,
        )
        return Response(parts.metrics.text(now), media_type=CONTENT_TYPE)

    return [
        guarded("/healthz", alive, everyone, parts),
        guarded("/readyz", ready, everyone, parts),
        guarded("/metrics", figures, servers, parts),
    ]


async def look(parts: Parts) -> dict[str, dict[str, Any]]:
    """State of each part: `ok`, and what else is worth knowing. Waits one second for the assistant at the most."""
    knowledge, cards, reviews, trials, worker, assistant = await asyncio.gather(
        asyncio.to_thread(_state, lambda: {"release": parts.knowledge.live().release.number}),
        asyncio.to_thread(_state, lambda: {"read": [_card(parts, locale) for locale in LOCALES]}),
        asyncio.to_thread(_state, lambda: _reviews(parts)),
        asyncio.to_thread(_state, lambda: _trials(parts)),
        asyncio.to_thread(_state, lambda: _worker(parts)),
        parts.assistant.ready(),
    )
    records = {"ok": parts.recorder.ok, "waiting": parts.recorder.waiting}
    states = {"knowledge": knowledge, "cards": cards, "reviews": reviews, "trials": trials, "worker": worker}
    more = [await extension.look() for extension in parts.extensions]
    others = {name: state for found in more for name, state in found.items()}
    return {**states, "assistant": {"ok": assistant}, "records": records, **others}


def able(states: dict[str, dict[str, Any]]) -> bool:
    return bool(states[WITHOUT_IT_NO_ANSWER]["ok"])


def summary(states: dict[str, dict[str, Any]]) -> dict[str, Any]:
    degraded = [name for name, state in states.items() if not state["ok"]]
    word = "ready" if not degraded else "degraded" if able(states) else "unavailable"
    return {"status": word, "degraded": degraded, "parts": states}


def _state(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **look()}
    except Exception as fault:
        # Any fault of a part is what this page is asked about; its kind says enough, its text may not be public.
        return {"ok": False, "fault": whereabouts(fault).split(" at ")[0]}


def _reviews(parts: Parts) -> dict[str, Any]:
    """Cards stay live however late their review is, so that this is where staff hear of it."""
    overdue, held = parts.knowledge.overdue_cards(), parts.knowledge.upkeep.held()
    return {"ok": not overdue and not held, "overdue_cards": overdue, **({"held": held} if held else {})}


def _trials(parts: Parts) -> dict[str, Any]:
    """The age of the registry copy. Why a sync failed is for staff alone: `./lantern trials status`."""
    copy = parts.knowledge.upkeep.copy()
    failed = {"failed_at": copy.failed_at.isoformat()} if copy.failed_at else {}
    return {
        "ok": copy.ok,
        "copy": copy.made.isoformat(),
        "shipped": copy.shipped,
        "days_old": copy.days_old,
        **failed,
    }


def _worker(parts: Parts) -> dict[str, Any]:
    worker = parts.knowledge.upkeep.worker()
    seen_at = worker.seen_at.isoformat() if worker.seen_at else None
    return {"ok": worker.ok, "seen_at": seen_at, "failing": sorted(worker.failing)}


def _card(parts: Parts, locale: str) -> str:
    card = parts.cards.card("emergency", locale)
    if not card.steps or card.locale != locale:
        raise LookupError(f"the emergency card cannot be read in {locale}")
    return f"{card.locale}/{card.id}"
