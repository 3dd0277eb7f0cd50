"""The ledger of questions: what people would ask, and which entry answers it or which source is still wanting.

`ledger.tsv` has one question a line, `unused-facts.tsv` one fact that no entry uses, and why. Both are for the people
who write content; nothing of them is published. `docs/content-format.md` describes the columns.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import ContentError, Fault
from knowledge.files import ContentFolder, read_text
from knowledge.model import TOPICS

LEDGER, UNUSED_FACTS = "ledger.tsv", "unused-facts.tsv"
COLUMNS = ("topic", "group", "who", "question", "answered_by")
WHO = ("newly told", "patient", "CAR-T candidate", "carer", "parent", "teenager", "bystander", "anyone")
NO_SOURCE = "no source:"
LOCALE = "en"


@dataclass(frozen=True)
class Asked:
    """One question of the ledger. `answered_by` is the id of an entry, None where no checked source has an answer yet;
    `wanted` then says which source would. `line` is its line in the file."""

    topic: str
    group: str
    who: str
    question: str
    answered_by: str | None
    wanted: str
    line: int


def read_ledger(file: Path) -> tuple[Asked, ...]:
    """All questions, in the order of the file. Raises `ContentError` with every line of the wrong shape."""
    return tuple(_asked(line, *cells) for line, cells in _rows(file, COLUMNS))


def _asked(line: int, topic: str, group: str, who: str, question: str, answer: str) -> Asked:
    open_yet = answer.startswith(NO_SOURCE)
    wanted = answer[len(NO_SOURCE) :].strip() if open_yet else ""
    return Asked(topic, group, who, question, None if open_yet else answer, wanted, line)


def read_unused_facts(file: Path) -> dict[str, tuple[int, str]]:
    """Id of a fact -> its line, and why no entry uses it. Raises `ContentError`."""
    found: dict[str, tuple[int, str]] = {}
    faults = []
    for line, (fact, why) in _rows(file, ("fact", "why")):
        if fact in found:
            faults.append(Fault(file, line, f"fact {fact} stands twice"))
        found[fact] = (line, why)
    if faults:
        raise ContentError(faults)
    return found


def _rows(file: Path, columns: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    """(line, cells) below the heading, which must name the columns."""
    rows = list(csv.reader(read_text(file).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or tuple(rows[0]) != columns:
        raise ContentError([Fault(file, 1, f"the first line must name the columns: {', '.join(columns)}")])
    faults = [
        Fault(file, line, f"a line must have {len(columns)} columns, parted by tabs")
        for line, row in enumerate(rows, 1)
        if len(row) != len(columns)
    ]
    if faults:
        raise ContentError(faults)
    return [(line, [cell.strip() for cell in row]) for line, row in enumerate(rows[1:], 2)]


def check(content: ContentFolder) -> list[Fault]:
    """All faults of both tables against the entries and facts of `content`; none means that nothing was forgotten.

    Raises `ContentError` when a table cannot be read.
    """
    ledger, excused = content.folder / LEDGER, content.folder / UNUSED_FACTS
    asked, unused = read_ledger(ledger), read_unused_facts(excused)
    topics = {entry.id: entry.topic for entry in content.entries if entry.locale == LOCALE}
    return [
        *(Fault(ledger, line, message) for line, message in _question_faults(asked, topics)),
        *(Fault(excused, line, message) for line, message in _fact_faults(unused, content)),
    ]


def _question_faults(asked: Iterable[Asked], topics: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """(line, message); line 1 for an entry that no question leads to."""
    said: dict[str, int] = {}
    listed = set()
    for row in asked:
        key = " ".join(re.findall(r"\w+", row.question.casefold()))
        if key in said:
            yield row.line, f"the question {row.question!r} also stands in line {said[key]}"
        said.setdefault(key, row.line)
        if row.topic not in TOPICS:
            yield row.line, f"topic {row.topic!r} is none of: {', '.join(TOPICS)}"
        if row.who not in WHO:
            yield row.line, f"who asks, {row.who!r}, is none of: {', '.join(WHO)}"
        if not row.group or not row.question:
            yield row.line, "group and question must not be empty"
        if row.answered_by is None:
            if not row.wanted:
                yield row.line, f"say after {NO_SOURCE!r} which source would be needed"
            continue
        listed.add(row.answered_by)
        topic = topics.get(row.answered_by)
        if topic is None:
            yield (
                row.line,
                f"entry {row.answered_by!r} does not exist; if there is none, write {NO_SOURCE!r} and what is needed",
            )
        elif topic != row.topic:
            yield row.line, f"topic {row.topic!r} is not that of the entry {row.answered_by}, {topic!r}"
    for entry in sorted(topics.keys() - listed):
        yield 1, f"entry {entry} answers no question of the ledger"


def _fact_faults(unused: Mapping[str, tuple[int, str]], content: ContentFolder) -> Iterator[tuple[int, str]]:
    """(line, message); line 1 for a fact that is neither used nor excused."""
    used = {fact for entry in content.entries if entry.locale == LOCALE for fact in entry.facts}
    for fact, (line, why) in unused.items():
        if fact not in content.facts:
            yield line, f"fact {fact!r} is not in facts.tsv"
        elif fact in used:
            yield line, f"fact {fact} is used by an entry: it needs no excuse"
        if not why:
            yield line, f"say why no entry uses fact {fact}"
    for known in content.facts.values():
        if known.mark == "seen" and known.id not in used and known.id not in unused:
            yield 1, f"fact {known.id} is used by no entry: use it, or say here why not"


def counts(asked: Iterable[Asked]) -> dict[str, tuple[int, int]]:
    """Topic -> (questions, those of them without an answer yet), in the order of `TOPICS`."""
    rows = tuple(asked)
    found = {topic: [row for row in rows if row.topic == topic] for topic in TOPICS}
    return {topic: (len(row), sum(one.answered_by is None for one in row)) for topic, row in found.items()}
