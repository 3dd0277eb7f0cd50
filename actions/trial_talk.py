"""Talking about trials: a search over as many turns as it takes, one study, and who decides whether somebody may join.

Any message may do that, whatever kind of request it looks like by itself: "in Spain", "the second one", "who runs it".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from rasa_sdk.events import SlotSet

from actions.memory import TRIALS
from actions.turn import Events, Turn
from knowledge.blocks import spoken
from knowledge.language import language
from knowledge.model import Answer, Context
from knowledge.search.questions import asks, parts
from knowledge.trials.moves import SURE, About, Join, Look, Move, Named, Numbers, Read, Rival, Standing
from knowledge.trials.numbers import find_nct
from knowledge.trials.questions import SHORT
from knowledge.trials.search import Search
from knowledge.trials.talk import back_to_list, heard

MOST_BESIDE = 2
"""Other questions of one message that are answered beside it."""
FEWEST_BESIDE = 2
"""Words of such a question: "no? Leeds" asks nothing first."""
OF_TRIALS = "clinical trials"
"""What such a question is about where it does not say it itself."""
ADVICE = "seek_advice"
"""The intent of a request for a personal decision."""


def back_to_trials(turn: Turn) -> Events | None:
    """Shows the list of studies again for who goes back to it, with what they add to the search."""
    move = back_to_list(turn.question.text, turn.standing, turn.answerer.trials.shelf)
    return said(turn, move, turn.standing) if move is not None else None


def about_trials(turn: Turn) -> Events | None:
    """Replies to a message that is about studies of the registry; None for every other message."""
    text, trials, standing = turn.question.text, turn.answerer.trials, turn.standing
    if turn.answerer.published_question(text):
        return None
    if turn.card:
        # Right after an emergency card only a message that speaks of studies is about them: "in Spain" is where it is.
        if not trials.shelf.understand(text).speaks_of_studies:
            return None
        standing = replace(standing, after_studies=False, recent=False, talks_on=False)
    move = heard(
        text,
        standing,
        trials.shelf,
        leaning=turn.leaning(standing.before),
        advice=_advice(turn, standing),
        rival=lambda: _rival(turn, standing),
    )
    return said(turn, move, standing, _beside(turn, move, standing)) if move is not None else None


def _beside(turn: Turn, move: Move, standing: Standing) -> list[Answer]:
    """Answers to other questions in the same message: "any trials in Leeds? And who pays for it?"."""
    pieces = parts(turn.question.text)
    if len(pieces) == 1 or not isinstance(move, (Look, Numbers, Named)):
        return []
    shelf, found = turn.answerer.trials.shelf, []
    for piece in filter(asks, pieces):
        understood = shelf.understand(piece)
        only_limits = not understood.left and (understood.search != Search() or len(piece.split()) < FEWEST_BESIDE)
        if understood.asks or find_nct(piece) or (only_limits and not understood.explains):
            continue
        context = Context(turn.question.context.region, earlier=OF_TRIALS)
        answer = turn.answerer.answer(replace(turn.question, text=piece, context=context))
        if answer.kind in ("answer", "steps") and (answer.confidence or 0) >= SURE:
            found.append(answer)
    return found[:MOST_BESIDE]


def _advice(turn: Turn, standing: Standing) -> Literal["no", "likely", "sure"]:
    if turn.knowledge.seeks_advice(turn.question.text):
        return "sure"
    # What the model alone takes for advice is, after a list of studies, mostly about these: "my dad is 81 though". A
    # story is not.
    is_short = len(turn.question.text.split()) <= SHORT
    return "likely" if turn.intent == ADVICE and not (standing.after_studies and is_short) else "no"


def _rival(turn: Turn, standing: Standing) -> Rival:
    question = turn.question
    if standing.after_studies or standing.after_joining:
        # In the light of what was said about joining, "in Spain" finds an entry wherever one speaks of Spain.
        question = replace(question, context=replace(question.context, last_entry=None))
    best = turn.answerer.understood(question).best
    return Rival(best.confidence, turn.knowledge.is_published_phrasing(turn.question.text)) if best.hits else Rival()


def said(turn: Turn, move: Move, standing: Standing, beside: Sequence[Answer] = ()) -> Events:
    """Speaks the reply to a move, then what answers other questions `beside` it, and remembers them."""
    if isinstance(move, Join):
        return _deferred(turn, move, standing)
    if isinstance(move, Read):
        return (
            turn.give(turn.answerer.entry_answer(move.entry, turn.question))
            if turn.answerer.entry(move.entry)
            else turn.say("nothing_yet")
        )
    reply = turn.answerer.trials.reply(move, standing, turn.answerer.entry)
    part = "answer" if isinstance(move, (About, Numbers, Named)) else TRIALS
    answer = _with_language_told(turn, reply.answer)
    given = turn.give_all([answer, *beside]) if beside else turn.give(answer, part)
    return [SlotSet("trial_search", reply.talk.to_json()), *given]


def _with_language_told(turn: Turn, answer: Answer) -> Answer:
    """For who asks in Spanish: that replies are in English, in front of what was found."""
    if language(turn.question.text) != "es":
        return answer
    return replace(answer, blocks=(spoken(turn.phrase("abstain_language", "es")), *answer.blocks))


def _deferred(turn: Turn, move: Join, standing: Standing) -> Events:
    """Who decides, what the record says, how one joins, and the offer to search; then what was looked for as well."""
    answerer = turn.answerer
    deferred = answerer.joining_deferred(turn.question, move)
    if not move.searches:
        return turn.give(deferred)
    searched = answerer.trials.reply(Look(move.understood), standing, answerer.entry)
    return [SlotSet("trial_search", searched.talk.to_json()), *turn.give_all([deferred, searched.answer], TRIALS)]
