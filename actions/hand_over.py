"""Someone wants to talk to a person."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, say
from knowledge.wiring import Knowledge, from_environment


class HandOver(Action):
    """Says honestly that nobody can be reached from here, and who can."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    def name(self) -> str:
        return "action_hand_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        say(dispatcher, self._knowledge, "handoff", tracker)
        return []
