"""What a whole message asks: its questions, each ranked alone and in the light of what the message is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.search.index import Index, Ranking, Reading
from knowledge.search.questions import asks, names_a_subject, parts, wants_to_know
from knowledge.search.words import words

SUBJECTS = 3
"""Words of what a message is about that are put before a part which does not name it itself."""


@dataclass(frozen=True)
class Read:
    """A message as search understands it. `best`: what it asks, read as one question; `questions`: its parts that are
    put as questions, in order, each read as one of several, and `put` as they were said. `leans`: it makes sense only
    with what was said before; `follows`: it was read together with that."""

    best: Ranking
    questions: tuple[Ranking, ...]
    put: tuple[str, ...] = ()
    leans: bool = False
    follows: bool = False


@dataclass(frozen=True)
class Readings:
    """A message read as a whole, and its parts that ask; none where it is of one part. `named`: what each part that is
    put as a question is about, as far as the message said it before."""

    whole: Reading
    parts: tuple[str, ...] = ()
    asking: tuple[Reading, ...] = ()
    named: tuple[tuple[str, ...], ...] = ()


def read(text: str, index: Index) -> Read:
    """Finds the questions of a message and ranks the entries for each."""
    found = readings(text, index)
    best = index.ranked(found.whole, found.asking)
    if len(found.named) < 2:
        return Read(best, (best,) if found.named or not found.parts else ())
    rows = zip(found.parts, found.asking, found.named)
    questions = [[alone, *map(index.read, _with(named, part, index))] for part, alone, named in rows]
    return Read(best, tuple(index.ranked(found.whole, row, as_part=True) for row in questions), found.parts)


def readings(text: str, index: Index) -> Readings:
    """Holds a message and its parts that ask against the entries: those that are put as questions or, where none is,
    those that say that they want to know, else all of them."""
    pieces = parts(text)
    whole = index.read(text)
    if len(pieces) == 1:
        return Readings(whole)
    put = [at for at, piece in enumerate(pieces) if asks(piece)]
    if put:
        put = [at for at, piece in enumerate(pieces) if at in put or (names_a_subject(piece) and index.subjects(piece))]
    asking = put or [at for at, piece in enumerate(pieces) if wants_to_know(piece)] or list(range(len(pieces)))
    # What a part is about was said before it or by it; else the message as a whole names it once, for all its parts.
    everywhere = index.subjects(text)[:1]
    named = tuple(index.subjects(" ".join(pieces[: at + 1])) or everywhere for at in put)
    chosen = tuple(pieces[at] for at in asking)
    return Readings(whole, chosen, tuple(map(index.read, chosen)), named)


def _with(subjects: Sequence[str], piece: str, index: Index) -> list[str]:
    """A part with what the message was about so far, where the part hardly says it itself; else nothing."""
    if len(index.subjects(piece)) > 1:
        return []
    named = set(words(index.vocabulary.canonical(piece)))
    missing = [word for word in subjects if word not in named][:SUBJECTS]
    return [" ".join([*missing, piece])] if missing else []
