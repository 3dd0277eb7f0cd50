"""What is kept of a conversation, as values. Times are in UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from records.missed import Missed

Clock = Callable[[], dt.datetime]
Replies = Sequence[Any]
"""The messages that answered one message, as JSON values. Whoever is handed them does not change them."""
Reason = Literal["request", "retention"]
Awaiting = Literal["forget", "consent", "contact", "handover"]
"""What the next message may answer: whether to erase everything, whether a contact detail may be kept, that detail, and
whether to be passed on to a person."""


@dataclass(frozen=True)
class ShownCard:
    """An emergency card as it was shown: `kind` is `emergency` or `crisis`, `card` the card's id."""

    kind: str
    card: str
    locale: str


@dataclass(frozen=True)
class Conversation:
    """The state of one conversation after its newest turn. Change it with `dataclasses.replace`.

    `introduced`: the person has been told that a machine speaks and what is kept. `therapy`: CAR-T was mentioned;
    `suppressed`: a medicine that weakens the defences against infection was. All three stay true once they are. `card`:
    the emergency card shown last, until it is taken back or a question is answered. `started_at` tells this
    conversation from one with the same person that was erased before it began. `said`: names of the phrases in the last
    reply. `awaiting`: what the person was asked.
    """

    id: str
    channel: str
    started_at: dt.datetime
    locale: str = "en"
    region: str | None = None
    introduced: bool = False
    therapy: bool = False
    suppressed: bool = False
    card: ShownCard | None = None
    last_entry: str | None = None
    said: tuple[str, ...] = ()
    awaiting: Awaiting | None = None


@dataclass(frozen=True)
class KeptMessage:
    """One message that was answered. `text` is what the person wrote, None before they were told that it is kept.
    `missed`: the question is queued for staff. `contact`: how to reach the person, if that is what they wrote."""

    at: dt.datetime
    text: str | None
    kind: str
    replies: Replies
    missed: Missed | None = None
    contact: str | None = None


@dataclass(frozen=True)
class ContactRequest:
    """Somebody asked to be written to. `contact` is what they gave, as they gave it."""

    at: dt.datetime
    locale: str
    contact: str


@dataclass(frozen=True)
class Feedback:
    """Whether one answer helped somebody. `entry` and `revision` say which text it was, exactly; None where the answer
    showed none. `word` is what they added, if anything."""

    locale: str
    kind: str
    entry: str | None
    revision: int | None
    helpful: bool
    word: str | None
    at: dt.datetime


ReportKind = Literal["wrong", "unclear", "link", "other"]
REPORT_KINDS: tuple[ReportKind, ...] = ("wrong", "unclear", "link", "other")


@dataclass(frozen=True)
class Report:
    """What a reader found wrong with a page: with this revision of an entry. `text` is what they wrote, if anything."""

    entry: str
    locale: str
    revision: int
    kind: ReportKind
    text: str
    at: dt.datetime


@dataclass(frozen=True)
class Receipt:
    """Proof of an erasure. `messages` is how many messages were erased."""

    number: str
    erased_at: dt.datetime
    messages: int
