"""What a whole message asks: its questions, each ranked alone and in the light of what the message is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.search.confidence import confidence
from knowledge.search.index import Index, Ranking
from knowledge.search.questions import asks, parts, wants_to_know
from knowledge.search.words import words

WHOLE = 40
"""Words up to which a message of several parts is also read as one question."""
SURE = 0.5
"""Confidence from which what is put as a question goes before what only sounds like one."""
SUBJECTS = 3
"""Words of what a message is about that are put before a part which does not name it itself."""


@dataclass(frozen=True)
class Read:
    """A message as search understands it. `questions` are its parts that are put as questions, in order, each as it was
    found best; `best` is the surest of them and of the whole message or, where none is sure, of all readings. `leans`:
    it makes sense only with what was said before."""

    best: Ranking
    questions: tuple[Ranking, ...]
    leans: bool = False


@dataclass(frozen=True)
class Readings:
    """All ways to read a message: as one question (`whole`, which counts if `as_one`), and each part that asks in one
    way or two; `put_as_question` tells of each part whether it is. Confidences are those of parts within the whole."""

    whole: Ranking
    parts: tuple[tuple[Ranking, ...], ...]
    put_as_question: tuple[bool, ...]
    as_one: bool


def read(text: str, index: Index) -> Read:
    """Finds the questions of a message and ranks the entries for each."""
    found = readings(text, index)
    surest = tuple(map(_surest, found.parts))
    questions = tuple(part for part, is_question in zip(surest, found.put_as_question) if is_question)
    as_one = (found.whole,) if found.as_one else ()
    best = _surest([*(questions or surest), *as_one])
    if best.confidence < SURE:
        best = _surest([*surest, *as_one])
    return Read(best, questions)


def readings(text: str, index: Index) -> Readings:
    """Every reading of a message; a message of one part has one."""
    whole = index.search(text)
    pieces = parts(text)
    if len(pieces) == 1:
        return Readings(whole, ((whole,),), (True,), as_one=True)
    asked = [at for at, piece in enumerate(pieces) if asks(piece) or wants_to_know(piece)] or range(len(pieces))
    # What a part is about was said before it or by it; else the message as a whole names it once, for all its parts.
    everywhere = index.subjects(text)[:1]
    found = tuple(
        tuple(_readings(pieces[at], index.subjects(" ".join(pieces[: at + 1])) or everywhere, index, whole))
        for at in asked
    )
    put = tuple(asks(pieces[at]) for at in asked)
    return Readings(whole, found, put, as_one=len(text.split()) <= WHOLE)


def _readings(piece: str, subjects: Sequence[str], index: Index, whole: Ranking) -> list[Ranking]:
    """A part by itself and, where it hardly says what it is about, with what the message was about so far."""
    alone = _within(index.search(piece), whole)
    if len(index.subjects(piece)) > 1:
        return [alone]
    named = set(words(alone.text))
    missing = [word for word in subjects if word not in named][:SUBJECTS]
    return [alone, _within(index.search(" ".join([*missing, piece])), whole)] if missing else [alone]


def _within(part: Ranking, whole: Ranking) -> Ranking:
    """A part with its confidence as part of that message."""
    return replace(part, confidence=confidence(part.evidence, whole.evidence)) if part.hits else part


def _surest(rankings: Sequence[Ranking]) -> Ranking:
    return max(rankings, key=lambda ranking: ranking.confidence)
