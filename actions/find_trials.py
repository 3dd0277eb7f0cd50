"""A search for trials, over as many turns as it takes."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, asked, remember, speak
from knowledge.model import Answer
from knowledge.trials.numbers import find_nct
from knowledge.wiring import Knowledge, from_environment


class FindTrials(Action):
    """Lists studies of the registry copy that fit what was asked so far in this conversation."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    def name(self) -> str:
        return "action_find_trials"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        question, answerer = asked(tracker), self._knowledge.live()
        events: Events = []
        if find_nct(question.text):
            answer: Answer | None = answerer.answer(question)
        else:
            answer = answerer.trials.by_name(question.text, answerer.entry)
        if answer is None:
            answer, search = answerer.trials.by_search(question.text, tracker.get_slot("trial_search"))
            events = [SlotSet("trial_search", search)]
        speak(dispatcher, self._knowledge, answer)
        return [*events, *remember(answer, tracker)]
