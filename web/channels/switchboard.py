"""Connects people with those who run the site, and says so when nobody is there.

Where the people of the site sit (an e-mail box, a system of yours, a Chatwoot inbox) is a `HelpDesk`. What goes there
waits in the outbox like every other message; what comes from there is verified like a messenger's delivery.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from knowledge.phrases import Phrases
from records.handovers import Handover
from records.inbox import Arrived
from records.model import Clock
from records.outbox import Operation, Parcel
from records.wiring import Post
from safety import redact
from safety.numbers import Numbers
from web.channels.contract import Adapter, Delivery, Letter, Line, Page, Question
from web.channels.courier import LETTER_LIFE
from web.channels.rendering import packed
from web.handover import Agreed
from web.messages import People
from web.site import Site

CHANNEL = "handover"
FORGOTTEN = dt.timedelta(hours=72)
"""After so long without a word a handover is over, and the assistant answers again."""
LONGEST = 20_000
"""Characters of what somebody of the site writes at once."""


@dataclass(frozen=True)
class Word:
    """Somebody of the site wrote to a person: to the handover with this id, or known over there by this reference.
    `event` names the message for good."""

    event: str
    text: str = field(repr=False)
    handover: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Released:
    """Somebody of the site gave a person back to the assistant."""

    handover: str = ""
    reference: str = ""


class References(Protocol):
    """Under which names handovers are known at a help desk."""

    def reference(self, handover: str) -> str | None: ...

    def refer(self, handover: str, reference: str) -> Future[None]: ...


class HelpDesk(ABC):
    """Where the people of the site sit. `listens`: they write back through it; `strict`: it only
    tells of what concerns us, so that a handover we do not know is a mistake."""

    name: ClassVar[str]
    questions: ClassVar[tuple[Question, ...]]
    repeatable: ClassVar[bool] = False
    listens: ClassVar[bool] = True
    strict: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def from_settings(cls, values: Mapping[str, Any], references: References) -> HelpDesk:
        """The help desk for these values of its `questions`, by name."""

    @abstractmethod
    async def send(self, letter: Letter, line: Line) -> str | None:
        """Tells it of an event: the address of the letter says of which, its page holds the words. Raises `NotSent`."""

    async def verify(self, delivery: Delivery, line: Line) -> None:
        """As an adapter's."""
        raise NotImplementedError

    def parse(self, delivery: Delivery) -> Sequence[Word | Released]:
        """What somebody over there did. Raises `Malformed`."""
        return []


class Unknown(LookupError):
    """There is no such handover, or it is over."""


