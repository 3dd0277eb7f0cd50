"""What makes a set of entries fit to publish: the checks that need more than one file.

Every fault is found in one go, with its file and line. Nothing here judges medicine; it proves that each statement
leans on a fact, each fact on a source, and each number on both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from knowledge.errors import Fault
from knowledge.files import ContentFolder
from knowledge.model import Entry

ANSWER_WORDS = 80
"""Longest `## Answer`, in words. One phone screen at 16 px; the plain-language guides ask for one idea a message."""
MORE_WORDS = 150
PHRASINGS = 6
RELATED = 5

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_TENS = {
    **{"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60"},
    **{"seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100"},
}
_WORD_NUMBERS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS)} | _TENS
_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?<![A-Za-z]-)\d[\d,]*(?:\.\d+)?")
_SLOT = re.compile(r"\{(\w+)\}")
SLOTS = {"as_of", "emergency_number", "crisis_line"}


def numbers_in(text: str, words: bool = False) -> set[str]:
    """Numbers of a text without thousands commas; with `words` also "five" as 5. Numbers inside names do not count."""
    found = {match.rstrip(",").replace(",", "") for match in _NUMBER.findall(text)}
    if words:
        found |= {_WORD_NUMBERS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORD_NUMBERS}
    return found


def _line(file: Path, needle: str) -> int:
    rows = file.read_text(encoding="utf-8").split("\n")
    return next((number for number, row in enumerate(rows, 1) if needle in row), 1)


def check(content: ContentFolder, cards: frozenset[str]) -> list[Fault]:
    """All faults of a content folder. An empty list means that it may be published. `cards`: ids that must be there,
    in English and in Spanish, because the emergency rules show them."""
    have = {entry.key for entry in content.entries if entry.answer_kind == "card"}
    wanted = sorted((locale, card) for card in cards for locale in ("en", "es"))
    faults = [
        Fault(content.folder / locale / "cards" / f"{card}.md", 1, "is missing; the emergency rules show this card")
        for locale, card in wanted
        if (locale, card) not in have
    ]
    claimed: dict[str, Entry] = {}
    keys = {entry.key for entry in content.entries}
    for entry in content.entries:
        file = content.files[entry.key]
        faults.extend(Fault(file, _line(file, needle), message) for needle, message in _entry_faults(entry, content))
        for related in entry.related:
            if (entry.locale, related) not in keys and ("en", related) not in keys:
                faults.append(Fault(file, _line(file, "related:"), f"related entry {related!r} does not exist"))
        for phrase in (entry.question, *entry.phrasings) if entry.answer_kind != "card" else ():
            same = claimed.setdefault(" ".join(re.findall(r"\w+", phrase.lower())), entry)
            if same is not entry:
                faults.append(Fault(file, _line(file, phrase), f"phrasing {phrase!r} is also claimed by {same.id}"))
    return faults


def _entry_faults(entry: Entry, content: ContentFolder) -> Iterator[tuple[str, str]]:
    """Pairs of (text that marks the line, message)."""
    card = entry.answer_kind == "card"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id):
        yield "id:", "id must be lower-case words joined by '-'"
    if not entry.question.endswith("?"):
        yield "question:", "the question must end with '?'"
    if len(entry.related) > RELATED:
        yield "related:", f"at most {RELATED} related entries"
    if len(entry.phrasings) < PHRASINGS and not card:
        yield "phrasings:", f"give at least {PHRASINGS} phrasings, not {len(entry.phrasings)}"
    if len(set(map(str.lower, entry.phrasings))) < len(entry.phrasings):
        yield "phrasings:", "a phrasing stands twice"
    if len(entry.answer.split()) > ANSWER_WORDS:
        yield "## Answer", f"the answer has {len(entry.answer.split())} words; at most {ANSWER_WORDS}"
    if len(entry.more.split()) > MORE_WORDS:
        yield "## More", f"this section has {len(entry.more.split())} words; at most {MORE_WORDS}"
    if entry.answer_kind == "yes_no" and not re.match(
        r"(Yes|No|Not|Usually|Sometimes|Often|Mostly|Sí)\b", entry.answer
    ):
        yield "## Answer", "answer_kind is yes_no: the first sentence must open with Yes or No"
    if entry.answer_kind in ("steps", "card") and not entry.steps:
        yield "answer_kind:", f"answer_kind is {entry.answer_kind}: a section ## Steps is needed"
    if entry.review_due <= entry.checked_on:
        yield "review_due:", "review_due must be later than checked_on"
    yield from _source_faults(entry, content)
    text = " ".join((entry.answer, entry.simpler, entry.more, *entry.steps))
    slots = set(_SLOT.findall(text))
    if slots - SLOTS:
        yield "{" + min(slots - SLOTS) + "}", f"unknown slot {min(slots - SLOTS)!r}; known: {', '.join(sorted(SLOTS))}"
    if ("as_of" in slots) != (entry.as_of is not None):
        yield "as_of:", "a text that ages needs both: as_of with a date, and {as_of} in its text"
    listed = set().union(*(numbers_in(figure) for figure in entry.figures))
    for number in sorted(numbers_in(text) - listed):
        yield "figures:", f"number {number} stands in the text but not in figures"
    carried = " ".join(content.facts[fact].text for fact in entry.facts if fact in content.facts)
    for figure in entry.figures:
        missing = numbers_in(figure) - numbers_in(carried, words=True)
        if missing:
            yield "figures:", f"figure {figure!r}: {', '.join(sorted(missing))} stands in none of the cited facts"


def _source_faults(entry: Entry, content: ContentFolder) -> Iterator[tuple[str, str]]:
    available: set[str] = set()
    for fact in entry.facts:
        if fact not in content.facts:
            yield "facts:", f"fact {fact!r} is not in facts.tsv"
        elif content.facts[fact].mark == "recheck":
            yield "facts:", f"fact {fact} is marked recheck: it may stand in an unpublished draft only"
        else:
            available.update(content.facts[fact].sources)
    for key in entry.sources:
        if key not in content.sources:
            yield "sources:", f"source {key!r} is not in sources.yml"
        elif key not in available:
            yield "sources:", f"source {key!r} belongs to none of the cited facts"
    if entry.topic != "assistant" and not (entry.facts and entry.sources):
        yield "sources:", "an entry needs at least one fact and one source"
