"""Small content for tests: entries, a folder of files, and an encoder that needs no model."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.files import write_entry
from knowledge.model import Entry, Source
from knowledge.search.encoder import DIMENSIONS
from knowledge.search.words import words
from safety import EMERGENCY_RULES, cards_named

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.timezone.utc)
SOURCE = Source("place", "A page about tea", "A good place", 2025, "https://example.org/tea")

TEA = Entry(
    id="tea-what-is",
    locale="en",
    topic="lupus",
    question="What is tea?",
    phrasings=(
        *("tea meaning", "define tea", "what is in tea", "tea explained", "is tea a drink", "tell me of tea"),
        *("my aunt drinks tea what is it", "tee", "whats this hot brown drink", "herbs in hot water"),
    ),
    audience="everyone",
    answer_kind="text",
    facts=("TEA-001",),
    sources=("place",),
    figures=("70",),
    related=("tea-steps",),
    as_of=None,
    checked_on=dt.date(2026, 11, 22),
    # Far away: what is overdue is a fault, and no test may turn red by the calendar.
    review_due=dt.date(2099, 11, 22),
    cautions=(),
    answer="Tea is a drink of leaves and water.\n\nThe water is at 70 degrees:\n\n- not hotter\n- not cooler",
    simpler="Tea is a drink.",
    more="People drink it everywhere.",
)
STEPS = replace(
    TEA,
    id="tea-steps",
    question="How do I make tea?",
    phrasings=(
        *("make tea", "brew tea", "tea how to", "cook tea", "prepare a cup of tea", "steps for brewing"),
        *("i never made tea how do i", "kettle leaves then what", "teh making", "boil water for tea"),
    ),
    answer_kind="steps",
    figures=(),
    related=("tea-what-is",),
    answer="Boil water, then pour it on the leaves.",
    more="",
    steps=("Boil water.", "Pour it on the leaves.", "Wait."),
)
CARD = replace(
    STEPS,
    id="scald",
    topic="cards",
    question="What do I do about a scald?",
    phrasings=(),
    answer_kind="card",
    related=(),
    answer="Call {emergency_number} now.",
    simpler="",
    cautions=("emergency",),
)
ENTRIES = (TEA, STEPS, CARD)

SOURCES_FILE = """\
place:
  title: "A page about tea"
  organisation: "A good place"
  year: 2025
  address: "https://example.org/tea"
elsewhere:
  title: "Another page"
  organisation: "Elsewhere"
  year: null
  address: null
"""
FACTS_FILE = """\
id\tmark\tsources\ttext\thow sure
TEA-001\tseen\tplace\tTea is made with water at 70 degrees, by fifteen people.\tseen
TEA-002\trecheck\tplace\tTea may be old.\tnot found again
"""


def write_folder(folder: Path, entries: Sequence[Entry] = ENTRIES) -> Path:
    """A content folder as people write it."""
    for entry in entries:
        file = file_of(folder, entry)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(write_entry(entry), encoding="utf-8")
    (folder / "sources.yml").write_text(SOURCES_FILE, encoding="utf-8")
    (folder / "facts.tsv").write_text(FACTS_FILE, encoding="utf-8")
    return folder


def write_publishable_folder(folder: Path) -> Path:
    """The same with every card that the emergency rules may show: without them nothing is published."""
    return write_folder(folder, (*ENTRIES, *demanded_cards()))


@functools.cache
def demanded_cards() -> tuple[Entry, ...]:
    names = sorted(cards_named(EMERGENCY_RULES))
    return tuple(
        replace(CARD, id=name, locale=locale, question=f"What about {name}?")
        for name in names
        for locale in ("en", "es")
    )


def file_of(folder: Path, entry: Entry) -> Path:
    return folder / entry.locale / entry.topic / f"{entry.id}.md"


def change(file: Path, old: str, new: str) -> int:
    """Replaces text in a file, which must hold it once; returns the number of its line."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


class WordEncoder:
    """Each word is a direction of its own, a text the sum of its words: near enough to meaning for small content."""

    def __init__(self, name: str = "words-1") -> None:
        self.hash = name
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += texts
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in zip(vectors, texts):
            for word in words(text):
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
                row += np.random.default_rng(seed).standard_normal(DIMENSIONS, dtype=np.float32)
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return vectors

    def encode_both(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        vectors = self.encode(texts)
        return vectors, 2 * vectors

    english: Collection[str] = ()


class StillEncoder(WordEncoder):
    """For thousands of texts whose meaning is not asked for."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), DIMENSIONS), np.float32)


class Vectors:
    """A cache of vectors in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], np.ndarray] = {}

    def vectors(self, text_hashes: Sequence[str], model_hash: str) -> dict[str, np.ndarray]:
        return {key: self.kept[key, model_hash] for key in text_hashes if (key, model_hash) in self.kept}

    def keep_vectors(self, by_hash: Mapping[str, np.ndarray], model_hash: str) -> None:
        self.kept.update({(key, model_hash): vector for key, vector in by_hash.items()})


def publication(**changes: Any) -> dict[str, Any]:
    """The named arguments of `KnowledgeStore.publish`."""
    usual = {"base": 0, "author": "starter", "review": "editorial", "origin": "seed", "at": NOON}
    return {**usual, **changes}
