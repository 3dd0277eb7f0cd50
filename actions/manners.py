"""Greetings, thanks, small talk, fear and anger: one spoken phrase each, in Spanish for those who greet in Spanish."""

from __future__ import annotations

from actions.ask_question import answered
from actions.respond import Respond
from actions.turn import Events, Turn
from knowledge.language import is_spanish
from knowledge.search.questions import asks

KINDS = ("greet", "goodbye", "thank", "acknowledge", "chitchat", "afraid", "complain", "instruct", "ask_language")

BEFORE_A_QUESTION = ("greet", "thank", "acknowledge")
"""After these a question may come in the same message."""


class Manners(Respond):
    """Says the phrase of the kind of message that NLU found; to who is afraid, and tells with it what an entry answers
    beyond doubt ("I cry all the time since I know"), that answer too."""

    def name(self) -> str:
        return "action_manners"

    def reply(self, turn: Turn) -> Events:
        text = turn.tracker.latest_message.get("text") or ""
        intent = (turn.tracker.latest_message.get("intent") or {}).get("name")
        kind = intent if intent in KINDS else "acknowledge"
        has_more = kind in BEFORE_A_QUESTION and turn.question.text != text
        # "Thank you, that was kind" has a part after the thanks, too, and is no question.
        unsure = ("abstain",) if asks(turn.question.text) else ("abstain", "clarify")
        if has_more and turn.answerer.answer(turn.question).kind not in unsure:
            return answered(turn, turn.question)
        is_assent = not asks(text) or len(text.split()) == 1  # "right?" is one, "why not" is none
        if kind == "acknowledge" and not is_assent and turn.answerer.answer(turn.question).kind != "abstain":
            return answered(turn, turn.question)
        locale = "es" if is_spanish(text) else turn.question.locale
        said = turn.say(f"manners_{kind}", locale=locale)
        if kind == "afraid" and turn.surely_asks:
            return [*said, *answered(turn, turn.question)]
        return said


class HelpIsThere(Respond):
    """After an emergency card, someone says that help has come or was called: a warm word, and the card stays."""

    def name(self) -> str:
        return "action_help_is_there"

    def reply(self, turn: Turn) -> Events:
        if turn.card is None:
            return answered(turn, turn.question)
        is_crisis = turn.card["kind"] == "crisis"
        return turn.say("help_is_there_crisis" if is_crisis else "help_is_there")
