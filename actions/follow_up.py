"""Follow-ups on the entry shown last: simpler, more, its source, the same again."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, asked, say, speak
from knowledge.answer import Answerer
from knowledge.model import Answer, Question
from knowledge.wiring import Knowledge, from_environment


class FollowUpAction(Action, ABC):
    """What all follow-ups share: without an earlier answer, or when it is no longer published, they say so."""

    absent = "nothing_yet"

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self._knowledge = knowledge or from_environment()

    @abstractmethod
    def find(self, answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
        """The answer to give; None where the entry has no such part."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        question, answerer = asked(tracker), self._knowledge.live()
        card = (tracker.latest_message.get("metadata") or {}).get("after_card")
        if card:
            # A follow-up on an emergency card gets the card again: no other words are right here.
            speak(dispatcher, self._knowledge, self._knowledge.card_answer(**card, region=question.context.region))
            return []
        last = tracker.get_slot("last_reply")
        if last is None or answerer.entry(last) is None:
            say(dispatcher, self._knowledge, "nothing_yet", tracker)
            return []
        answer = self.find(answerer, last, question)
        if answer is None:
            say(dispatcher, self._knowledge, self.absent, tracker)
        else:
            speak(dispatcher, self._knowledge, answer)
        return []


class Simpler(FollowUpAction):
    absent = "no_simpler"

    def name(self) -> str:
        return "action_simpler"

    def find(self, answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
        return answerer.part_answer(entry_id, "simpler", question)


class More(FollowUpAction):
    absent = "no_more"

    def name(self) -> str:
        return "action_more"

    def find(self, answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
        return answerer.part_answer(entry_id, "more", question)


class Source(FollowUpAction):
    def name(self) -> str:
        return "action_source"

    def find(self, answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
        return answerer.sources_answer(entry_id, question)


class Repeat(FollowUpAction):
    def name(self) -> str:
        return "action_repeat"

    def find(self, answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
        return answerer.entry_answer(entry_id, question)
