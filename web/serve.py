"""Runs the door under uvicorn."""

from __future__ import annotations

import uvicorn

from web.app import build
from web.parts import Parts

SHUTDOWN_SECONDS = 5


def server(parts: Parts) -> uvicorn.Server:
    """A server that is not running yet. It logs no requests, and believes no proxy's word about who calls."""
    return uvicorn.Server(
        uvicorn.Config(
            build(parts),
            host=parts.settings.host,
            port=parts.settings.port,
            # Rasa pins a websockets package that uvicorn's own support for it cannot use.
            ws="none",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )


def serve(parts: Parts) -> None:
    """Serves until the process is told to stop."""
    server(parts).run()
