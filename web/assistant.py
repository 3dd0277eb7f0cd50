"""The private line to the assistant process: signed, with a time limit, one retry and a circuit breaker."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from records.model import ShownCard
from web.errors import AssistantUnavailable
from web.messages import Reply

MESSAGE_PATH = "/webhooks/lantern/message"
READY_PATH = "/webhooks/lantern/ready"
READY_WAIT = 1.0
"""Seconds a health check waits for the assistant."""


class Breaker:
    """Stops asking a part that keeps failing, and lets one probe through after a rest.

    Opens after `failures` in a row. `rest` and the values of `clock` are seconds; the clock must never go back.
    """

    def __init__(self, clock: Callable[[], float], failures: int = 3, rest: float = 10.0) -> None:
        self._clock, self._limit, self._rest = clock, failures, rest
        self._failed = 0
        self._closed_until = 0.0

    @property
    def open(self) -> bool:
        return self._failed >= self._limit

    def allows(self) -> bool:
        """Whether to ask now. While open, True once per rest: that call is the probe."""
        if not self.open:
            return True
        now = self._clock()
        if now < self._closed_until:
            return False
        self._closed_until = now + self._rest
        return True

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self) -> None:
        self._failed += 1
        self._closed_until = self._clock() + self._rest


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Value of `X-Lantern-Signature`: proves to the assistant that web sent exactly this body at this time."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Asked:
    """What the assistant is told of one message. `text` is the part to be interpreted.

    `noticed`: the person knows what is kept, so the assistant may keep these words too. `after`: the emergency card
    that the person has just been shown, which the assistant does not know of. `contact` and `hours`: where and when a
    person can be reached; empty where nobody can.
    """

    conversation: str
    text: str
    message_id: str
    region: str | None
    locale: str
    noticed: bool
    after: ShownCard | None = None
    contact: str = ""
    hours: str = ""


class Assistant:
    """Asks the assistant at `address`. `wall_clock` gives unix seconds to sign, `time_limit` is seconds in all.

    `connect` opens the client session, which it may only do inside a running event loop: at the first call. `called` is
    told what came of each call: `answered`, `failed` or `resting`.
    """

    def __init__(
        self,
        connect: Callable[[], aiohttp.ClientSession],
        address: str,
        secret: bytes,
        breaker: Breaker,
        wall_clock: Callable[[], float],
        time_limit: float,
        called: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._connect, self._address, self._secret, self._breaker = connect, address, secret, breaker
        self._wall_clock, self._time_limit, self._called = wall_clock, time_limit, called
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, asked: Asked) -> list[Reply]:
        """The replies, at least one. Raises `AssistantUnavailable` after the time limit at the latest."""
        if not self._breaker.allows():
            self._called("resting")
            raise AssistantUnavailable("resting after failures")
        try:
            replies = _replies(await asyncio.wait_for(self._post(_body(asked)), self._time_limit))
        except (AssistantUnavailable, aiohttp.ClientError, asyncio.TimeoutError) as fault:
            self._breaker.failed()
            self._called("failed")
            if isinstance(fault, AssistantUnavailable):
                raise
            raise AssistantUnavailable(type(fault).__name__) from fault
        self._breaker.succeeded()
        self._called("answered")
        return replies

    async def ready(self) -> bool:
        """Whether the assistant says that it can answer. Never raises; does not move the breaker."""
        try:
            status, body = await asyncio.wait_for(self._exchange("GET", READY_PATH), READY_WAIT)
            return status == 200 and json.loads(body) == {"ready": True}
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            return False

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, body: bytes) -> bytes:
        try:
            return await self._post_once(body)
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            # Refused or dropped: the assistant may just have restarted. `message_id` marks this as the same message.
            return await self._post_once(body)

    async def _post_once(self, body: bytes) -> bytes:
        timestamp = str(int(self._wall_clock()))
        headers = {
            "Content-Type": "application/json",
            "X-Lantern-Timestamp": timestamp,
            "X-Lantern-Signature": signature(self._secret, timestamp, body),
        }
        status, answered = await self._exchange("POST", MESSAGE_PATH, data=body, headers=headers)
        if status != 200:
            raise AssistantUnavailable(f"status {status}")
        return answered

    async def _exchange(self, method: str, path: str, **sent: Any) -> tuple[int, bytes]:
        self._session = self._session or self._connect()
        async with self._session.request(method, self._address + path, allow_redirects=False, **sent) as response:
            return response.status, await response.read()


def _body(asked: Asked) -> bytes:
    metadata: dict[str, Any] = {
        "region": asked.region,
        "locale": asked.locale,
        "message_id": asked.message_id,
        "noticed": asked.noticed,
    }
    if asked.after is not None:
        metadata["after_card"] = {"card_id": asked.after.card, "locale": asked.after.locale, "kind": asked.after.kind}
    if asked.contact:
        metadata["contact"] = {"contact": asked.contact, "hours": asked.hours}
    return json.dumps({"sender": asked.conversation, "text": asked.text, "metadata": metadata}).encode()


def _replies(body: bytes) -> list[Reply]:
    try:
        replies = [Reply.from_json(message) for message in json.loads(body)["messages"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise AssistantUnavailable("its reply has not the agreed shape") from fault
    if not replies:
        raise AssistantUnavailable("its reply is empty")
    return replies
