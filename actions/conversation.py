"""A conversation held with the actions themselves, without Rasa: the safety check has to know what becomes of a message
in the middle of a talk.

What NLU takes each message for is given. A text that staff write changes it in two ways alone, and both are heeded: the
published question of an entry is a question, and so are words that an editor listed, unless the advice rules find them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.ask_question import AnswerQuestion, Defer
from actions.find_trials import FindTrials
from actions.follow_up import More, Repeat, Simpler, Source
from actions.manners import Manners
from actions.respond import Respond
from knowledge.answer import Answerer
from knowledge.codec import answer_from_json
from knowledge.editing.gate import CardShown, Said
from knowledge.model import Answer
from knowledge.phrases import Phrases
from knowledge.wiring import Knowledge

QUESTION, ADVICE = "ask_question", "seek_advice"
ACTIONS: dict[str, type[Respond]] = {
    QUESTION: AnswerQuestion,
    ADVICE: Defer,
    "find_trial": FindTrials,
    "ask_simpler": Simpler,
    "ask_more": More,
    "ask_source": Source,
    "repeat_answer": Repeat,
    "greet": Manners,
    "acknowledge": Manners,
    "chitchat": Manners,
    "complain": Manners,
    "instruct": Manners,
}
"""Intent -> its action, as `data/rules` has them."""


@dataclass(frozen=True)
class Stage:
    """What actions ask of the knowledge room, with an answerer of its own in place of the live one."""

    knowledge: Knowledge
    answerer: Answerer

    def live(self) -> Answerer:
        return self.answerer

    @property
    def phrases(self) -> Phrases:
        return self.knowledge.phrases

    @property
    def numbers(self) -> Any:
        return self.knowledge.numbers

    def seeks_advice(self, text: str) -> bool:
        return self.answerer.seeks_advice(text)

    def is_published_phrasing(self, text: str) -> bool:
        return self.answerer.is_published_phrasing(text)

    def card_answer(
        self, card_id: str, locale: str, kind: Literal["emergency", "crisis"], region: str | None
    ) -> Answer:
        return self.knowledge.card_answer(card_id, locale, kind, region)


class Conversation:
    """Somebody who talks with the assistant as it would be with this answerer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._slots: dict[str, Any] = {}
        self._events: list[dict[str, Any]] = []

    def say(self, message: Said, card: CardShown | None) -> Sequence[Answer]:
        """The replies to a message. `card`: the one that the message before brought up."""
        intent = self._intent(message)
        shown = {"card_id": card.card, "locale": card.locale, "kind": card.kind} if card else None
        latest = {
            "text": message.text,
            "intent": {"name": intent, "confidence": 1.0},
            "metadata": {"after_card": shown} if shown else {},
        }
        self._events.append({"event": "user", "text": message.text})
        tracker = Tracker("somebody", self._slots, latest, self._events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        action = ACTIONS[intent](cast(Knowledge, self._stage))
        for event in action.run(dispatcher, tracker, {}):
            if event["event"] == "slot":
                # What a dialogue remembers is kept as JSON.
                self._slots[event["name"]] = json.loads(json.dumps(event["value"]))
        return [answer_from_json(row["custom"]) for row in dispatcher.messages]

    def _intent(self, message: Said) -> str:
        answerer, text = self._stage.answerer, message.text
        if answerer.published_question(text):
            return QUESTION
        if message.intent == ADVICE and answerer.is_published_phrasing(text) and not answerer.seeks_advice(text):
            return QUESTION
        return message.intent


def conversations(knowledge: Knowledge) -> Callable[[Answerer], Conversation]:
    """Begins a conversation with the assistant as it would be with an answerer."""
    return lambda answerer: Conversation(Stage(knowledge, answerer))
