"""Runs the door under uvicorn."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from web.app import build
from web.connections import Connection, Crowd
from web.parts import Parts
from web.settings import Settings

SHUTDOWN_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
"""Longer than proxies usually keep an idle connection: whoever may send on it should be the one who ends it."""


def server(parts: Parts) -> uvicorn.Server:
    """A server of the door that is not running yet."""
    return listening(build(parts), parts.settings, parts.metrics.refused)


def listening(app: ASGIApp, settings: Settings, refused: Callable[[str], None]) -> uvicorn.Server:
    """A server of `app`. It logs no requests, and leaves to `web.callers` whose word about a caller is believed.

    `refused` is told the code of each request that does not reach the application.
    """
    connection = functools.partial(
        Connection, patience=settings.body_seconds, crowd=Crowd(settings.connections), refused=refused
    )
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=cast(Any, connection),
            # Rasa pins a websockets package that uvicorn's own support for it cannot use.
            ws="none",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # What callers do wrong is counted, not logged; `web.logs` writes the lines.
            log_config=None,
            log_level="error",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )


def serve(parts: Parts) -> None:
    """Serves until the process is told to stop."""
    server(parts).run()
