"""How a person leaves word where they can be reached: asked first, then one message, kept apart from all else.

These messages never reach the assistant, and their words stand in no record of the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.choosing import says_no, says_yes
from records.model import Awaiting
from safety import redact

LONGEST = 200
"""Characters of a contact detail; what is longer is a letter."""

_REACHES = re.compile(r"\[(?:phone|email|address)\]")
_ASKS = re.compile(
    r"\?\s*$|^\W*(?:what|how|why|when|where|who|which|is|are|can|could|does|do|should|will|would)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Heeded:
    """What to reply: the phrase, the buttons with it, and what is asked of the person now. `contact`: the detail to
    keep; `wordless`: nothing of the message may be kept in the conversation."""

    phrase: str
    buttons: tuple[str, ...] = ()
    awaiting: Awaiting | None = None
    contact: str | None = None
    wordless: bool = False


def heeded(text: str, awaiting: Awaiting | None, presses: Callable[[str], bool]) -> Heeded | None:
    """What comes of a message, where it is about being reached; None for every other one, and for a question that
    comes in place of an answer. `presses` says whether it is what a button says."""
    if presses("contact_button"):
        return Heeded("contact_consent", ("contact_yes_button", "contact_no_button"), "consent")
    if awaiting == "consent":
        if presses("contact_yes_button") or says_yes(text):
            return Heeded("contact_ask", awaiting="contact")
        if presses("contact_no_button") or says_no(text):
            return Heeded("contact_declined")
        # A detail that comes in place of a yes is no yes, and must not stand in the conversation either.
        return (
            Heeded("contact_consent", ("contact_yes_button", "contact_no_button"), "consent", wordless=True)
            if _reaches(text)
            else None
        )
    if awaiting == "contact":
        if _reaches(text):
            return Heeded("contact_kept", contact=text.strip(), wordless=True)
        if says_no(text):
            return Heeded("contact_declined")
        if not _ASKS.search(text):
            return Heeded("contact_unclear", ("contact_button",), wordless=True)
    return None


def _reaches(text: str) -> bool:
    # What is marked as taken out already, as in a message that is taken up after a crash, reaches nobody any more.
    return len(text) <= LONGEST and len(_REACHES.findall(redact(text))) > len(_REACHES.findall(text))
