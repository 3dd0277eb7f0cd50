"""Back to what was shown earlier: one answer further back, or the thread that something else interrupted."""

from __future__ import annotations

from dataclasses import replace

from actions.memory import OFFERS, TRIALS
from actions.pending import spoken_of
from actions.respond import Respond
from actions.turn import Events, Turn


class GoBack(Respond):
    """ "The one before that": each time one answer further back."""

    def name(self) -> str:
        return "action_go_back"

    def reply(self, turn: Turn) -> Events:
        memory = replace(turn.memory, steps_back=turn.memory.steps_back + 1)
        back = replace(turn, memory=memory)
        shown = back.show(memory.now) if memory.now else None
        return turn.say("nothing_before") if shown is None else shown


class Resume(Respond):
    """ "Where were we?": the thread before the interruption, or the one that the message names."""

    def name(self) -> str:
        return "action_resume"

    def reply(self, turn: Turn) -> Events:
        item = spoken_of(turn, turn.question.text) or _interrupted(turn)
        shown = turn.show(item) if item else None
        if shown is not None:
            return shown
        return turn.offer("clarify", turn.memory.listed) if turn.memory.listed else turn.say("nothing_before")


def _interrupted(turn: Turn) -> str | None:
    """What was shown before the interruption. When the last reply showed nothing, or was an emergency card, that was
    the interruption; otherwise it is all that was shown since of another topic."""
    shown, memory = turn.memory.shown, turn.memory
    if not shown:
        return None
    if memory.steps_back:
        return shown[-1]
    if turn.card or memory.part in (None, *OFFERS):
        return memory.now
    topics = [_topic(turn, item) for item in shown]
    earlier = [item for item, topic in zip(shown, topics) if topic != topics[-1]]
    return earlier[-1] if earlier else shown[-2] if len(shown) > 1 else shown[-1]


def _topic(turn: Turn, item: str) -> str:
    revision = turn.answerer.entry(item)
    return revision.entry.topic if revision else TRIALS
