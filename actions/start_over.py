"""A fresh start: nothing that was said before counts any more."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.memory import Memory
from actions.respond import Respond
from actions.turn import Events, Turn


class StartOver(Respond):
    def name(self) -> str:
        return "action_start_over"

    def reply(self, turn: Turn) -> Events:
        turn.say("start_over")
        return [*Memory().events(turn.tracker), SlotSet("trial_search", None)]
