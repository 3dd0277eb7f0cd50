"""What differs between two texts, word by word, for whoever has to choose between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from knowledge.editing.rows import COLUMNS, cells_of
from knowledge.model import Entry

MOST_WORDS = 2_000
"""Beyond so many words and signs between the first and the last difference of two texts, all of them are said to
differ: to find out more would take too long. The longest text of the starter content has about 250 words."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|\s+|.", re.DOTALL)
"""A number or a word as a whole: of 1.50 and 1.55 a reader wants to see both, and not 0 and 5."""


@dataclass(frozen=True)
class Piece:
    """A part of both texts, of the old one alone or of the new one alone. Old and same pieces in their order are the
    old text, new and same ones the new text."""

    kind: Literal["same", "old", "new"]
    text: str


def words_between(old: str, new: str) -> tuple[Piece, ...]:
    """The pieces of two texts; where words were replaced, the old ones come first."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    middle = before[start : len(before) - end], after[start : len(after) - end]
    found = [Piece("same", "".join(before[:start])), *_replaced(*middle)]
    return tuple(_joined([*found, Piece("same", "".join(before[len(before) - end :]))]))


def entries_between(old: Entry, new: Entry) -> dict[str, tuple[Piece, ...]]:
    """The pieces of each field that differs, by name, lists one value a line."""
    before, after = cells_of(old), cells_of(new)
    return {name: words_between(before[name], after[name]) for name in COLUMNS if before[name] != after[name]}


def drawn(pieces: Iterable[Piece]) -> str:
    """Pieces as plain text: [-what is gone-] and {+what came+}."""
    marks = {"same": ("", ""), "old": ("[-", "-]"), "new": ("{+", "+}")}
    return "".join(piece.text.join(marks[piece.kind]) for piece in pieces)


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(before, after))
    return next((number for number, (one, other) in pairs if one != other), min(len(before), len(after)))


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    if max(len(before), len(after)) > MOST_WORDS:
        yield from (Piece("old", "".join(before)), Piece("new", "".join(after)))
        return
    for kind, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[i:j]))
        else:
            yield from (Piece("old", "".join(before[i:j])), Piece("new", "".join(after[k:m])))


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and without a same piece that is only the blank between two that differ: "[-two old-]" is
    read more easily than "[-two-] [-old-]"."""
    old = new = ""
    for number, piece in enumerate(pieces):
        parted = (old or new) and not piece.text.strip() and any(later.text for later in pieces[number + 1 :])
        if piece.kind == "same" and piece.text and not parted:
            yield from (one for one in (Piece("old", old), Piece("new", new), piece) if one.text)
            old = new = ""
        else:
            old += piece.text * (piece.kind != "new")
            new += piece.text * (piece.kind != "old")
    yield from (one for one in (Piece("old", old), Piece("new", new)) if one.text)
