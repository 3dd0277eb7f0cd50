"""A choice among what was offered: one by its place, or another than the one that was shown."""

from __future__ import annotations

from actions.ask_question import answered
from actions.memory import OFFERS
from actions.respond import Respond
from actions.turn import Events, Turn, earlier_text
from knowledge.choosing import picked
from knowledge.model import INFORMS
from knowledge.search.words import content_words

OFFERED = 2
_OTHER = frozenset(
    content_words("other another one else something different next meant question answer show want this")
)


class Choose(Respond):
    """ "The second one", when nothing is on offer; otherwise the choice has been made before any action replies. What
    only looks like a choice is a question: "c3 is low as well"."""

    def name(self) -> str:
        return "action_choose"

    def reply(self, turn: Turn) -> Events:
        text = turn.question.text
        if picked(text, 1) is None and turn.answerer.answer(turn.question).kind in INFORMS:
            return answered(turn, turn.question)
        return turn.say("nothing_to_choose")


class ChooseOther(Respond):
    """ "No, the other one": the next of what was offered, or what the last question may have meant instead."""

    def name(self) -> str:
        return "action_choose_other"

    def reply(self, turn: Turn) -> Events:
        memory = turn.memory
        if set(content_words(turn.question.text)) - _OTHER:
            # "No, the other one. The eye tests": it says what is meant.
            return answered(turn, turn.question)
        if memory.part in OFFERS:
            return turn.offer("which_one", memory.listed)
        left = _others(turn)
        seen = [memory.now] if memory.now else []
        shown = turn.show(left[0], memory.listed, [*left[1:], *seen]) if left else None
        return turn.say("no_other") if shown is None else shown


class Unhelpful(Respond):
    """The answer was not what was asked: what else may have been meant, or to ask in other words."""

    def name(self) -> str:
        return "action_unhelpful"

    def reply(self, turn: Turn) -> Events:
        others = [] if turn.memory.part in OFFERS else _others(turn)
        return turn.offer("unhelpful_others", others[:OFFERED]) if others else turn.say("unhelpful")


def _others(turn: Turn) -> list[str]:
    """What else the last reply may have meant: what is left of a list, or the next hits for the words that got it; for
    its own question, where those words are not kept or something was said since."""
    memory = turn.memory
    if memory.other:
        return [item for item in memory.other if turn.title(item)]
    revision = turn.answerer.entry(memory.last_reply) if memory.last_reply else None
    if revision is None:
        return []
    question = revision.entry.question
    for text in (earlier_text(turn.tracker), question):
        hits = [hit.entry.id for hit in turn.answerer.index.search(text).hits]
        if memory.last_reply in hits or text is question:
            return [item for item in hits if item != memory.last_reply and turn.title(item)]
    return []
