"""What becomes of a message that NLU takes for a request for a personal decision, by how sure it is."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.ask_question import SURELY_ADVICE, Defer
from bot.nlu.requests import ADVICE
from tests.actions.talking import Assistant


def kind_of_reply(assistant: Assistant, text: str, sureness: float) -> str:
    latest = {"text": text, "intent": {"name": ADVICE, "confidence": sureness}, "metadata": {}}
    dispatcher = CollectingDispatcher()
    said = [{"event": "user", "text": text}]
    tracker = Tracker("someone", {}, latest, said, False, None, {}, "action_listen")
    Defer(assistant.knowledge).run(dispatcher, tracker, {})
    first: dict[str, Any] = dispatcher.messages[0]["custom"]
    return str(first["kind"])


@pytest.mark.parametrize(
    "question",
    ["how often do they check eyes on plaquenil", "will my kids get lupus too", "can i catch lupus from him"],
)
def test_a_question_that_an_entry_answers_beyond_doubt_is_answered(assistant: Assistant, question: str) -> None:
    assert kind_of_reply(assistant, question, SURELY_ADVICE - 0.1) == "answer"
    assert kind_of_reply(assistant, question, SURELY_ADVICE) == "defer"


@pytest.mark.parametrize(
    "request_", ["shall we halve the benlysta for someone my size", "my socks leave marks since tuesday, kidneys?"]
)
def test_where_no_entry_is_sure_to_answer_it_is_deferred(assistant: Assistant, request_: str) -> None:
    assert kind_of_reply(assistant, request_, 0.45) == "defer"


@pytest.mark.parametrize("request_", ["should i stop taking prednisone", "can i take ibuprofen with plaquenil"])
def test_what_the_advice_rules_find_is_deferred_however_unsure_nlu_is(assistant: Assistant, request_: str) -> None:
    assert kind_of_reply(assistant, request_, 0.0) == "defer"
