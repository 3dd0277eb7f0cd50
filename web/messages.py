"""What goes in and out at the door: a `Turn` is one message of a person, a `Reply` one message to them."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.model import Answer, FollowUp

LOCALES = ("en", "es")
"""Languages of the conversation. The first is spoken where none is asked for."""


@dataclass(frozen=True)
class Turn:
    """One message as it came in. `text` is what the person wrote, unchanged.

    `region` is an ISO 3166 country code of two capital letters, or None where it is not known. `message_id` is the
    sender's own mark for this message, or one made at the door; a repeated delivery carries the same one.
    """

    sender: str
    text: str
    message_id: str
    region: str | None = None
    locale: str = "en"
    channel: str = "rest"


@dataclass(frozen=True)
class Reply:
    """One message to the person: a whole `answer`, or spoken `text`, or both.

    Where only the answer is given, the channel renders its text; where `buttons` is empty, the answer's own follow-ups
    are the buttons.
    """

    text: str | None = None
    answer: Answer | None = None
    buttons: tuple[FollowUp, ...] = ()

    def offers(self) -> tuple[FollowUp, ...]:
        return self.buttons or (self.answer.follow_ups if self.answer else ())
