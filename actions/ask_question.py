"""A question, or a request that only the care team may decide."""

from __future__ import annotations

from dataclasses import replace

from actions.contact import PERSON_ENTRY, handed_over
from actions.respond import Respond
from actions.turn import Events, Turn, asked
from knowledge.blocks import spoken
from knowledge.model import Answer, Question
from knowledge.suggestions import with_suggestions


class AnswerQuestion(Respond):
    """Shows the entry that answers, asks back, or says that it does not know."""

    def name(self) -> str:
        return "action_answer_question"

    def reply(self, turn: Turn) -> Events:
        return answered(turn, turn.question)


class Defer(AnswerQuestion):
    """Hands a personal decision to the care team and names the nearest education."""

    def name(self) -> str:
        return "action_defer"

    def reply(self, turn: Turn) -> Events:
        return answered(turn, asked(turn.tracker, seeks_advice=True))


def answered(turn: Turn, question: Question) -> Events:
    """Replies to a question from the entries."""
    answerer = turn.answerer
    answer, *others = answerer.answers(question)
    if others:
        return turn.give_all([answer, *others])
    if answer.kind == "abstain" and answer.confidence is not None and turn.is_repeated:
        answer = _another_way_on(turn, answer)
    if answer.entry == PERSON_ENTRY and turn.contact:
        return handed_over(turn)
    return turn.give(with_suggestions(answer, question, answerer))


def _another_way_on(turn: Turn, answer: Answer) -> Answer:
    """For those who send again what there is no answer to: who may know, and what can be asked instead."""
    keys = ("abstain_same", "handoff_contact" if turn.contact else "abstain_topics")
    return replace(answer, blocks=tuple(spoken(turn.phrase(key, **turn.contact)) for key in keys))
