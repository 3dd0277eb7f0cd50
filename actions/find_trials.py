"""A search for trials, over as many turns as it takes."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.memory import TRIALS
from actions.respond import Respond
from actions.turn import Events, Turn
from knowledge.model import Answer
from knowledge.trials.numbers import find_nct


class FindTrials(Respond):
    """Lists studies of the registry copy that fit what was asked so far in this conversation."""

    def name(self) -> str:
        return "action_find_trials"

    def reply(self, turn: Turn) -> Events:
        question, answerer = turn.question, turn.answerer
        if find_nct(question.text):
            answer: Answer | None = answerer.answer(question)
        else:
            answer = answerer.trials.by_name(question.text, answerer.entry)
        if answer is None:
            answer, search = answerer.trials.by_search(question.text, turn.tracker.get_slot("trial_search"))
            return [SlotSet("trial_search", search), *turn.give(answer, TRIALS)]
        return turn.give(answer)
