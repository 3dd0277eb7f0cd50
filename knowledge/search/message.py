"""What a whole message asks: its questions, each ranked alone and in the light of what the message is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from knowledge.search.confidence import Beside, confidence_beside
from knowledge.search.index import Index, Ranking, Reading
from knowledge.search.questions import asks, asks_for_nothing, listed, names_a_subject, parts, wants_to_know
from knowledge.search.words import content_words, words

SUBJECTS = 3
"""Words of what a message is about that are put before a part which does not name it itself."""
STORY = 25
"""Words; in a longer message, what is told before or behind a question is hardly another one."""
MOST_UNITS = 12
"""Parts of a message, and what they list, that are looked at as questions of their own. The last ones count."""


class Unit(NamedTuple):
    """What may be a question of its own: the part of the message at this `place`, or something that this part lists.
    `is_told`: it is not put as a question, while others are. `named`: what it is about, as far as the message said it
    before."""

    text: str
    place: int
    is_listed: bool
    is_told: bool
    named: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A unit with the best entries for it. The confidence of `ranking` is that the message asks for the first of them,
    beside others."""

    unit: Unit
    ranking: Ranking

    @property
    def asks(self) -> bool:
        """Whether it is a part that is put as a question."""
        return not self.unit.is_listed and asks(self.unit.text)

    @property
    def first(self) -> str:
        """Id of the best entry; "" where nothing was found."""
        return self.ranking.hits[0].entry.id if self.ranking.hits else ""


@dataclass(frozen=True)
class Read:
    """A message as search understands it. `best`: what it asks, read as one question; `questions`: what of it may be a
    question of its own, in order; none where the message is of one piece. `leans`: it makes sense only with what was
    said before; `follows`: it was read together with that."""

    best: Ranking
    questions: tuple[Asked, ...] = ()
    leans: bool = False
    follows: bool = False


@dataclass(frozen=True)
class Readings:
    """A message read as a whole, and its parts that ask; none where it is of one part."""

    whole: Reading
    asking: tuple[Reading, ...] = ()


def read(text: str, index: Index) -> Read:
    """Ranks the entries for a message, and for all that may be a question of its own."""
    found = readings(text, index)
    best = index.ranked(found.whole, found.asking)
    return Read(best, tuple(Asked(unit, ranked) for unit, ranked, _ in ranked_beside(text, found.whole, best, index)))


def readings(text: str, index: Index) -> Readings:
    """Holds a message and its parts that ask against the entries: those that are put as questions or, where none is,
    those that say that they want to know, else all of them."""
    pieces = parts(text)
    whole = index.read(text)
    if len(pieces) == 1:
        return Readings(whole)
    put = [piece for piece in pieces if asks(piece)]
    asking = put or [piece for piece in pieces if wants_to_know(piece)] or pieces
    return Readings(whole, tuple(map(index.read, asking)))


def units(text: str, index: Index) -> tuple[Unit, ...]:
    """What of a message may be a question of its own; nothing where it is of one piece."""
    pieces, found = parts(text), []
    # What a part is about was said before it or by it; else the message as a whole names it once, for all its parts.
    everywhere = index.subjects(text)[:1]
    asking = {place for place, piece in enumerate(pieces) if asks(piece) or wants_to_know(piece)}
    is_story = len(text.split()) > STORY
    for place, piece in enumerate(pieces):
        named = index.subjects(" ".join(pieces[: place + 1])) or everywhere
        is_told = bool(asking) and place not in asking
        if not is_told or not is_story or names_a_subject(piece):
            found.append(Unit(piece, place, False, is_told, named))
        if not is_told:
            found += [Unit(one, place, True, False, named) for one in listed(piece)]
    if len(found) < 2:
        return ()
    telling = [unit for unit in found if not asks_for_nothing(unit.text) and _has_meaning(unit.text, index)]
    return tuple(telling[-MOST_UNITS:]) if len(telling) > 1 else ()


def _has_meaning(text: str, index: Index) -> bool:
    return bool(content_words(index.vocabulary.canonical(text)))


def ranked_beside(text: str, whole: Reading, best: Ranking, index: Index) -> Iterator[tuple[Unit, Ranking, Beside]]:
    """Each unit of a message with the best entries for it, and what speaks for its being a question of its own.
    `whole`: how the message reads, `best`: what it asks as one question."""
    found = units(text, index) if best.hits else ()
    if not found:
        return
    order = {int(place): rank for rank, place in enumerate(np.argsort(-whole.scores, kind="stable"))}
    several_parts = len({unit.place for unit in found}) > 1
    for unit in found:
        rows = []
        for reading in (index.read(unit.text), *map(index.read, _with(unit.named, unit.text, index))):
            ranking = index.ranked(whole, (reading,), as_part=True)
            place = index.place(ranking.hits[0].entry)
            rank = order[place]
            figures = Beside(
                sure=ranking.confidence,
                chance=ranking.evidence.chance,
                asks=asks(unit.text),
                told=unit.is_told,
                words=len(reading.stems),
                behind=float(whole.scores[place] - whole.scores.max()),
                among_three=rank < 3,
                among_six=rank < 6,
                whole_sure=best.confidence,
                whole_chance=best.evidence.chance,
                several_parts=several_parts,
                listed=unit.is_listed,
            )
            rows.append((unit, replace(ranking, confidence=confidence_beside(figures)), figures))
        yield max(rows, key=lambda row: row[1].confidence)


def _with(subjects: Sequence[str], piece: str, index: Index) -> list[str]:
    """A part with what the message was about so far, where the part hardly says it itself; else nothing."""
    if len(index.subjects(piece)) > 1:
        return []
    named = set(words(index.vocabulary.canonical(piece)))
    missing = [word for word in subjects if word not in named][:SUBJECTS]
    return [" ".join([*missing, piece])] if missing else []
