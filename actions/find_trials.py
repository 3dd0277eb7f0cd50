"""What the intent model takes for a search for trials, and its words do not say."""

from __future__ import annotations

from actions.ask_question import answered
from actions.respond import Respond
from actions.trial_talk import said
from actions.turn import Events, Turn
from knowledge.trials.lexicon import keys
from knowledge.trials.moves import Look
from knowledge.trials.talk import in_context
from knowledge.trials.wordings import wordings

UNSURE = ("abstain", "clarify")


class FindTrials(Respond):
    """Answers where an entry does; else lists studies that fit what was asked so far in this conversation."""

    def name(self) -> str:
        return "action_find_trials"

    def reply(self, turn: Turn) -> Events:
        standing = turn.standing
        if wordings()["declines"].search(" ".join(keys(turn.question.text))):
            return turn.say("manners_acknowledge")
        if turn.answerer.answer(turn.question).kind not in UNSURE:
            return answered(turn, turn.question)
        shelf = turn.answerer.trials.shelf
        understood = in_context(shelf.understand(turn.question.text, standing.country), standing, shelf)
        return said(turn, Look(understood), standing)
