"""Someone wants to talk to a person."""

from __future__ import annotations

from actions.ask_question import answered
from actions.contact import PERSON_ENTRY, handed_over
from actions.respond import Respond
from actions.turn import Events, Turn


class HandOver(Respond):
    """Names whom a person can reach, where that is set; says honestly that there is nobody where it is not."""

    def name(self) -> str:
        return "action_hand_over"

    def reply(self, turn: Turn) -> Events:
        if turn.surely_asks not in (None, PERSON_ENTRY):
            # "Can you call an ambulance from here", "which number for someone who is beaten".
            return answered(turn, turn.question)
        return handed_over(turn) if turn.contact else turn.say("handoff", kind="handoff")
