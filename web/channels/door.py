"""`/channels/<name>`: where providers deliver. The order is fixed: read, verify, parse, keep, and only then say so."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from records.announcements import CHANNEL as EVENTS
from records.announcements import Announcements
from records.errors import Unavailable
from records.outbox import Outbox, Standing
from web.bodies import read_body
from web.channels.contract import Adapter, Delivery, Line, Message, Undelivered
from web.channels.courier import Courier
from web.channels.errors import BadSignature, Malformed, NotSent
from web.channels.events import Reporter
from web.channels.responder import Accepted, Responder, is_too_old
from web.channels.switchboard import CHANNEL as HANDOVER
from web.channels.switchboard import HelpDesk, Released, Switchboard, Unknown, Word
from web.errors import Refused, whereabouts
from web.guards import guarded, providers
from web.parts import Parts

logger = logging.getLogger(__name__)

PATH = "/channels/"
AGAIN_SECONDS = 15.0
"""What a provider is asked to wait before it delivers again; most have a plan of their own."""
CLOSE_SECONDS = 3.0
WRITE_PATIENCE = 2.0
"""Seconds that somebody of the site waits until their words are kept."""

BAD_SIGNATURE = Refused(401, "bad_signature", "This request is not signed as this channel's provider signs.")
CANNOT_VERIFY = Refused(503, "cannot_verify", "Signatures cannot be checked right now. Please deliver again.", 15.0)
UNKNOWN_HANDOVER = Refused(404, "unknown_handover", "There is no such handover, or it is over.")
FULL = Refused(429, "too_many", "Too many messages of this person wait. Please deliver again later.", AGAIN_SECONDS)
AWAY = Refused(503, "records_away", "The message cannot be kept right now. Please deliver again.", AGAIN_SECONDS)


class OpenLine(Line, Protocol):
    """A way out that is closed when the process ends."""

    async def close(self) -> None: ...


class Channels:
    """All channels that are switched on, as a part of the door. `marked` makes the mark of a message from channel and
    id; `wall_clock` gives unix seconds."""

    def __init__(
        self,
        adapters: Sequence[Adapter],
        responder: Callable[[Parts, Courier, Switchboard | None], Responder],
        courier: Callable[[Parts], Courier],
        switchboard: Callable[[Parts], Switchboard | None],
        outbox: Outbox,
        line: OpenLine,
        marked: Callable[[str, str], str],
        wall_clock: Callable[[], float],
        desk: HelpDesk | None = None,
        announcements: Announcements | None = None,
    ) -> None:
        self._desk, self._make_switchboard, self._announcements = desk, switchboard, announcements
        self._switchboard: Switchboard | None = None
        self._adapters, self._line, self._outbox = adapters, line, outbox
        self._make_responder, self._make_courier = responder, courier
        self._marked, self._wall_clock = marked, wall_clock

    @property
    def sends_to(self) -> Sequence[str]:
        desk = [HANDOVER] if self._desk is not None else []
        events = [EVENTS] if self._announcements is not None else []
        return [*(adapter.name for adapter in self._adapters), *desk, *events]

    def routes(self, parts: Parts) -> list[Route]:
        """One route for each channel. It names what verifies its requests."""
        routes = [self._route(adapter, parts) for adapter in self._adapters]
        if self._desk is not None and self._desk.listens:
            routes.append(self._desk_route(self._desk, parts))
        return routes

    @asynccontextmanager
    async def running(self, parts: Parts) -> AsyncIterator[None]:
        """Messages are answered and letters sent while the block runs."""
        self._courier = self._make_courier(parts)
        self._switchboard = self._make_switchboard(parts)
        self._responder = self._make_responder(parts, self._courier, self._switchboard)
        runs: list[Callable[[], Any]] = [self._responder.run, self._courier.run]
        if self._announcements is not None:
            reporter = Reporter(self._announcements, self._wall_clock)
            runs.append(functools.partial(reporter.run, parts.knowledge.live))
        tasks = [asyncio.create_task(self._kept_up(run)) for run in runs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self._courier.close(CLOSE_SECONDS)
            await self._line.close()

    async def look(self) -> dict[str, dict[str, Any]]:
        """The state for `/readyz`: `ok` is False while a provider does not accept our key."""
        try:
            standing = await asyncio.to_thread(self._outbox.standing)
        except Unavailable:
            return {"channels": {"ok": False, "fault": "Unavailable"}}
        return {"channels": summary([adapter.name for adapter in self._adapters], standing)}

    async def _kept_up(self, run: Callable[[], Any]) -> None:
        while True:
            try:
                await run()
            except Exception as fault:
                logger.error("channels stopped and go on in a moment: %s", whereabouts(fault))
                await asyncio.sleep(1.0)

    def _desk_route(self, desk: HelpDesk, parts: Parts) -> Route:
        async def receive(request: Request) -> Response:
            delivery = await self._delivery(parts, request)
            await verified(desk, delivery, self._line)
            for event in _events(desk, delivery):
                await self._from_desk(desk, event)
            return JSONResponse({})

        route = guarded(PATH + HANDOVER, receive, providers, parts, ["POST"])
        route.verifier = desk.verify  # type: ignore[attr-defined]
        return route

    async def _from_desk(self, desk: HelpDesk, event: Word | Released) -> None:
        board = self._switchboard
        assert board is not None
        try:
            act = board.wrote if isinstance(event, Word) else board.released
            writing = await asyncio.to_thread(act, event)  # type: ignore[arg-type]
            await asyncio.wait_for(asyncio.wrap_future(writing), WRITE_PATIENCE)
        except Unknown:
            if desk.strict:
                raise UNKNOWN_HANDOVER from None
        except (Unavailable, asyncio.TimeoutError):
            raise AWAY from None
        self._courier.kick()

    def _route(self, adapter: Adapter, parts: Parts) -> Route:
        async def receive(request: Request) -> Response:
            return await self._receive(adapter, parts, request)

        route = guarded(PATH + adapter.name, receive, providers, parts, adapter.methods)
        route.verifier = adapter.verify  # type: ignore[attr-defined]
        return route

    async def _receive(self, adapter: Adapter, parts: Parts, request: Request) -> Response:
        delivery = await self._delivery(parts, request)
        await verified(adapter, delivery, self._line)
        greeting = adapter.greeting(delivery)
        if greeting is not None:
            return greeting
        told: list[Accepted] = []
        for event in _events(adapter, delivery):
            if isinstance(event, Message):
                life = dt.timedelta(days=parts.retention.days)
                told.append(
                    "ignored" if is_too_old(event, delivery.at, life) else await self._responder.receive(adapter, event)
                )
            elif isinstance(event, Undelivered):
                self._outbox.did_not_arrive(self._marked(adapter.name, event.id), event.fault[:120])
        for accepted in told:
            parts.metrics.received(adapter.name, accepted)
        if "away" in told:
            raise AWAY
        if "full" in told:
            raise FULL
        return adapter.thanks()

    async def _delivery(self, parts: Parts, request: Request) -> Delivery:
        settings = parts.settings
        body = await read_body(request, settings.channel_bytes)
        query = request.url.query
        return Delivery(
            method=request.method,
            address=f"{settings.site_address}{request.url.path}" + (f"?{query}" if query else ""),
            headers=_headers(request),
            query=dict(request.query_params),
            body=body,
            at=self._wall_clock(),
        )


def _headers(request: Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        # Of a header that stands twice it is not clear which one was meant: joined, as HTTP has it, neither fits.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def verified(adapter: Adapter | HelpDesk, delivery: Delivery, line: Line) -> None:
    """Raises `Refused` unless the provider signed this delivery; 401 but where its keys cannot be had right now."""
    try:
        await adapter.verify(delivery, line)
    except BadSignature:
        raise BAD_SIGNATURE from None
    except NotSent:
        raise CANNOT_VERIFY from None
    except Exception as fault:
        # Whatever a verifier stumbles over, it has not verified anything.
        logger.error("a request to %s could not be verified: %s", adapter.name, whereabouts(fault))
        raise BAD_SIGNATURE from None


def _events(adapter: Adapter | HelpDesk, delivery: Delivery) -> Sequence[Any]:
    try:
        return adapter.parse(delivery)
    except Malformed as fault:
        raise Refused(400, "bad_shape", f"{str(fault)[:1].upper()}{str(fault)[1:]}.") from None
    except Exception as fault:
        logger.error("a request to %s is of a shape that is not foreseen: %s", adapter.name, whereabouts(fault))
        raise Refused(400, "bad_shape", "The body is not of the documented shape.") from None


def summary(names: Sequence[str], standing: Mapping[str, Standing]) -> dict[str, Any]:
    """What staff have to know of the channels."""
    refused = sorted(name for name, row in standing.items() if row.refused)
    rows = {name: standing.get(name, Standing()) for name in (*names, *standing)}
    state: dict[str, Any] = {
        "ok": not refused,
        "waiting": {name: row.waiting for name, row in rows.items() if row.waiting},
        "dead_letters": {name: row.dead for name, row in rows.items() if row.dead},
    }
    return {**state, "key_refused": refused} if refused else state
