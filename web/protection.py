"""The outermost layer: which host names are answered, which pages elsewhere may ask, security headers on every
response, and a calm error where something of ours broke.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.callers import Network, by_https
from web.errors import Refused, whereabouts

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), "
        "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
ONLY_HTTPS = b"max-age=31536000"
"""A browser that came by https once asks by nothing else for a year."""

API_PATHS = ("/webhooks/", "/channels/", "/api/", "/healthz", "/readyz", "/metrics")
"""Their replies are about one person or one moment: never kept by a browser or a proxy."""
HEALTH_PATHS = ("/healthz", "/readyz")
"""Answered under any host name: whoever watches a process calls it by its address, and nothing here is private."""
SHARED_PATHS = ("/api/v1/", "/widget/")
"""What pages of the listed origins may use: the chat element, and the door that it talks to."""

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}

CALM_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/static/lantern.css"></head>
<body><main><h1>{title}</h1><p>{detail}</p><p>In an emergency call your local emergency number.</p>
<p><a href="/library/">See all answers</a></p></main></body>
</html>
"""
FAILED = Refused(
    500,
    "failed",
    "Something went wrong here. Please try again in a minute. In an emergency call your local emergency number.",
)
WRONG_HOST = Refused(
    421, "wrong_host", "This service does not answer to this host name. Its operator can list it in LANTERN_HOSTS."
)
WRONG_ORIGIN = Refused(
    403, "origin_not_listed", "Pages of this origin may not use this service. Its operator can list it."
)

_RAW_HEADERS = {name.lower().encode(): value.encode() for name, value in HEADERS.items()}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+?)\.?(?::\d*)?")


class Protection:
    """Wraps an ASGI application. Errors never show a stack; the log names kind and place, not what a person wrote.

    `hosts` are the names that are answered to (empty: any), `origins` the pages elsewhere that may ask, `proxies` those
    whose word about https is believed. `refused` is told the code of each request that ends here.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str] = (),
        origins: Collection[str] = (),
        proxies: Sequence[Network] = (),
        refused: Callable[[str], None] = lambda code: None,
    ) -> None:
        self._app, self._hosts, self._origins, self._proxies, self._refused = app, hosts, origins, proxies, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Only small files are served here, and each is one piece: a request for a part of one gets the whole.
        scope["headers"] = [row for row in scope["headers"] if row[0] != b"range"]
        started = False

        async def send_protected(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._protect(scope, message)
            await send(message)

        turned_away = self._turned_away(scope)
        if turned_away is not None:
            await turned_away(scope, receive, send_protected)
            return
        try:
            await self._app(scope, receive, send_protected)
        except ClientDisconnect:
            return
        except Exception as fault:
            logger.error("a request failed: %s", whereabouts(fault))
            if not started:
                await self._refusal(scope, FAILED)(scope, receive, send_protected)

    def _turned_away(self, scope: Scope) -> Response | None:
        if self._hosts and not scope["path"].startswith(HEALTH_PATHS) and not self._meant_for_us(scope):
            return self._refusal(scope, WRONG_HOST)
        if scope["method"] == "OPTIONS" and scope["path"].startswith(SHARED_PATHS):
            asked = Headers(scope=scope)
            if "origin" in asked and "access-control-request-method" in asked:
                listed = asked["origin"] in self._origins
                return Response(status_code=204, headers=PREFLIGHT) if listed else self._refusal(scope, WRONG_ORIGIN)
        return None

    def _meant_for_us(self, scope: Scope) -> bool:
        named = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        found = _HOST.fullmatch(named[0]) if len(named) == 1 else None
        return found is not None and found[1] in self._hosts

    def _refusal(self, scope: Scope, fault: Refused) -> Response:
        self._refused(fault.code)
        if wants_page(scope):
            title = "Something went wrong" if fault.status == 500 else "This page cannot be shown"
            detail = fault.detail.partition(" In an emergency")[0]
            return HTMLResponse(CALM_PAGE.format(title=title, detail=detail), fault.status)
        return JSONResponse({"error": fault.code, "detail": fault.detail}, fault.status)

    def _protect(self, scope: Scope, message: Message) -> None:
        # Raw rows, because this is done for every response; names are in small letters, as ASGI has them.
        rows = [row for row in message["headers"] if row[0] not in _RAW_HEADERS]
        rows.extend(_RAW_HEADERS.items())
        names = {name for name, _ in rows}
        if b"cache-control" not in names:
            # A page may be kept but must be asked for again: a changed answer is live at once.
            rows.append((b"cache-control", b"no-store" if _is_api(scope) else b"no-cache"))
        if by_https(scope, self._proxies):
            rows.append((b"strict-transport-security", ONLY_HTTPS))
        if self._origins and scope["path"].startswith(SHARED_PATHS):
            self._share(scope, MutableHeaders(raw=rows))
        if b"location" in names:
            headers = MutableHeaders(raw=rows)
            headers["Location"] = _without_host(headers["Location"], scope)
        message["headers"] = rows

    def _share(self, scope: Scope, headers: MutableHeaders) -> None:
        headers.add_vary_header("Origin")
        if scope["path"].startswith("/widget/"):
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        origin = Headers(scope=scope).get("origin")
        if origin in self._origins:
            headers["Access-Control-Allow-Origin"] = str(origin)
            headers["Access-Control-Expose-Headers"] = "Retry-After"


def _is_api(scope: Scope) -> bool:
    return str(scope["path"]).startswith(API_PATHS)


def wants_page(scope: Scope) -> bool:
    """Whether an error is best told as a page: a browser asked for one."""
    return not _is_api(scope) and "text/html" in Headers(scope=scope).get("accept", "")


def _without_host(location: str, scope: Scope) -> str:
    """A redirect to ourselves as a path alone. A full address repeats the Host header, which a caller may have made up,
    and says http to a browser that came to the proxy by https.
    """
    own = f"{scope['scheme']}://{Headers(scope=scope).get('host', '')}"
    rest = location.removeprefix(own)
    # Two slashes in front would name another host.
    return "/" + rest.lstrip("/") if rest != location and rest.startswith("/") else location
