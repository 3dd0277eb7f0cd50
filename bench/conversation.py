"""What a turn costs in a long conversation: a program that rereads everything said before slows down with each turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from bench.load import asked, in_time, session_for
from bench.running import Server

MARKS = (1, 10, 50, 100, 200)
"""Turns whose cost is told."""
NEIGHBOURS = 2
"""Turns before and after a mark that count with it; none with the first, which is unlike all others."""


@dataclass
class Turn:
    """What was measured around one mark."""

    latencies: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Costs:
    """Median latency and mean CPU time in ms, by mark, and how many of all messages got no good reply."""

    latency: dict[int, float]
    cpu: dict[int, float]
    failed: int


def of_turns(server: Server, questions: Sequence[str], talks: int, senders: Iterator[str]) -> Costs:
    """`talks` conversations side by side, one message at a time. Each question comes equally often at each turn when
    `talks` is a multiple of their number."""
    return in_time(_of_turns(server, questions, [next(senders) for _ in range(talks)]))


async def _of_turns(server: Server, questions: Sequence[str], senders: list[str]) -> Costs:
    marked = {mark: Turn() for mark in MARKS}
    failed = 0
    numbers = count(1)
    async with session_for(1) as session:
        for number in range(1, MARKS[-1] + NEIGHBOURS + 1):
            turn = next((turn for mark, turn in marked.items() if _belongs(number, mark)), Turn())
            for place, sender in enumerate(senders):
                text = f"{questions[(number + place) % len(questions)]} {next(numbers)}"
                cpu, begun = server.cpu_seconds(), time.perf_counter()
                failed += not await asked(session, server, sender, text)
                turn.latencies.append((time.perf_counter() - begun) * 1000)
                turn.cpu_ms.append((server.cpu_seconds() - cpu) * 1000)
    return Costs(
        {mark: statistics.median(turn.latencies) for mark, turn in marked.items()},
        {mark: statistics.mean(turn.cpu_ms) for mark, turn in marked.items()},
        failed,
    )


def _belongs(number: int, mark: int) -> bool:
    return number == mark if mark == 1 else abs(number - mark) <= NEIGHBOURS
