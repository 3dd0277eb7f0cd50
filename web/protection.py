"""The outermost layer: security headers on every response, and a calm error where something of ours broke."""

from __future__ import annotations

import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import whereabouts

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
API_PATHS = ("/webhooks/", "/api/", "/healthz", "/readyz")
"""Their replies are about one person or one moment: never kept by a browser or a proxy."""

SORRY_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Something went wrong</title>
<link rel="stylesheet" href="/static/lantern.css"></head>
<body><main><h1>Something went wrong</h1><p>{sorry}</p><p><a href="/library/">See all answers</a></p></main></body>
</html>
"""
SORRY = "Something went wrong here. Please try again in a minute. In an emergency call your local emergency number."


class Protection:
    """Wraps an ASGI application. Errors never show a stack; the log names kind and place, not what a person wrote."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_protected(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                # A page may be kept but must be asked for again: a changed answer is live at once.
                headers.setdefault("Cache-Control", "no-store" if _is_api(scope) else "no-cache")
            await send(message)

        try:
            await self._app(scope, receive, send_protected)
        except ClientDisconnect:
            return
        except Exception as fault:
            logger.error("a request failed: %s", whereabouts(fault))
            if not started:
                await _sorry(scope)(scope, receive, send_protected)


def _is_api(scope: Scope) -> bool:
    return str(scope["path"]).startswith(API_PATHS)


def wants_page(scope: Scope) -> bool:
    """Whether an error is best told as a page: a browser asked for one."""
    return not _is_api(scope) and "text/html" in Headers(scope=scope).get("accept", "")


def _sorry(scope: Scope) -> Response:
    if wants_page(scope):
        return HTMLResponse(SORRY_PAGE.format(sorry=SORRY), 500)
    return JSONResponse({"error": "failed", "detail": SORRY}, 500)
