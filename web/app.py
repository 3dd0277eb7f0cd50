"""Puts the door together from its parts: routes, static files, headers and errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from web import health, library, pages, rest
from web.errors import Refused
from web.parts import Parts
from web.protection import Protection, wants_page
from web.views import Views

HERE = Path(__file__).parent

REFUSALS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
}


def build(parts: Parts) -> Starlette:
    """The application. It closes the parts that hold connections when it shuts down."""
    views = Views(parts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await parts.assistant.close()

    async def refused(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, Refused)
        headers = {"WWW-Authenticate": "Bearer"} if fault.status == 401 else {}
        return JSONResponse({"error": fault.code, "detail": fault.detail}, fault.status, headers)

    async def not_served(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)
        code, detail = REFUSALS.get(fault.status_code, ("refused", fault.detail))
        if wants_page(request.scope):
            return views.page("missing.html", "This page does not exist", status=fault.status_code, detail=detail)
        return JSONResponse({"error": code, "detail": detail}, fault.status_code, fault.headers)

    return Starlette(
        routes=[
            *rest.routes(parts),
            *health.routes(parts),
            *pages.routes(parts, views),
            *library.routes(parts, views),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/widget", StaticFiles(directory=HERE / "widget")),
        ],
        middleware=[Middleware(Protection)],
        exception_handlers={Refused: refused, HTTPException: not_served},
        lifespan=lifespan,
    )
