"""The emergency card, for messages that reach Rasa without passing the gateway."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, asked, speak
from knowledge.wiring import Knowledge, from_environment


class ShowCard(Action):
    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    def name(self) -> str:
        return "action_show_card"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        found = tracker.latest_message.get("emergency") or {"card": "emergency", "locale": "en", "kind": "emergency"}
        region = asked(tracker).context.region
        answer = self._knowledge.card_answer(found["card"], found["locale"], found["kind"], region)
        speak(dispatcher, self._knowledge, answer)
        return []
