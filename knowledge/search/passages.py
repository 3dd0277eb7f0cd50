"""The texts by which an entry can be found: how people ask for it, and what it says."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from knowledge.model import Entry

PassageKind = Literal["asked", "told", "outside"]


class Passage(NamedTuple):
    """`asked`: the question or a phrasing. `told`: a paragraph of the answer. `outside`: a question of others."""

    text: str
    kind: PassageKind

    @property
    def is_embedded(self) -> bool:
        """Whether it has a sentence vector. A paragraph has none: how people ask for it says more."""
        return self.kind != "told"


def passages(entry: Entry) -> tuple[Passage, ...]:
    """All passages of an entry. Cards have none: they are shown by the safety rules, never found by search. Terms of
    the glossary have none: what people ask about them, entries answer in full."""
    if entry.answer_kind in ("card", "term"):
        return ()
    asked = [Passage(text, "asked") for text in (entry.question, *entry.phrasings)]
    told = [text.strip() for text in re.split(r"\n\s*\n", f"{entry.answer}\n\n{entry.more}") if text.strip()]
    return (*asked, *(Passage(text, "told") for text in told))
