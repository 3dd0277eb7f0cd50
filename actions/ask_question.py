"""A question, or a request that only the care team may decide."""

from __future__ import annotations

from dataclasses import replace

from actions.contact import PERSON_ENTRY, handed_over
from actions.respond import Respond
from actions.turn import SHOWING, Events, Turn, asked
from knowledge.blocks import spoken
from knowledge.model import Answer, Question
from knowledge.suggestions import with_suggestions

SURELY_ADVICE = 0.8
"""Probability from which a message is a request for a decision whatever entry may answer it. With `BEYOND_DOUBT`, by
what becomes of messages of authors of whom nothing was learned: a third fewer of their questions are deferred, and as
many of their requests."""


class AnswerQuestion(Respond):
    """Shows the entry that answers, asks back, or says that it does not know."""

    def name(self) -> str:
        return "action_answer_question"

    def reply(self, turn: Turn) -> Events:
        return answered(turn, turn.question)


class Defer(AnswerQuestion):
    """Hands a personal decision to the care team and names the nearest education. People put questions of knowledge as
    their own, too ("how often do they check my eyes"): what NLU only rather takes for a request for a decision, and an
    entry answers beyond doubt, is answered. The advice rules leave no such room."""

    def name(self) -> str:
        return "action_defer"

    def reply(self, turn: Turn) -> Events:
        if turn.sureness < SURELY_ADVICE and turn.surely_asks:
            answer, *others = turn.answerer.answers(turn.question)
            if answer.entry == turn.surely_asks and answer.kind in SHOWING and not others:
                return answered(turn, turn.question)
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
