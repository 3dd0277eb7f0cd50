"""Clients that talk at the same time, each in one conversation after the other, and what became of their messages."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, cycle, islice
from typing import Any, TypeVar

import aiohttp

from bench.running import Server

T = TypeVar("T")

TURNS = 3
"""Messages of one conversation; the next has a sender of its own."""
MESSAGE_SECONDS = 60
LOAD_SECONDS = 900
"""Longest time of one load; a server that needs more is not measured any further."""

Judge = Callable[[Any], bool]
"""Whether the JSON body of a reply is what was hoped for."""


def spoken(body: Any) -> bool:
    """At least one message, and none without text."""
    return isinstance(body, list) and bool(body) and all(str(row.get("text") or "").strip() for row in body)


@dataclass(frozen=True)
class Load:
    """What one load came to. `latencies` are ms, sorted; `failed` counts messages without a good reply, which have
    their latencies too; `seconds` is the whole time; `cpu_ms` is CPU time of the server for each message."""

    latencies: Sequence[float]
    failed: int
    seconds: float
    cpu_ms: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in ms that `share` (0 to 1) of the messages did not exceed."""
        return self.latencies[math.ceil(share * len(self.latencies)) - 1]


def conversations(texts: Sequence[str], numbered: bool) -> Iterator[list[str]]:
    """Conversations of `TURNS` messages, without end. A number at the end of each message keeps caches of texts from
    answering for the model."""
    said = cycle(texts)
    numbers = count(1)
    while True:
        yield [f"{next(said)} {next(numbers)}" if numbered else next(said) for _ in range(TURNS)]


def sent(
    server: Server,
    talks: Iterator[list[str]],
    clients: int,
    messages: int,
    senders: Iterator[str],
    good: Judge = spoken,
    pause: float = 0.0,
) -> Load:
    """About `messages` messages of the next conversations of `talks`, said by `clients` people at a time; each has at
    least one conversation, and writes as soon as the reply is there, or once in `pause` seconds."""
    planned = list(islice(talks, max(clients, math.ceil(messages / TURNS))))
    return in_time(_sent(server, planned, clients, senders, good, pause))


async def _sent(
    server: Server, planned: list[list[str]], clients: int, senders: Iterator[str], good: Judge, pause: float
) -> Load:
    latencies: list[float] = []
    failed = 0
    waiting = iter(planned)

    async def client(session: aiohttp.ClientSession, place: int) -> None:
        nonlocal failed
        # Spread over the pause: people do not all write at the same moment again and again.
        due = time.perf_counter() + pause * place / clients
        for texts in waiting:
            sender = next(senders)
            for text in texts:
                await asyncio.sleep(due - time.perf_counter() if pause else 0)
                begun = time.perf_counter()
                answered = await asked(session, server, sender, text, good)
                latencies.append((time.perf_counter() - begun) * 1000)
                # Not in one step with the await: what other clients counted meanwhile would be lost.
                failed += not answered
                due += pause

    async with session_for(clients) as session:
        cpu, begun = server.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(client(session, place) for place in range(clients)))
        seconds, cpu = time.perf_counter() - begun, server.cpu_seconds() - cpu
    return Load(sorted(latencies), failed, seconds, cpu * 1000 / len(latencies))


def in_time(work: Coroutine[Any, Any, T]) -> T:
    """What comes of `work`; the end of the benchmark when it takes longer than `LOAD_SECONDS`."""
    try:
        return asyncio.run(asyncio.wait_for(work, LOAD_SECONDS))
    except asyncio.TimeoutError:
        raise SystemExit(
            f"One load took longer than {LOAD_SECONDS} s; a quieter machine or --quick may help."
        ) from None


def session_for(clients: int) -> aiohttp.ClientSession:
    limit = aiohttp.ClientTimeout(total=MESSAGE_SECONDS)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=clients), timeout=limit)


async def asked(session: aiohttp.ClientSession, server: Server, sender: str, text: str, good: Judge = spoken) -> bool:
    """Whether one message got a good reply."""
    message = {"sender": sender, "message": text}
    try:
        async with session.post(f"{server.base}/webhooks/rest/webhook", json=message) as response:
            return response.status == 200 and good(await response.json())
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
        return False
