"""A reply of the person to what they were asked or offered: one of a list, yes, or no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions.memory import OFFERS, TRIALS
from actions.turn import Events, Turn
from knowledge.choosing import named, picked, says_no, says_none, says_yes
from knowledge.courtesy import only_thanks
from knowledge.language import is_spanish
from knowledge.quiz import judged
from knowledge.search.words import content_words
from knowledge.trials.numbers import find_nct

_TOLD_ABOUT = re.compile(
    r"\b(?:did|have|had) you (?:say|said|tell|told)(?: me| us)?(?: before| earlier| just now)? about\b(.+)",
    re.IGNORECASE,
)
_BACK_TO = re.compile(
    r"^\W*(?:(?:ok|okay|so|now|anyway|anyways|well|and|but|please|thanks|can we|could we|lets|let's|let us|shall we|"
    r"i want to|i would like to|i'd like to)\W+)*"
    r"(?:(?:go |get |come )?back to|return to|resume|(?:continue|carry on|go on) with)\b([^,.:;?!]+)[,.:;?!]*(.*)",
    re.IGNORECASE,
)
_OUR_TALK = frozenset(
    content_words(
        "question topic answer talk talking discuss conversation thing subject earlier first before part again bit "
        "last back continue return resume left pick tell told said show showed asked saying where let can"
    )
)
"""Words about the talk itself, which name nothing that was shown."""


def thanked(turn: Turn) -> Events | None:
    """Replies to thanks, whatever else a model takes them for; None for every other message."""
    text = turn.tracker.latest_message.get("text") or ""
    if turn.intent == "thank" or not only_thanks(text):
        return None
    return turn.say("manners_thank", locale="es" if is_spanish(text) else None)


def taken_up(turn: Turn) -> Events | None:
    """Replies to a message that picks from what is on offer; None for every other message."""
    memory, text = turn.memory, turn.question.text
    if turn.card or turn.answerer.published_question(text):
        return None
    if memory.part == "quiz" and memory.last_reply:
        feedback = judged(turn.answerer, memory.last_reply, turn.question)
        if feedback is not None:
            return turn.give(feedback)
    told = _TOLD_ABOUT.search(text)
    back_to = None if told else _BACK_TO.match(text)
    item = spoken_of(turn, told[1]) if told else spoken_of(turn, back_to[1], whole=True) if back_to else None
    if item:
        asked = back_to[2].strip() if back_to else ""
        return (_asked_of(turn, item, asked) if asked else None) or turn.show(item)
    if not memory.listed:
        # A list of studies stays at hand while something else is talked about.
        page = turn.standing.talk.page
        place = picked(text, max(1, len(page)))
        if place is None:
            return None
        if place < len(page):
            return shown(turn, page[place], page)
        return turn.offer("which_one", page) if page else turn.say("nothing_to_choose")
    if says_none(text):
        return turn.say("none_of_these")
    place = picked(text, len(memory.listed))
    if place is None and memory.part in (*OFFERS, TRIALS) and not _looks_for_studies(turn):
        # "Show more" is no choice of the one study whose button says "Show NCT…".
        place = named(text, [item if find_nct(item) else turn.title(item) for item in memory.listed])
    if place is None and memory.part in OFFERS:
        if says_no(text):
            return turn.say("none_of_these")
        if says_yes(text):
            place = 0 if len(memory.listed) == 1 else len(memory.listed)
    if place is None:
        return None
    if place == len(memory.listed):
        return turn.offer("which_one", memory.listed)
    return shown(turn, memory.listed[place], memory.listed)


def _looks_for_studies(turn: Turn) -> bool:
    """Whether a message asks for studies: "any trials of it" names no entry about trials."""
    understood = turn.answerer.trials.shelf.understand(turn.question.text)
    return understood.asks and understood.speaks_of_studies


def shown(turn: Turn, item: str, among: Sequence[str]) -> Events:
    """Shows one of several. The others stay on offer: "no, the other one", "and the first one"."""
    chosen = turn.show(item, among, [left for left in among if left != item])
    return turn.say("nothing_to_choose") if chosen is None else chosen


def spoken_of(turn: Turn, text: str, *, whole: bool = False) -> str | None:
    """What was shown of those things that the text names: "back to the trials", "my lupus question"; of several the
    likest, and among equals the latest. `whole`: all that the text names must be part of it."""
    said = set(content_words(text)) - _OUR_TALK
    shown = turn.memory.shown
    most, place = max(((len(said & _about(turn, item)), place) for place, item in enumerate(shown)), default=(0, 0))
    if most and (most == len(said) or not whole):
        return shown[place]
    # Other words for it: what search finds for them, if it is among the first.
    hits = [hit.entry.id for hit in turn.answerer.index.search(text).hits] if said else []
    return next((item for item in hits if item in shown), None)


def _about(turn: Turn, item: str) -> set[str]:
    revision = turn.answerer.entry(item)
    if revision is None:
        return set(content_words("trials search list recruiting" if item == TRIALS else f"study {item}"))
    entry = revision.entry
    return set(content_words(" ".join((entry.question, *entry.phrasings, entry.topic.replace("_", "-")))))


def _asked_of(turn: Turn, item: str, text: str) -> Events | None:
    """Replies to a question about what the conversation goes back to, "back to the eyes, who has the most risk"; None
    where there is no answer to it."""
    context = replace(turn.question.context, last_entry=item if turn.answerer.entry(item) else None)
    answer = turn.answerer.answer(replace(turn.question, text=text, context=context))
    return None if answer.kind == "abstain" else turn.give(answer)
