"""The demo page with the chat element, and the short page for integrators."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.parts import Parts
from web.rest import LONGEST_SENDER, PATH
from web.views import Views


def routes(parts: Parts, views: Views) -> list[Route]:
    async def demo(request: Request) -> Response:
        return views.page("chat.html", "Ask")

    async def docs(request: Request) -> Response:
        settings = parts.settings
        return views.page("docs.html", "For integrators", path=PATH, settings=settings, longest_sender=LONGEST_SENDER)

    return [Route("/", demo), Route("/docs/", docs)]