class Switchboard:
    """The handovers of this installation. `site` says when people are there; after its patience without an answer in
    those hours the person is told that nobody answered."""

    def __init__(
        self,
        post: Post,
        adapters: Mapping[str, Adapter],
        phrases: Phrases,
        numbers: Numbers,
        clock: Clock,
        site: Callable[[], Site],
        marked: Callable[[str, str], str],
    ) -> None:
        self._post, self._adapters, self._phrases, self._numbers = post, adapters, phrases, numbers
        self._clock, self._site, self._marked = clock, site, marked

    def people(self) -> People:
        """Whether somebody is there now."""
        site = self._site()
        return People(site.handover_hours.include(self._clock(), site.handover_zone), site.handover_hours.words)

    def is_quiet(self, handover: Handover | None) -> bool:
        """Whether the assistant keeps quiet: at once where somebody is there, else from their first word on."""
        return handover is not None and (bool(handover.facts["quiet"]) or handover.answered_at is not None)

    # From the person ---------------------------------------------------------------------------------------------

    def opened(
        self, arrived: Arrived, agreed: Agreed, locale: str, transcript: Sequence[Mapping[str, Any]]
    ) -> tuple[Parcel, Operation]:
        """What tells the help desk that somebody is passed on, and what is written with it. `transcript`: what was
        written so far, redacted; it is used only where the person agreed."""
        name, quiet = arrived.mark[:32], self.people().there
        shown = list(transcript) if agreed == "with" else []
        facts = {
            "address": dict(arrived.facts["address"]),
            "region": arrived.facts["region"],
            "locale": locale,
            "quiet": quiet,
        }

        def write(connection: Any) -> None:
            self._post.handovers.open_within(connection, name, arrived.conversation, arrived.channel, facts)
            told = {"handover": name, "channel": arrived.channel, "locale": locale, "transcript": bool(shown)}
            self._post.announcements.announce_within(connection, "handoff.requested", name, told)

        event = {"type": "handover.requested", "channel": arrived.channel, "locale": locale, "transcript": shown}
        return self._to_desk(name, arrived.conversation, "request", event, ""), write

    def told(self, arrived: Arrived, handover: Handover, words: str) -> tuple[Parcel, Operation]:
        """What brings the person's words to the help desk, redacted."""
        parcel = self._to_desk(
            handover.id, arrived.conversation, arrived.mark[:32], {"type": "handover.message"}, redact(words)
        )
        return parcel, lambda connection: self._post.handovers.heard_within(connection, handover.id)

    def left(self, handover: Handover, by: str) -> tuple[Parcel, Operation]:
        """What tells the help desk that the person went back to the assistant, or that nobody answered (`by`)."""

        def write(connection: Any) -> None:
            self._post.handovers.end_within(connection, handover.id)

        event = {"type": "handover.ended", "by": by}
        if handover.reference is not None:
            # Who is forgotten leaves no row from which it could be read later.
            event["reference"] = handover.reference
        return self._to_desk(handover.id, handover.conversation, "end", event, ""), write

    def _to_desk(self, handover: str, conversation: str, what: str, event: Mapping[str, Any], text: str) -> Parcel:
        return Parcel(
            f"{CHANNEL}-{handover}-{what}"[:80],
            CHANNEL,
            conversation,
            {"address": {**event, "handover": handover}, "page": Page(text).to_json()},
            repeatable=True,
            deadline=self._clock() + LETTER_LIFE,
        )

    # From the people of the site ---------------------------------------------------------------------------------

    def wrote(self, word: Word) -> Future[None]:
        """Brings their words to the person. Raises `Unknown`."""
        handover = self._find(word)
        adapter = self._adapters[handover.channel]
        texts = packed([word.text[:LONGEST]], adapter.capacity.chars)
        mark = self._marked(CHANNEL, word.event)[:40]

        def write(connection: Any) -> None:
            self._put(connection, handover, [(f"staff-{mark}-{n}", text) for n, text in enumerate(texts, 1)])
            self._post.handovers.heard_within(connection, handover.id, by_staff=True)

        return self._post.write(write)

    def released(self, release: Released) -> Future[None]:
        """Gives the person back to the assistant, and says so to them. Raises `Unknown`."""
        return self._ended(self._find(release), "handover_over")

    def _find(self, named: Word | Released) -> Handover:
        found = self._post.handovers.find(named.handover, named.reference)
        if found is None or found.channel not in self._adapters:
            raise Unknown("there is no such handover, or it is over")
        return found

    # By time -----------------------------------------------------------------------------------------------------

    def overdue(self) -> list[Future[None]]:
        """Tells people whom nobody answers, and ends what was forgotten."""
        return [future for handover in self._post.handovers.open_ones() for future in self._looked_at(handover)]

    def _looked_at(self, handover: Handover) -> Iterator[Future[None]]:
        now, patience = self._clock(), self._site().handover_patience
        if handover.channel not in self._adapters:
            return
        if self._post.outbox.state_of(f"{CHANNEL}-{handover.id}-request") == "dead":
            yield self._ended(handover, "handover_failed")
        elif handover.answered_at is None and handover.facts["quiet"] and now - handover.opened_at > patience:
            yield self._ended(handover, "handover_nobody", told=True)
        elif now - handover.heard_at > FORGOTTEN:
            yield self._ended(handover, "", told=True)

    def _ended(self, handover: Handover, phrase: str, told: bool = False) -> Future[None]:
        """Ends it, says the phrase to the person, and tells the help desk unless it was the one who ended it."""
        locale = str(handover.facts["locale"])
        number = self._numbers.emergency_number(handover.facts["region"] or self._site().region or None, locale)
        said = self._phrases.say(locale, phrase, emergency_number=number) if phrase else ""

        def write(connection: Any) -> None:
            if not self._post.handovers.end_within(connection, handover.id):
                return
            if said:
                self._put(connection, handover, [(f"{CHANNEL}-{handover.id}-said", said)])
            if told:
                self._post.outbox.put_within(connection, [self.left(handover, "time")[0]])

        return self._post.write(write)

    def _put(self, connection: Any, handover: Handover, rows: Sequence[tuple[str, str]]) -> None:
        adapter = self._adapters[handover.channel]
        heard_at = self._post.inbox.person_within(connection, handover.conversation).heard_at
        life = LETTER_LIFE if adapter.window is None else min(adapter.window, LETTER_LIFE)
        deadline = self._clock() + LETTER_LIFE if adapter.window is None else heard_at + life
        address = {key: value for key, value in handover.facts["address"].items() if key != "in_reply_to"}
        parcels = [
            Parcel(
                key,
                handover.channel,
                handover.conversation,
                {"address": address, "page": Page(text, number=number, pages=len(rows)).to_json()},
                repeatable=adapter.repeatable,
                deadline=deadline,
            )
            for number, (key, text) in enumerate(rows, 1)
        ]
        self._post.outbox.put_within(connection, parcels)
