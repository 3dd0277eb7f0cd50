"""An answer as plain text, for channels that show text only and as the readable form of every reply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_uppercase

from knowledge.model import Answer, Block, Run
from knowledge.phrases import Phrases, spoken_date

SOURCES_NAMED = 3
"""At most so many sources are named in the source line; the whole list is in the answer itself."""


def as_text(answer: Answer, phrases: Phrases) -> str:
    """Blocks parted by blank lines, then one line that says source, date and review state."""
    parts = [text for block in answer.blocks if (text := "\n".join(block_lines(block)))]
    line = source_line(answer, phrases)
    return "\n\n".join([*parts, line] if line else parts)


def review_line(answer: Answer, phrases: Phrases) -> str:
    """When an answer was checked and who approved it, without its sources; empty for replies without an entry."""
    return source_line(replace(answer, sources=()), phrases)


def source_line(answer: Answer, phrases: Phrases) -> str:
    """Where the answer comes from, when it was checked and who approved it; empty for replies without an entry."""
    if answer.checked_on is None or answer.review is None:
        return ""
    named = [f"{source.organisation}, {source.title}" for source in answer.sources[:SOURCES_NAMED]]
    return phrases.say(
        answer.locale,
        "source_line" if named else "source_line_none",
        sources="; ".join(named),
        checked_on=spoken_date(answer.checked_on, answer.locale),
        review=phrases.say(answer.locale, f"review_{answer.review}"),
    )


def block_lines(block: Block) -> Iterator[str]:
    """The lines of one block; steps and choices with their marks."""
    if block.runs:
        yield _text(block.runs)
    for number, item in enumerate(block.items, 1):
        yield _mark(block, number) + _text(item)


def _mark(block: Block, number: int) -> str:
    if block.type == "quiz":
        # Whoever answers in writing names a choice by its letter.
        return f"{ascii_uppercase[(number - 1) % 26]}. "
    return f"{number}. " if block.type == "steps" else "" if block.type == "trial" else "- "


def _text(runs: tuple[Run, ...]) -> str:
    return "".join(run.text if run.href in (None, run.text) else f"{run.text} {run.href}" for run in runs)
