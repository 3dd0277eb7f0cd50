"""A door with one channel whose provider is simulated, served on this machine for as long as it is needed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp

from records.wiring import Records
from web.app import build
from web.channels.contract import Adapter
from web.channels.simulation.provider import Call, Heard, Provider, SimulatedLine
from web.channels.wiring import assembled
from web.parts import Parts
from web.serve import listening

PATIENCE = 30.0
"""Longest wait, in seconds, until everything is answered."""
LOOK = 0.02
"""Seconds between two looks whether it is."""


@dataclass
class Bench:
    """The provider's side of a channel that is open."""

    adapter: Adapter
    provider: Provider
    line: SimulatedLine
    records: Records
    address: str
    client: aiohttp.ClientSession
    _ids: list[str] = field(default_factory=list)

    @property
    def heard(self) -> list[Heard]:
        return self.line.heard

    async def deliver(self, call: Call) -> int:
        """The status with which a request is answered."""
        address = f"{self.address}/channels/{self.adapter.name}" + (f"?{call.query}" if call.query else "")
        headers = dict(call.headers)
        async with self.client.request(call.method, address, data=call.body, headers=headers) as answered:
            await answered.read()
            return answered.status

    async def write(self, text: str) -> list[Heard]:
        """Somebody writes; what they see in answer to it. Raises `TimeoutError` where that does not come."""
        return await self.sent(self.provider.message(text, self.new_id(), time.time()))

    async def sent(self, call: Call) -> list[Heard]:
        before = len(self.heard)
        status = await self.deliver(call)
        if status != 200:
            raise TimeoutError(f"a message was answered with {status}")
        await self.settle()
        return self.heard[before:]

    async def settle(self) -> None:
        """Until nothing is to be answered or sent any more. Raises `TimeoutError`."""
        deadline = time.monotonic() + PATIENCE
        post = self.records.post("bench")
        writer = self.records.writer
        while await asyncio.to_thread(lambda: writer.waiting + post.inbox.unanswered() + post.outbox.unsent()):
            if time.monotonic() > deadline:
                raise TimeoutError("a message was not answered")
            await asyncio.sleep(LOOK)

    def kept(self) -> int:
        """How many messages were kept."""
        return self.records.post("bench").inbox.kept()

    def new_id(self) -> str:
        self._ids.append(f"message-{len(self._ids) + 1}")
        return self._ids[-1]


@asynccontextmanager
async def opened(adapter: Adapter, provider: Provider, parts: Parts, records: Records) -> AsyncIterator[Bench]:
    """A door on a free port of this machine, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        line = SimulatedLine(provider)
        settings = replace(parts.settings, host="127.0.0.1", port=port, hosts=(), site_address=provider.site_address)
        channels = assembled([adapter], settings, records, line)
        parts = replace(parts, settings=settings, extensions=[channels])
        server = listening(build(parts), settings, parts.metrics.refused)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with aiohttp.ClientSession(trust_env=False) as client:
                while not server.started and not serving.done():
                    await asyncio.sleep(LOOK)
                yield Bench(adapter, provider, line, records, f"http://127.0.0.1:{port}", client)
        finally:
            server.should_exit = True
            await serving
