"""The way out to providers: calls with a time limit, that follow no redirect and read no more than they need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import aiohttp

from web.channels.contract import Answered
from web.channels.errors import NotNow, Unsure

MOST_READ = 65536
"""Bytes of an answer that are read; what providers say to a message is shorter."""


class HttpLine:
    """Calls over HTTP. `connect` opens the client session, which it may only do inside a running event loop: at the
    first call. `seconds` is the time limit of a call."""

    def __init__(self, connect: Callable[[], aiohttp.ClientSession], seconds: float) -> None:
        self._connect, self._seconds = connect, seconds
        self._session: aiohttp.ClientSession | None = None

    async def post(self, address: str, *, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Raises `NotNow` where nobody was reached, and `Unsure` where no answer came."""
        try:
            return await asyncio.wait_for(self._call("POST", address, body, headers), self._seconds)
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as fault:
            # A session of ours has one time limit, for connecting; so nothing was sent yet.
            raise NotNow(f"not reached: {type(fault).__name__}") from None
        except asyncio.TimeoutError:
            raise Unsure("no answer in time") from None
        except (aiohttp.ClientError, ValueError) as fault:
            raise Unsure(f"no answer: {type(fault).__name__}") from None

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answered:
        """Raises `NotNow`: asking changes nothing over there."""
        try:
            return await asyncio.wait_for(self._call("GET", address, None, headers or {}), self._seconds)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as fault:
            raise NotNow(f"not reached: {type(fault).__name__}") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> Answered:
        self._session = self._session or self._connect()
        async with self._session.request(
            method, address, data=body, headers=headers, allow_redirects=False
        ) as response:
            read = await response.content.read(MOST_READ)
            return Answered(response.status, {name.lower(): value for name, value in response.headers.items()}, read)
