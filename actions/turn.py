"""One turn: what the person asked, as the knowledge room takes it, and how its answer is spoken and remembered."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from knowledge.codec import answer_to_json
from knowledge.model import Answer, Context, Question
from knowledge.render import as_text
from knowledge.wiring import Knowledge

Events = list[dict[str, Any]]


def asked(tracker: Tracker, *, seeks_advice: bool = False) -> Question:
    """The latest message as a `Question`, with what the conversation remembers."""
    message = tracker.latest_message
    metadata = message.get("metadata") or {}
    context = Context(
        region=metadata.get("region"),
        last_entry=None if metadata.get("after_card") else tracker.get_slot("last_entry"),
        seeks_advice=seeks_advice,
    )
    return Question(
        message.get("text") or "", metadata.get("locale") or "en", context, tracker.get_latest_input_channel() or "rest"
    )


def speak(dispatcher: CollectingDispatcher, knowledge: Knowledge, answer: Answer) -> None:
    """Sends an answer: its text for channels that show only text, and the whole of it for those that draw blocks."""
    buttons = [{"title": offer.title, "payload": offer.message} for offer in answer.follow_ups]
    dispatcher.utter_message(
        text=as_text(answer, knowledge.phrases), buttons=buttons, json_message=answer_to_json(answer)
    )


def say(dispatcher: CollectingDispatcher, knowledge: Knowledge, phrase: str, tracker: Tracker) -> None:
    """Sends a spoken phrase."""
    question = asked(tracker)
    number = knowledge.numbers.emergency_number(question.context.region, question.locale)
    dispatcher.utter_message(text=knowledge.phrases.say(question.locale, phrase, emergency_number=number))


def remember(answer: Answer, tracker: Tracker) -> Events:
    """What the next turn may refer to: the entry that the conversation is about, which a reply without an entry leaves
    as it was, and the entry that this very reply showed, which "tell me more" and "where is this from" mean."""
    about = [("last_entry", answer.entry)] if answer.entry else []
    # Only what changes: every event is read back with every later message.
    changed = [row for row in (*about, ("last_reply", answer.entry)) if tracker.get_slot(row[0]) != row[1]]
    return [SlotSet(name, value) for name, value in changed]
