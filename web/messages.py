"""What goes in and out at the door: a `Turn` is one message of a person, a `Reply` one message to them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from knowledge.codec import answer_from_json, answer_to_json
from knowledge.model import Answer, FollowUp
from safety import Finding

LOCALES = ("en", "es")
"""Languages of the conversation. The first is spoken where none is asked for."""


@dataclass(frozen=True)
class People:
    """The people who run the site, whom somebody may be passed on to: whether they are there now, and when they are."""

    there: bool
    hours: str = ""


@dataclass(frozen=True)
class Turn:
    """One message as it came in. `text` is what the person wrote, unchanged.

    `conversation` is the id under which it is kept. `message_id` is the sender's own mark for this message, or one made
    at the door; a repeated delivery carries the same one. `region` is an ISO 3166 country code of two capital letters,
    `locale` a language; None where the message does not say. `address` is what limits count for a
    caller whose address is one person's; empty for servers, which speak for many. `wordless`: it was a picture, a voice
    note or the like. `finding`: what the emergency rules found in the person's own words, where `text` is only what was
    kept of them. `people`: None where nobody can be passed on to anybody.
    """

    conversation: str
    text: str
    message_id: str
    region: str | None = None
    locale: str | None = None
    channel: str = "rest"
    address: str = ""
    wordless: bool = False
    finding: Finding | None = None
    people: People | None = None

    def within(self, conversation: str) -> Turn:
        return replace(self, conversation=conversation)


@dataclass(frozen=True)
class Reply:
    """One message to the person: a whole `answer`, or spoken `text`, or both.

    Where only the answer is given, the channel renders its text; where `buttons` is empty, the answer's own follow-ups
    are the buttons. `plain` is the answer as text, where that is at hand.
    """

    text: str | None = None
    answer: Answer | None = None
    buttons: tuple[FollowUp, ...] = ()
    plain: str | None = field(default=None, compare=False)

    def offers(self) -> tuple[FollowUp, ...]:
        return self.buttons or (self.answer.follow_ups if self.answer else ())

    @functools.cached_property
    def custom(self) -> dict[str, Any] | None:
        """The answer as JSON (`answer.v1.json`). It is sent and kept: nobody may change it."""
        return None if self.answer is None else answer_to_json(self.answer)

    def to_json(self) -> dict[str, Any]:
        """The shape in which the assistant sends it and the record keeps it: what is there of text, custom, buttons."""
        row: dict[str, Any] = {}
        if self.text is not None:
            row["text"] = self.text
        if self.answer is not None:
            row["custom"] = self.custom
        if self.buttons:
            row["buttons"] = [{"title": offer.title, "payload": offer.message} for offer in self.buttons]
        return row

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Reply:
        """Raises `ValueError`, `KeyError`, `TypeError` or `AttributeError` for anything of another shape."""
        text, custom = row.get("text"), row.get("custom")
        if not (isinstance(text, str) and text.strip()):
            text = None
        if text is None and custom is None:
            raise ValueError("a message without text and without answer")
        return cls(
            text=text,
            answer=None if custom is None else answer_from_json(custom),
            buttons=tuple(FollowUp(str(offer["title"]), str(offer["payload"])) for offer in row.get("buttons") or ()),
        )


def kind_of(replies: Sequence[Reply]) -> str:
    """What came of a message, in one word: the kind of the first answer in its replies, or `spoken`."""
    return next((reply.answer.kind for reply in replies if reply.answer is not None), "spoken")
