"""What a text rests on: its facts and sources as people read them, and those that fit some words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.model import Entry, Fact, Source
from knowledge.review import Grounds

SHOWN = 30
"""Facts, or sources, of one search."""


@dataclass(frozen=True)
class CitedFact:
    """A fact of a text. `fact` is None where nobody knows its id."""

    id: str
    fact: Fact | None


@dataclass(frozen=True)
class CitedSource:
    """A source, beside the facts of a text: `carries` those of them that it says, `others` the facts that it says
    besides. `source` is None where nobody knows its key."""

    key: str
    source: Source | None
    carries: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundFact:
    """`sources`: keys of those that carry it."""

    fact: Fact
    sources: tuple[str, ...]


def cited_facts(entry: Entry, grounds: Grounds) -> list[CitedFact]:
    return [CitedFact(name, grounds.facts.get(name)) for name in entry.facts]


def cited_sources(entry: Entry, grounds: Grounds) -> list[CitedSource]:
    return _beside(entry.sources, entry.facts, grounds)


def facts_with(words: str, grounds: Grounds) -> tuple[list[FoundFact], int]:
    """The first facts that hold every word, and how many do; none for no word."""
    wanted = words.casefold().split()
    hits = [fact for fact in grounds.facts.values() if wanted and _holds(wanted, f"{fact.id} {fact.text}")]
    return [FoundFact(fact, grounds.carriers[fact.id]) for fact in hits[:SHOWN]], len(hits)


def sources_with(words: str, facts: Sequence[str], grounds: Grounds) -> tuple[list[CitedSource], int]:
    """The first sources whose title, organisation, year or key hold every word, and how many do; those first that carry
    one of `facts`. For no word, all that carry one of them."""
    wanted = words.casefold().split()
    hits = [
        key
        for key, source in grounds.sources.items()
        if wanted and _holds(wanted, f"{key} {source.title} {source.organisation} {source.year or ''}")
    ]
    found = _beside(hits if wanted else grounds.sources, facts, grounds)
    if not wanted:
        found = [row for row in found if row.carries]
    named = sorted(found, key=lambda row: (not row.carries, _title(row).casefold(), row.key))
    return named[:SHOWN], len(named)


def _holds(words: Iterable[str], text: str) -> bool:
    said = text.casefold()
    return all(word in said for word in words)


def _title(row: CitedSource) -> str:
    return row.source.title if row.source else row.key


def _beside(keys: Iterable[str], facts: Sequence[str], grounds: Grounds) -> list[CitedSource]:
    wanted = list(keys)
    said: dict[str, list[str]] = {key: [] for key in wanted}
    for name, carriers in grounds.carriers.items():
        for key in carriers:
            if key in said:
                said[key].append(name)
    return [
        CitedSource(
            key,
            grounds.sources.get(key),
            tuple(name for name in facts if name in said[key]),
            tuple(name for name in said[key] if name not in facts),
        )
        for key in wanted
    ]
