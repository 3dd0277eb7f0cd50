"""Teach-back: somebody wants to see whether they understood the answer."""

from __future__ import annotations

from actions.respond import Respond
from actions.turn import Events, Turn
from knowledge.quiz import quiz_answer

OFFERED = 2


class CheckUnderstanding(Respond):
    """Asks the check question of the entry shown last; where it has none, names related entries that have one."""

    def name(self) -> str:
        return "action_check_understanding"

    def reply(self, turn: Turn) -> Events:
        shown = turn.memory.last_reply or turn.memory.now
        revision = turn.answerer.entry(shown) if shown else None
        if shown is None or revision is None:
            return turn.say("nothing_yet")
        asked = quiz_answer(turn.answerer, shown, turn.question)
        if asked is not None:
            return turn.give(asked, "quiz")
        related = [found for name in revision.entry.related if (found := turn.answerer.entry(name))]
        having = [other.entry.id for other in related if other.entry.quiz]
        return turn.offer("quiz_none_related", having[:OFFERED]) if having else turn.say("quiz_none")
