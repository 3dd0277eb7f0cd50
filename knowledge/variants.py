"""The same thing said in other words, so that nobody reads the same sentence twice in a row.

A phrase `abstain` can have `abstain_again` and `abstain_again2` beside it. Which of them is said follows from what was
said last and from nothing else. Only spoken phrases have other words; what a revision says is never reworded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from knowledge.model import Answer, Block, Run
from knowledge.phrases import Phrases
from safety.cards import fill

_AGAIN = re.compile(r"(\w+)_again\d*")
_SLOT = re.compile(r"\{(\w+)\}")


class Variants:
    """The wordings of all phrases that have more than one."""

    def __init__(self, phrases: Phrases) -> None:
        keys: dict[str, list[str]] = {}
        for locale, key, _ in phrases:
            if (found := _AGAIN.fullmatch(key)) and key not in keys.setdefault(f"{locale}/{found[1]}", []):
                keys[f"{locale}/{found[1]}"].append(key)
        self._wordings = {
            (locale, key): {name: phrases.of(locale)[name] for name in (key, *sorted(others))}
            for (locale, key), others in ((tuple(name.split("/")), others) for name, others in keys.items())
        }
        self._patterns = [
            (place, name, _SLOT.split(text)[0], _pattern(text))
            for place, texts in self._wordings.items()
            for name, text in texts.items()
        ]

    def reworded(self, answer: Answer, said: Collection[str]) -> Answer:
        """The answer with every phrase that is among those `said` last put in its next words."""
        blocks = tuple(self._block(block, answer.locale, said) for block in answer.blocks)
        return answer if blocks == answer.blocks else replace(answer, blocks=blocks)

    def text(self, text: str, locale: str, said: Collection[str]) -> str:
        """A spoken phrase, in its next words where it is among those `said` last."""
        for (spoken_in, key), name, begins, pattern in self._patterns:
            if spoken_in == locale and text.startswith(begins) and (found := pattern.fullmatch(text)):
                wordings = self._wordings[spoken_in, key]
                return fill(wordings[_next(list(wordings), name, said)], found.groupdict())
        return text

    def said(self, answer: Answer) -> Iterator[str]:
        """The keys of the phrases in an answer that have other words."""
        for block in answer.blocks:
            if len(block.runs) == 1:
                text = block.runs[0].text
                yield from (
                    name
                    for (spoken_in, _), name, begins, pattern in self._patterns
                    # Most are told apart by how they begin, which is quicker looked at than a pattern tried.
                    if spoken_in == answer.locale and text.startswith(begins) and pattern.fullmatch(text)
                )

    def _block(self, block: Block, locale: str, said: Collection[str]) -> Block:
        if not said or len(block.runs) != 1:
            return block
        return replace(block, runs=(Run(self.text(block.runs[0].text, locale, said)),))


def _next(wordings: list[str], name: str, said: Collection[str]) -> str:
    last = next((place for place, wording in enumerate(wordings) if wording in said), None)
    return name if last is None else wordings[(last + 1) % len(wordings)]


def _pattern(phrase: str) -> re.Pattern[str]:
    parts = _SLOT.split(phrase)
    return re.compile("".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))
