"""What a conversation remembers of its own answers: names of entries and studies, never a text.

It stands in slots of the dialogue. A reply of manners ("You are welcome") leaves it as it was, so small talk and
emergency cards interrupt nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from knowledge.answer import Answerer
from knowledge.model import Answer
from knowledge.trials.numbers import find_nct

TRIALS = "trials"
"""Among what was shown, the list of a trial search; the search itself is in a slot of its own."""
LONGEST = 6
"""So many answers one can go back to."""
PARTS = ("answer", "simpler", "more", "sources", "quiz", TRIALS, "offer", "suggestion")
OFFERS = ("offer", "suggestion")
"""`offer`: entries that may be meant; `suggestion`: what can be asked where nothing was found."""

_GOES_ON = re.compile(r"\W*(?:and|what about|how about|for)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Memory:
    """`shown`: entry ids, registry numbers and `TRIALS`, in the order in which they were shown; `steps_back`: how many
    of them a person went back. `listed`: what the last list offered, `other`: what else the last answer may have meant.
    `part`: which of `PARTS` the last reply was, None where it showed nothing. `last_entry`: the entry that the
    conversation is about; `last_reply`: the entry of the last reply, which "simpler" means."""

    shown: tuple[str, ...] = ()
    steps_back: int = 0
    listed: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    part: str | None = None
    last_entry: str | None = None
    last_reply: str | None = None

    @classmethod
    def of(cls, tracker: Tracker) -> Memory:
        thread, offered = tracker.get_slot("thread") or {}, tracker.get_slot("offered") or {}
        return cls(
            shown=tuple(thread.get("shown", ())),
            steps_back=thread.get("back", 0),
            listed=tuple(offered.get("listed", ())),
            other=tuple(offered.get("other", ())),
            part=tracker.get_slot("last_part"),
            last_entry=tracker.get_slot("last_entry"),
            last_reply=tracker.get_slot("last_reply"),
        )

    @property
    def now(self) -> str | None:
        """What the conversation is at: what was shown last, or gone back to."""
        place = len(self.shown) - 1 - self.steps_back
        return self.shown[place] if 0 <= place < len(self.shown) else None

    def about(self, text: str) -> str | None:
        """The entry that a short message refers to: where it goes on from "did you mean" ("and for a baby?"), the
        likeliest of what was offered."""
        if self.part == "offer" and _GOES_ON.match(text) and not find_nct(self.listed[0]):
            return self.listed[0]
        return self.last_entry

    def events(self, tracker: Tracker) -> list[dict[str, Any]]:
        """Slots that bring the dialogue from what it remembers to this. Only what changes: every event is read back
        with every later message."""
        return [
            SlotSet(name, value) for name, value in self._slots().items() if (tracker.get_slot(name) or None) != value
        ]

    def _slots(self) -> dict[str, Any]:
        thread = {"shown": list(self.shown), **({"back": self.steps_back} if self.steps_back else {})}
        offered = {name: list(rows) for name, rows in (("listed", self.listed), ("other", self.other)) if rows}
        return {
            "thread": thread if self.shown else None,
            "offered": offered or None,
            "last_part": self.part,
            "last_entry": self.last_entry,
            "last_reply": self.last_reply,
        }


def after(memory: Memory, answer: Answer, answerer: Answerer, part: str = "answer") -> Memory:
    """What is remembered once this answer was given. `part` is which part of an entry it is, or `TRIALS`."""
    if answer.kind == "smalltalk":
        return memory
    studies = _studies(answer)
    # One study by its number or name is that study; what a search found is a search, however many there are.
    item = TRIALS if part == TRIALS or len(studies) > 1 else studies[0] if studies else answer.entry
    if item is None:
        listed = _offered(answer, answerer)
        offer = "suggestion" if answer.kind == "abstain" else "offer"
        about = _deferred_about(answer, answerer) or memory.last_entry
        return replace(
            memory, listed=listed, other=(), part=offer if listed else None, last_entry=about, last_reply=None
        )
    is_same = item == memory.now
    return replace(
        memory,
        shown=memory.shown if is_same else (*memory.shown, item)[-LONGEST:],
        steps_back=memory.steps_back if is_same else 0,
        listed=studies if item == TRIALS else (),
        other=(),
        part=TRIALS if answer.kind == "trials" else part,
        last_entry=answer.entry or memory.last_entry,
        last_reply=answer.entry,
    )


def _studies(answer: Answer) -> tuple[str, ...]:
    """The studies that the reply shows, in their order."""
    if answer.kind != "trials":
        return ()
    return tuple(origin.id for origin in answer.provenance if origin.kind == "registry")


def _deferred_about(answer: Answer, answerer: Answerer) -> str | None:
    """The entry that a request for a decision is about, which was named beneath the deferral but not shown; None where
    search was not sure of it, or for any other reply."""
    least = max(answerer.thresholds.answer, answerer.thresholds.following)
    if answer.kind != "defer" or (answer.confidence or 0.0) < least:
        return None
    return next((origin.id for origin in answer.provenance if origin.kind == "revision"), None)


def _offered(answer: Answer, answerer: Answerer) -> tuple[str, ...]:
    """What its buttons would show, in their order."""
    found = (
        answerer.published_question(offer.message) or next(iter(find_nct(offer.message)), None)
        for offer in answer.follow_ups
    )
    return tuple(item for item in found if item)
