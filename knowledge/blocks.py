"""Published text -> blocks. Nothing is reworded: each run is a piece of a revision, byte for byte, slots filled."""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.model import Block, Run
from safety.cards import fill


def paragraphs(text: str, slots: Mapping[str, str]) -> tuple[Block, ...]:
    """Blocks of a section: blank lines part paragraphs, lines that begin with "- " are one list."""
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        listed = [row[2:] for row in part.split("\n") if row.startswith("- ")]
        plain = " ".join(row for row in part.split("\n") if not row.startswith("- "))
        if plain:
            blocks.append(Block("paragraph", runs=(Run(fill(plain, slots)),)))
        if listed:
            blocks.append(Block("list", items=tuple((Run(fill(row, slots)),) for row in listed)))
    return tuple(blocks)


def steps(rows: tuple[str, ...], slots: Mapping[str, str]) -> tuple[Block, ...]:
    """One block of numbered steps, or none."""
    return (Block("steps", items=tuple((Run(fill(row, slots)),) for row in rows)),) if rows else ()


def spoken(text: str) -> Block:
    """A spoken phrase as a paragraph."""
    return Block("paragraph", runs=(Run(text),))


def callout(text: str) -> Block:
    """A spoken phrase set apart from the answer."""
    return Block("callout", runs=(Run(text),))
