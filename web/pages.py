"""The page for integrators, and the description of the interface for programs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.guards import everyone, guarded
from web.openapi import description
from web.parts import Parts
from web.rest import LONGEST_ID, PATH
from web.views import Views


def routes(parts: Parts, views: Views) -> list[Route]:
    async def docs(request: Request) -> Response:
        settings = parts.settings
        return views.page(
            "docs.html",
            "For integrators",
            path=PATH,
            settings=settings,
            longest_sender=LONGEST_ID,
            kept_days=parts.retention.days,
        )

    described = JSONResponse(description())

    async def openapi(request: Request) -> Response:
        return described

    return [
        guarded("/docs/", docs, everyone, parts),
        guarded("/docs/openapi.json", openapi, everyone, parts),
    ]
