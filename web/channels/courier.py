"""Brings what stands in the outbox to its receivers: once, in order, and again later where that may help.

`deliver_due` is all that another process needs to help with it; the gateway's own loop is `run`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from records.errors import Unavailable
from records.outbox import REFUSED, UNSURE, Outbox, Parcel
from web.channels.contract import Letter, Line, Page
from web.channels.errors import KeyRefused, NotNow, NotSent, Rejected, Unsure
from web.errors import whereabouts

logger = logging.getLogger(__name__)

T = TypeVar("T")

POLL = 1.0
"""Seconds between two looks for what has become due."""
SWEEP = 15.0
"""Seconds between two looks for what another process left behind."""
LONGEST_PAUSE = 300.0
KEY_PAUSE = 60.0
"""Seconds after which a provider is asked again that did not accept our key."""
LETTER_LIFE = dt.timedelta(hours=24)
"""After so long a reply is no reply any more: it becomes a dead letter. WhatsApp and Messenger set the same limit."""


OUTCOMES = ("delivered", "postponed", "refused", "unsure", "rejected")


class Sender(Protocol):
    """What brings letters of one channel to their receivers: an adapter, or the way to a system that listens."""

    @property
    def repeatable(self) -> bool: ...

    async def send(self, letter: Letter, line: Line) -> str | None: ...


def pause(attempts: int, key: str) -> float:
    """Seconds before the next try after so many: 1, 2, 4 ... `LONGEST_PAUSE`, a quarter more or less by the letter, so
    that not all come back in the same second."""
    share = hashlib.sha256(key.encode()).digest()[0] / 255
    return float(min(2.0 ** max(0, attempts - 1), LONGEST_PAUSE)) * (0.75 + 0.5 * share)


class Courier:
    """Sends letters by the sender of their channel. `mark` hashes a provider's id for a letter, by channel; `clock`
    gives monotonic seconds, `wall_clock` unix seconds. `counted` is told what came of each try: the channel, and one of
    `OUTCOMES`."""

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[str, Sender],
        line: Line,
        mark: Callable[[str, str], str],
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        counted: Callable[[str, str], None] = lambda channel, outcome: None,
    ) -> None:
        self._outbox, self._senders, self._line = outbox, senders, line
        self._mark, self._counted = mark, counted
        self._clock, self._wall_clock = clock, wall_clock
        self._rests_until: dict[str, float] = {}
        self._kicked = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    async def deliver_due(self) -> int:
        """Sends all that is due and waits until that is done; how many letters it tried. Never raises."""
        tried = 0
        while tasks := await self._begin():
            await asyncio.wait(tasks)
            tried += len(tasks)
        return tried

    async def run(self) -> None:
        """For as long as the process runs. A slow receiver keeps no other waiting."""
        await self._written(self._outbox.reopen(every=True))
        swept = asyncio.get_running_loop().time()
        while True:
            self._kicked.clear()
            while await self._begin():
                pass
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), POLL)
            if asyncio.get_running_loop().time() - swept > SWEEP:
                await self._written(self._outbox.reopen())
                swept = asyncio.get_running_loop().time()

    def kick(self) -> None:
        """Something new stands in the outbox."""
        self._kicked.set()

    def send_now(self, parcels: Sequence[Parcel]) -> None:
        """Sends urgent parcels that were put in as taken, whether that is written by now or not."""
        for parcel in parcels:
            self._start(self._send(parcel.channel, self._letter(parcel.key, parcel.content, 1)))

    async def close(self, seconds: float) -> None:
        """Gives what is being sent so many seconds to arrive."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)

    async def _begin(self) -> list[asyncio.Task[None]]:
        try:
            channels = [name for name in self._senders if self._rests_until.get(name, 0.0) <= self._clock()]
            if not await asyncio.to_thread(self._outbox.is_due, channels):
                return []
            taken = await self._written(self._outbox.take(channels))
        except Unavailable:
            return []
        return [
            self._start(self._send(one.channel, self._letter(one.key, one.content, one.attempts)))
            for one in taken or ()
        ]

    def _start(self, sending: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        # The next one of the same person may be due.
        self.kick()

    async def _send(self, channel: str, letter: Letter) -> None:
        sender = self._senders[channel]
        outcome, writing = "delivered", None
        try:
            provider_id = await sender.send(letter, self._line)
            writing = self._outbox.delivered(letter.key, provider_id and self._mark(channel, provider_id))
        except KeyRefused as fault:
            logger.error("%s does not accept our key: %s", channel, fault.fault)
            self._rests_until[channel] = self._clock() + KEY_PAUSE
            outcome, writing = "refused", self._outbox.postponed(letter.key, KEY_PAUSE, REFUSED)
        except NotNow as fault:
            wait = pause(letter.attempts, letter.key) if fault.wait is None else fault.wait
            outcome, writing = "postponed", self._outbox.postponed(letter.key, wait, fault.fault)
        except Unsure as fault:
            outcome = "unsure"
            if sender.repeatable or letter.page.urgent:
                again = pause(letter.attempts, letter.key)
                writing = self._outbox.postponed(letter.key, again, fault.fault)
            else:
                writing = self._outbox.given_up(letter.key, f"{UNSURE}: {fault.fault}")
        except Rejected as fault:
            outcome, writing = "rejected", self._outbox.given_up(letter.key, fault.fault)
        except (NotSent, Exception) as fault:
            # A fault of ours. Whether the letter left cannot be known, and it must not be tried for ever.
            logger.error("a letter to %s could not be sent: %s", channel, whereabouts(fault))
            outcome, writing = "rejected", self._outbox.given_up(letter.key, type(fault).__name__)
        self._counted(channel, outcome)
        await self._written(writing)

    def _letter(self, key: str, content: Mapping[str, Any], attempts: int) -> Letter:
        return Letter(key, content["address"], Page.from_json(content["page"]), self._wall_clock(), attempts)

    async def _written(self, future: Future[T]) -> T | None:
        try:
            return await asyncio.wrap_future(future)
        except Unavailable as fault:
            # Given up after long, or at the end of the process; the next one finds the letter as it was taken.
            logger.error("what became of a letter was not written: %s", type(fault).__name__)
            return None
