"""Says each case to a running Lantern, as a server of an integrator would, and reads its replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import aiohttp

from bench.load import session_for
from bench.understanding.cases import Case

CLIENTS = 4
WEBHOOK = "/webhooks/rest/webhook"
ALARMS = ("emergency", "crisis")
SHOWING = ("answer", "steps", "trials")
"""Kinds of reply that give information; all others hold it back."""
SILENCE = "silence"
"""Stands as the kind of a reply that did not come."""


@dataclass(frozen=True)
class Reply:
    """All messages that answered one message, as they came; none when there was no reply."""

    messages: tuple[Mapping[str, Any], ...]

    @cached_property
    def parts(self) -> tuple[Mapping[str, Any], ...]:
        """The whole answers among the messages (docs/schemas/answer.v1.json)."""
        return tuple(message["custom"] for message in self.messages if isinstance(message.get("custom"), dict))

    @property
    def kind(self) -> str:
        """Kind of the first answer. Words without an answer behind them are small talk."""
        if not self.messages:
            return SILENCE
        return str(self.parts[0]["kind"]) if self.parts else "smalltalk"

    @property
    def alarm(self) -> bool:
        return any(part["kind"] in ALARMS for part in self.parts)

    @property
    def alarm_first(self) -> bool:
        """The card is the first thing said."""
        return bool(self.messages) and (self.messages[0].get("custom") or {}).get("kind") in ALARMS

    @property
    def card(self) -> str:
        return next((str(part["entry"]) for part in self.parts if part["kind"] in ALARMS), "")

    @property
    def shown(self) -> tuple[str, ...]:
        """Entries whose text the person reads, in order; "trials" stands for studies of the registry."""
        return tuple(str(part["entry"] or part["kind"]) for part in self.parts if part["kind"] in SHOWING)

    @property
    def choices(self) -> tuple[str, ...]:
        """Entries that "did you mean" offers."""
        asking = [part for part in self.parts if part["kind"] == "clarify"]
        return tuple(row["id"] for part in asking for row in part["provenance"] if row["kind"] == "revision")

    @property
    def confidence(self) -> float | None:
        return self.parts[0]["confidence"] if self.parts else None

    def canonical(self) -> str:
        """The messages as JSON without the name of the person who is answered."""
        rows = [{name: value for name, value in row.items() if name != "recipient_id"} for row in self.messages]
        return json.dumps(rows, ensure_ascii=False, sort_keys=True)


Replies = dict[str, tuple[Reply, ...]]
"""Case id -> a reply for each turn."""


def replies(base: str, cases: Sequence[Case], run: str) -> Replies:
    """What the Lantern at `base` replies. Each case has a sender of its own, which begins with `run`."""
    return asyncio.run(_replies(base, cases, run))


async def _replies(base: str, cases: Sequence[Case], run: str) -> Replies:
    heard: Replies = {}
    waiting = iter(cases)

    async def client(session: aiohttp.ClientSession) -> None:
        for case in waiting:
            said = (turn.say for turn in case.turns)
            heard[case.id] = await _conversation(session, base + WEBHOOK, f"{run}-{case.id}", said)

    async with session_for(CLIENTS) as session:
        await asyncio.gather(*(client(session) for _ in range(CLIENTS)))
    return heard


async def _conversation(
    session: aiohttp.ClientSession, address: str, sender: str, said: Iterable[str]
) -> tuple[Reply, ...]:
    return tuple([await _asked(session, address, {"sender": sender, "message": text}) for text in said])


async def _asked(session: aiohttp.ClientSession, address: str, message: Mapping[str, str]) -> Reply:
    """The reply. Who is told to wait waits; whatever else goes wrong leaves the person without a reply."""
    try:
        while True:
            async with session.post(address, json=message) as response:
                if response.status == 429:
                    await asyncio.sleep(float(response.headers.get("Retry-After", 1)))
                    continue
                body = await response.json() if response.status == 200 else []
                return Reply(tuple(body))
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
        return Reply(())
