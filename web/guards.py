"""Who may use which address. A route says so where it is made; a test walks them all and finds none that does not."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.callers import admit, caller, limited_as
from web.parts import Parts

Endpoint = Callable[[Request], Awaitable[Response]] | Callable[[Request], Response]
Guard = Callable[[Request, Parts], None]


def everyone(request: Request, parts: Parts) -> None:
    """For pages and files that hold nothing about anybody."""


def servers(request: Request, parts: Parts) -> None:
    """For programs on this machine, and for others with the integrator's key. Raises `Refused` 401."""
    admit(request.scope, parts.settings.integrator_key)


def visitors(request: Request, parts: Parts) -> None:
    """For browsers of anybody. The endpoint itself opens no conversation without its token, and counts what it does
    for the address with `count_address`: a message must be looked at before it may be refused."""


def providers(request: Request, parts: Parts) -> None:
    """For messengers and other systems that sign what they deliver. A signature is over the body, so the endpoint reads
    it and verifies it before anything else; the route names the verifier."""


def count_address(request: Request, parts: Parts) -> None:
    """Raises `Refused` 429 when this address asks too much."""
    address = limited_as(caller(request.scope, parts.settings.trusted_proxies))
    parts.limits.count(address=address)


def guarded(path: str, endpoint: Endpoint, guard: Guard, parts: Parts, methods: Sequence[str] = ("GET",)) -> Route:
    """A route that asks `guard` first. Plain functions run in a thread, as Starlette does it."""

    @functools.wraps(endpoint)
    async def behind(request: Request) -> Response:
        guard(request, parts)
        if inspect.iscoroutinefunction(endpoint):
            return await endpoint(request)
        answered: Any = await run_in_threadpool(endpoint, request)
        return answered

    route = Route(path, behind, methods=list(methods))
    route.guard = guard  # type: ignore[attr-defined]
    return route
