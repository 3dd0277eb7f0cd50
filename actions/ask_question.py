"""A question, or a request that only the care team may decide."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, asked, remember, speak
from knowledge.wiring import Knowledge, from_environment


class AnswerQuestion(Action):
    """Shows the entry that answers, asks back, or says that it does not know."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    def name(self) -> str:
        return "action_answer_question"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        return self._reply(dispatcher, tracker, seeks_advice=False)

    def _reply(self, dispatcher: CollectingDispatcher, tracker: Tracker, *, seeks_advice: bool) -> Events:
        answerer, question = self._knowledge.live(), asked(tracker, seeks_advice=seeks_advice)
        answer, search = answerer.answer(question), tracker.get_slot("trial_search")
        events: Events = []
        if search and answer.kind in ("abstain", "clarify") and answerer.trials.refines(question.text):
            answer, search = answerer.trials.by_search(question.text, search)
            events = [SlotSet("trial_search", search)]
        speak(dispatcher, self._knowledge, answer)
        return [*events, *remember(answer, tracker)]


class Defer(AnswerQuestion):
    """Hands a personal decision to the care team and names the nearest education."""

    def name(self) -> str:
        return "action_defer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        return self._reply(dispatcher, tracker, seeks_advice=True)
