"""What the door is made of. Built once by `web.wiring`; tests build their own."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from starlette.routing import Route

from knowledge.cards import card_answer
from knowledge.model import Source
from knowledge.phrases import Phrases
from knowledge.render import as_text
from knowledge.variants import Variants
from knowledge.wiring import Knowledge
from records.model import Clock
from records.outbox import Outbox
from records.recorder import Recorder
from records.repository import ConversationStore
from records.retention import Retention
from records.staff import StaffStore
from safety import Rules
from safety.cards import Card, CardShelf
from safety.numbers import Numbers
from web.assistant import Assistant
from web.limits import Limits
from web.logs import MessageLog
from web.messages import LOCALES, Reply
from web.metrics import Metrics
from web.settings import Settings
from web.site import Site, SiteSettings
from web.turns import Turns

T = TypeVar("T")

MOST_CARDS = 200
"""Replies with a card that are kept: all cards of some regions, in each language."""


_NOT_A_WORD = re.compile(r"[\W_]+")


class Extension(Protocol):
    """A part of the door that is there only where it is switched on, such as messengers. `sends_to`: names of the
    channels to which it brings what stands in the outbox."""

    @property
    def sends_to(self) -> Sequence[str]: ...

    def routes(self, parts: Parts) -> list[Route]:
        """What it serves."""

    def running(self, parts: Parts) -> AbstractAsyncContextManager[None]:
        """It works while the block runs."""

    async def look(self) -> dict[str, dict[str, Any]]:
        """States of its parts for `/readyz`, as in `web.health.look`."""


@dataclass(frozen=True)
class Parts:
    """`identify` makes the id of a conversation from a channel and the name that it gives a person; `kept` reads for
    staff what the record holds; with `outbox` they look after what could not be sent."""

    settings: Settings
    rules: Rules
    cards: CardShelf
    numbers: Numbers
    phrases: Phrases
    knowledge: Knowledge
    assistant: Assistant
    recorder: Recorder
    retention: Retention
    staff: StaffStore
    kept: ConversationStore
    outbox: Outbox
    clock: Clock
    identify: Callable[[str, str], str]
    limits: Limits
    metrics: Metrics
    message_log: MessageLog
    records_threads: Executor
    """Threads for the record only: a database that hangs holds up nothing else."""
    card_sources: Mapping[str, Source] = field(default_factory=dict)
    """What cards name as their sources; at hand without the database."""
    turns: Turns = field(default_factory=Turns)
    extensions: Sequence[Extension] = ()
    site_settings: SiteSettings = field(default_factory=SiteSettings)

    @property
    def site(self) -> Site:
        """What counts at this moment of what may change while Lantern runs; `settings` has what it was started with."""
        return self.site_settings.over(self.settings)

    @functools.cached_property
    def card_replies(self) -> Callable[[Card, Literal["emergency", "crisis"], str | None], Reply]:
        """What is said for a card, by its kind and the region. Made once: in a rush many people need the same."""

        @functools.lru_cache(MOST_CARDS)
        def reply(card: Card, kind: Literal["emergency", "crisis"], region: str | None) -> Reply:
            answer = card_answer(card, kind, self.numbers, region, self.phrases, self.card_sources)
            return Reply(answer=answer, plain=as_text(answer, self.phrases))

        return reply

    @functools.cached_property
    def variants(self) -> Variants:
        """The phrases that can be said in other words."""
        return Variants(self.phrases)

    def says(self, text: str, button: str) -> bool:
        """Whether the text is what this button says, pressed or typed, in any language."""
        return _plain(text) in self._said_by(button)

    @functools.cached_property
    def _said_by(self) -> Callable[[str], frozenset[str]]:
        """What a button says, in all languages. Made once: it is asked of several buttons at each message."""
        return functools.cache(lambda button: frozenset(_plain(self.phrases.say(locale, button)) for locale in LOCALES))

    async def written(self, writing: Future[None], patience: float) -> None:
        """Returns when it is written, or after `patience` seconds: then it is written later."""
        if patience:
            await asyncio.wait([asyncio.wrap_future(writing)], timeout=patience)

    async def recorded(self, call: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Calls something of the record in one of its threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.records_threads, functools.partial(call, *arguments, **named))


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text).strip().casefold()
