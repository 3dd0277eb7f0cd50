"""Runs the door under uvicorn."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from web.app import build, build_studio
from web.connections import Connection, Crowd
from web.parts import Parts
from web.settings import Settings

SHUTDOWN_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
"""Longer than proxies usually keep an idle connection: whoever may send on it should be the one who ends it."""

SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter while another waits for it. Python's own 5 ms add up: a card changes threads
several times, and after a start a release is loaded beside it."""


def server(parts: Parts) -> uvicorn.Server:
    """A server of the door that is not running yet."""
    return listening(build(parts), parts.settings, parts.metrics.refused)


def listening(app: ASGIApp, settings: Settings, refused: Callable[[str], None], port: int = 0) -> uvicorn.Server:
    """A server of `app`, on another port than that of web where one is given. It logs no requests, and leaves to
    `web.callers` whose word about a caller is believed.

    `refused` is told the code of each request that does not reach the application.
    """
    connection = functools.partial(
        Connection, patience=settings.body_seconds, crowd=Crowd(settings.connections), refused=refused
    )
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=port or settings.port,
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
    sys.setswitchinterval(SWITCH_SECONDS)
    # What is there by now stays. Each look through it for garbage would hold up all threads for a tenth of a second.
    gc.collect()
    gc.freeze()
    port = parts.settings.studio_port
    if not port:
        server(parts).run()
        return
    studio = listening(build_studio(parts), parts.settings, parts.metrics.refused, port)
    asyncio.run(_both(server(parts), studio))


async def _both(door: uvicorn.Server, studio: uvicorn.Server) -> None:
    async def until_stopped(one: uvicorn.Server, other: uvicorn.Server) -> None:
        try:
            await one.serve()
        finally:
            # A signal is heard by one of them only.
            other.should_exit = True

    await asyncio.gather(until_stopped(door, studio), until_stopped(studio, door))
