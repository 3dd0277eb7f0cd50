"""What all actions share: a message may answer what was asked of the person before it is anything else."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.pending import taken_up, thanked
from actions.trial_talk import about_trials, back_to_trials
from actions.turn import Events, Turn
from knowledge.wiring import Knowledge, from_environment


class Respond(Action, ABC):
    """An action that replies. "The second one", "yes" or "b" after a list or a question of ours is a choice, and "in
    Spain" after a list of studies is a search, whatever kind of request it looks like by itself."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    @abstractmethod
    def reply(self, turn: Turn) -> Events:
        """Speaks, and returns what is to be remembered."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        turn = Turn.of(dispatcher, tracker, self._knowledge)
        for understood in (thanked, back_to_trials, taken_up, about_trials):
            events = understood(turn)
            if events is not None:
                return events
        return self.reply(turn)
