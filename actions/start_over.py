"""A fresh start: nothing that was said before counts any more."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, say
from knowledge.wiring import Knowledge, from_environment


class StartOver(Action):
    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    def name(self) -> str:
        return "action_start_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        say(dispatcher, self._knowledge, "start_over", tracker)
        return [SlotSet(name, None) for name in ("last_entry", "last_reply", "trial_search")]
