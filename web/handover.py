"""How somebody is passed on to the people who run the site: asked first, and with what was written only if they agree.

Here is the talk about it. What happens then, and how both sides hear of each other, is the business of the channel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.choosing import says_no, says_yes
from knowledge.phrases import Phrases
from records.model import Awaiting
from web.messages import Reply

Agreed = Literal["with", "without"]
"""To be passed on, and whether with what was written so far."""

BUTTONS = ("handover_with_button", "handover_without_button", "handover_no_button")
BEGUN: dict[str, Agreed] = {
    "handover_begun_with": "with",
    "handover_begun_without": "without",
    "handover_noted_with": "with",
    "handover_noted_without": "without",
}
"""What is said to who agreed: at once passed on, or noted for when people are back."""


@dataclass(frozen=True)
class Heeded:
    """What to reply to a message about being passed on: a phrase, buttons with it, and what the person is asked now."""

    phrase: str
    buttons: tuple[str, ...] = ()
    awaiting: Awaiting | None = None


def offered(there: bool) -> Heeded:
    """What somebody hears who asks for a person."""
    return Heeded("handover_offer" if there else "handover_offer_later", BUTTONS, "handover")


def heeded(text: str, awaiting: Awaiting | None, presses: Callable[[str], bool], there: bool = True) -> Heeded | None:
    """What comes of a message after the offer; None for one that is about something else. `there`: people are there."""
    if awaiting != "handover":
        return None
    if presses("handover_with_button"):
        return Heeded("handover_begun_with" if there else "handover_noted_with")
    if presses("handover_no_button"):
        return Heeded("handover_declined")
    # A bare yes agrees to be passed on; what was written goes along by that button alone.
    if presses("handover_without_button") or says_yes(text):
        return Heeded("handover_begun_without" if there else "handover_noted_without")
    return Heeded("handover_declined") if says_no(text) else None


def agreed(replies: Sequence[Reply], phrases: Phrases) -> Agreed | None:
    """Whether these replies say that the person is passed on."""
    for answer in (reply.answer for reply in replies if reply.answer is not None and reply.answer.kind == "handoff"):
        said = "".join(run.text for run in answer.blocks[0].runs)
        for key, how in BEGUN.items():
            if said.startswith(phrases.of(answer.locale)[key].partition("{")[0]):
                return how
    return None
