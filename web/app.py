"""Puts the door together from its parts: routes with their guards, static files, headers and errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from web import api, cards, health, library, pages, rest, trials, trials_api
from web.errors import Refused
from web.guards import everyone
from web.limits import whole_seconds
from web.logs import flush
from web.parts import Parts
from web.protection import Protection, wants_page
from web.site import LOOK_SECONDS
from web.studio.routes import routes as studio_routes
from web.views import Views
from web.widget import files as widget_files
from web.widget import pages as widget_pages
from web.widget import rules as widget_rules
from web.widget.files import Element
from web.widget.rules import PackedRules

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent

REFUSALS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
}
FLUSH_SECONDS = 3.0
"""How long a stopping process tries to write what waits to be written."""


def build(parts: Parts) -> Starlette:
    """The application. When it shuts down it writes what waits and closes the parts that hold connections."""
    views, element, rules = Views(parts), Element(), PackedRules.read()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # Reading a release takes seconds; after a restart the first person would wait for it.
        loading = asyncio.create_task(asyncio.to_thread(_load_release, parts))
        following = asyncio.create_task(_follow_site(parts))
        async with AsyncExitStack() as stack:
            for extension in parts.extensions:
                await stack.enter_async_context(extension.running(parts))
            yield
        loading.cancel()
        following.cancel()
        await parts.assistant.close()
        left = await asyncio.to_thread(parts.recorder.close, FLUSH_SECONDS)
        if left:
            logger.error("%d writes were lost: the database stayed away", left)
        flush()

    async def refused(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, Refused)
        parts.metrics.refused(fault.code)
        headers = {"WWW-Authenticate": "Bearer"} if fault.status == 401 else {}
        if fault.wait:
            headers["Retry-After"] = str(whole_seconds(fault.wait))
        if wants_page(request.scope):
            page = views.page("missing.html", "This cannot be done now", status=fault.status, detail=fault.detail)
            page.headers.update(headers)
            return page
        return JSONResponse({"error": fault.code, "detail": fault.detail}, fault.status, headers)

    async def not_served(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)
        code, detail = REFUSALS.get(fault.status_code, ("refused", fault.detail))
        parts.metrics.refused(code)
        if wants_page(request.scope):
            return views.page("missing.html", "This page does not exist", status=fault.status_code, detail=detail)
        # Starlette names the methods of the first route of an address only.
        headers = {"Allow": _allowed(request)} if fault.status_code == 405 else fault.headers
        return JSONResponse({"error": code, "detail": detail}, fault.status_code, headers)

    return Starlette(
        routes=[
            *rest.routes(parts),
            *api.routes(parts),
            *cards.routes(parts),
            *trials_api.routes(parts),
            *health.routes(parts),
            *pages.routes(parts, views),
            *trials.routes(parts, views),
            *widget_pages.routes(parts, views, element),
            *widget_rules.routes(parts, rules),  # in front: its address looks like that of a version
            *widget_files.routes(parts, element),
            *library.routes(parts, views),
            *(route for extension in parts.extensions for route in extension.routes(parts)),
            *([] if parts.settings.studio_port else studio_routes(parts)),
            _files("/static", HERE / "static"),
        ],
        middleware=[_protection(parts)],
        exception_handlers={Refused: refused, HTTPException: not_served},
        lifespan=lifespan,
    )


def build_studio(parts: Parts) -> Starlette:
    """The studio alone, for a port of its own. It needs no lifespan: the parts are those of the door beside it."""
    return Starlette(
        routes=[*studio_routes(parts), _files("/static", HERE / "static")], middleware=[_protection(parts)]
    )


def _protection(parts: Parts) -> Middleware:
    settings = parts.settings
    return Middleware(
        Protection,
        hosts=settings.answers_to,
        origins=settings.origins,
        proxies=settings.trusted_proxies,
        refused=parts.metrics.refused,
    )


def _allowed(request: Request) -> str:
    routes = (route for route in request.app.routes if isinstance(route, Route))
    methods = {name for route in routes if route.path_regex.match(request.url.path) for name in route.methods or ()}
    return ", ".join(sorted(methods))


def _files(path: str, folder: Path) -> BaseRoute:
    mount = Mount(path, StaticFiles(directory=folder))
    mount.guard = everyone  # type: ignore[attr-defined]
    return mount


async def _follow_site(parts: Parts) -> None:
    while True:
        await asyncio.to_thread(parts.site_settings.follow, parts.knowledge.site_settings)
        await asyncio.sleep(LOOK_SECONDS)


def _load_release(parts: Parts) -> None:
    with suppress(Exception):  # whoever asks first is told what is wrong
        parts.knowledge.live()
