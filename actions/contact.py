"""Where a person can be reached, as far as those who run this service say so."""

from __future__ import annotations

from actions.turn import Events, Turn, speak
from knowledge.blocks import spoken
from knowledge.model import Answer, FollowUp

PERSON_ENTRY = "assistant-talk-to-person"
"""The entry that answers this question where it is asked as one."""


def handed_over(turn: Turn) -> Events:
    """Says where a person can be reached and when, and offers that they write; the emergency number always with it."""
    keys = ["handoff_contact", *(["handoff_hours"] if turn.contact["hours"] else []), "handoff_emergency"]
    said = tuple(spoken(turn.phrase(key, **turn.contact)) for key in keys)
    button = turn.phrase("contact_button")
    locale = turn.question.locale
    speak(
        turn.dispatcher,
        turn.knowledge,
        Answer("handoff", said, follow_ups=(FollowUp(button, button),), locale=locale),
    )
    return []
