"""Teach-back: the check question of an entry, and what the entry itself says to each choice."""

from __future__ import annotations

from knowledge.answer import Answerer
from knowledge.blocks import paragraphs, spoken
from knowledge.choosing import named, picked, says_no, says_yes
from knowledge.model import Answer, Block, Choice, FollowUp, Question, Quiz, Run
from knowledge.search.words import words


def quiz_answer(answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
    """The check question of an entry as an answer; None where it has none. Raises `KeyError` when it is not live."""
    revision = answerer.live(entry_id, question.locale)
    quiz = revision.entry.quiz
    if quiz is None:
        return None
    drawn = {"question": quiz.question, "choices": [dict(vars(choice)) for choice in quiz.choices]}
    items = tuple((Run(choice.text),) for choice in quiz.choices)
    buttons = tuple(FollowUp(choice.text, choice.text) for choice in quiz.choices)
    return answerer.from_revision(revision, (Block("quiz", (Run(quiz.question),), items, drawn),), buttons)


def judged(answerer: Answerer, entry_id: str, question: Question) -> Answer | None:
    """What the entry says to the choice that a message makes; None for a message that is none of its choices."""
    revision = answerer.entry(entry_id, question.locale) or answerer.entry(entry_id)
    quiz = revision.entry.quiz if revision else None
    choice = chosen(question.text, quiz) if quiz else None
    if revision is None or choice is None:
        return None
    not_quite = () if choice.correct else (spoken(answerer.say("quiz_not_quite", revision.entry.locale)),)
    related = answerer.entry_answer(entry_id, question).follow_ups
    return answerer.from_revision(revision, (*not_quite, *paragraphs(choice.explanation, {})), related)


def chosen(text: str, quiz: Quiz) -> Choice | None:
    """The choice that a message makes: by its letter or number, its words, or yes and no."""
    options = [choice.text for choice in quiz.choices]
    place = named(text, options)
    if place is None:
        place = picked(text, len(options))
    if place is None and (says_yes(text) or says_no(text)):
        wanted = "yes" if says_yes(text) else "no"
        place = next((number for number, option in enumerate(options) if words(option)[:1] == [wanted]), None)
    return quiz.choices[place] if place is not None and place < len(options) else None
