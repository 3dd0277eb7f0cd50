"""Providers as they behave, without the provider: they sign what people write, and take what is sent only within their
limits. `./lantern channel check` and `simulate` use them, and so do the tests.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from web.channels.contract import Answered
from web.channels.errors import ChannelError

SENDER = "15035550182"
"""A person of the simulation: a number that is given to nobody (555 01xx)."""


class OverLimit(ChannelError):
    """A message that the provider would not take, or not show. The text says which limit."""


@dataclass(frozen=True)
class Call:
    """A request as the provider sends it to `/channels/<name>`."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    query: str = ""

    def with_headers(self, **changed: str | None) -> Call:
        """The same request with other headers; None takes one away. Underscores stand for hyphens."""
        new = {name.replace("_", "-").lower(): value for name, value in changed.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in new}
        added = {name: value for name, value in new.items() if value is not None}
        return Call(self.body, {**kept, **added}, self.method, self.query)

    def with_body(self, body: bytes) -> Call:
        return Call(body, self.headers, self.method, self.query)


@dataclass(frozen=True)
class Heard:
    """What a person sees of a message of ours. `choices`: what they can press."""

    to: str
    text: str
    choices: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True)
class Reaction:
    """What a provider does with a call of ours: what the person sees of it, if anything, and its answer."""

    heard: Heard | None
    answered: Answered


class Provider(ABC):
    """One simulated provider, set up with the same settings as the adapter. `stands_for`: what pressing a choice that
    was shown sends, by its title."""

    name: ClassVar[str]

    def __init__(self, settings: Mapping[str, str], site_address: str = "") -> None:
        self.settings, self.site_address = settings, site_address
        self.stands_for: dict[str, str] = {}
        self._numbers = 0

    @classmethod
    @abstractmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        """Settings with random secrets. `base`: where the provider is reached instead of its real address."""

    @abstractmethod
    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        """Somebody writes this."""

    @abstractmethod
    def forged(self, at: float) -> dict[str, Call]:
        """Requests that did not come from the provider, or not now; by what is wrong with them."""

    @abstractmethod
    def wordless(self, at: float) -> dict[str, Call]:
        """What a person may send that has no words, by what it is."""

    @abstractmethod
    def unanswered(self, at: float) -> dict[str, Call]:
        """What the provider also delivers, and nobody waits for an answer to; by what it is."""

    @abstractmethod
    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        """Takes a call of ours. Raises `OverLimit` for a message that it would not take or show whole."""

    def press(self, heard: Heard, title: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        """The person presses one of the choices; the same as writing it where the channel makes no difference."""
        return self.message(title, message_id, at, sender)

    def next_id(self) -> str:
        self._numbers += 1
        return f"sent-{self._numbers}"


class SimulatedLine:
    """A way out that ends at a simulated provider. `heard` is all that people have seen, in order."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.heard: list[Heard] = []
        self.broken: list[str] = []

    async def post(self, address: str, *, body: bytes, headers: Mapping[str, str]) -> Answered:
        try:
            reaction = self._provider.receive(address, {name.lower(): value for name, value in headers.items()}, body)
        except OverLimit as fault:
            self.broken.append(str(fault))
            return Answered(400, {}, b"{}")
        if reaction.heard is not None:
            self.heard.append(reaction.heard)
        return reaction.answered

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answered:
        reaction = self._provider.receive(
            address, {name.lower(): value for name, value in (headers or {}).items()}, b""
        )
        return reaction.answered

    async def close(self) -> None:
        """Nothing is open."""


def answer(body: Any = None, status: int = 200) -> Answered:
    return Answered(status, {"content-type": "application/json"}, json.dumps(body or {}).encode())


def form(rows: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> bytes:
    return urlencode(rows).encode()


def within(text: str, most: int, what: str) -> str:
    """Raises `OverLimit` for a text that is empty or too long."""
    if not text.strip():
        raise OverLimit(f"{what} is empty")
    if len(text) > most:
        raise OverLimit(f"{what} has {len(text)} characters, {most} is the most")
    return text
