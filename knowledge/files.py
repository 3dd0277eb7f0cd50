"""Content files <-> model. One entry is one Markdown file; `docs/content-format.md` is the contract.

`read_entry` is strict and reports every fault of a file with its line; `write_entry` gives the one canonical form, so
reading and writing again yields the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from knowledge.errors import ContentError, Fault
from knowledge.model import ANSWER_KINDS, AUDIENCES, CAUTIONS, TOPICS, Choice, Entry, Fact, Quiz, Source

KEYS = (
    "id topic question phrasings audience answer_kind facts sources figures related as_of checked_on "
    "review_due cautions"
).split()
MOST_BYTES = 500_000
"""Longest content file. The table of facts has 90 KB; a file longer than this is a mistake and would take minutes."""
DEPTH = 3
"""Deepest nesting of lists and keys in a content file, that of the glossary: the file, a term, its forms."""
SECTIONS = ("Answer", "Simpler", "More", "Steps", "Check your understanding")
SOURCES_HEAD = "# Where statements come from: key, what a reader sees, and the address where one is known.\n"

_PLAIN = re.compile(r"[^\W\d_](?:[^:#\n\[\]{}&*!|>'\"%@`]|(?<=\w)'(?=\w))*\Z")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no content file may hold."""
ADDRESS = re.compile(r"https?://[^\s<>\"]+")
"""Where a source is found."""
_MARKUP = re.compile(r"\*\*|__|\]\(|<[A-Za-z/!]|^\s*#|^\s*\||`")


class _Constructor(SafeConstructor):
    """Leaves dates as texts, so that one that does not exist is a fault with a line and not an exception without."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def _yaml() -> YAML:
    yaml = YAML(typ="safe")
    yaml.Constructor = _Constructor
    return yaml


@dataclass(frozen=True)
class ContentFolder:
    """Everything below `knowledge/content`: entries of all locales, their sources and the facts that carry them."""

    folder: Path
    entries: tuple[Entry, ...]
    files: Mapping[tuple[str, str], Path]
    sources: Mapping[str, Source]
    facts: Mapping[str, Fact]


def read_folder(folder: Path) -> ContentFolder:
    """Reads all entries, sources and facts. Raises `ContentError` with every fault found in any file."""
    faults: list[Fault] = []
    entries, files = entries_below(folder, faults)
    sources = _collect(read_sources, folder / "sources.yml", faults)
    facts = _collect(read_facts, folder / "facts.tsv", faults)
    if faults:
        raise ContentError(faults)
    return ContentFolder(folder, entries, files, sources, facts)


def entries_below(folder: Path, faults: list[Fault]) -> tuple[tuple[Entry, ...], dict[tuple[str, str], Path]]:
    """The entries of all files that can be read, and the file of each; what is wrong with any is added to `faults`."""
    entries: list[Entry] = []
    files: dict[tuple[str, str], Path] = {}
    for file in sorted(folder.glob("*/*/*.md")):
        try:
            entry = read_entry(file)
        except ContentError as error:
            faults.extend(error.faults)
            continue
        if entry.key in files:
            faults.append(Fault(file, 2, f"id {entry.id!r} is also used by {files[entry.key].name}"))
            continue
        files[entry.key] = file
        entries.append(entry)
    return tuple(entries), files


def _collect(read: Any, file: Path, faults: list[Fault]) -> Any:
    try:
        return read(file)
    except ContentError as error:
        faults.extend(error.faults)
        return {}


def read_text(file: Path, most: int = MOST_BYTES) -> str:
    """The file as text, at most so many bytes. Raises `ContentError` naming the line where it stops being plain UTF-8
    text."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(most + 1)
    except OSError as error:
        raise ContentError([Fault(file, 1, f"cannot be read: {error.strerror}")]) from error
    if len(raw) > most:
        raise ContentError([Fault(file, 1, f"is longer than {most // 1000} KB; look what got into it")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ContentError([Fault(file, line, "is not UTF-8 text; save it as UTF-8")]) from error
    if text.startswith("\ufeff"):
        raise ContentError([Fault(file, 1, "begins with a byte order mark; save it as UTF-8 without one")])
    if control := CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise ContentError([Fault(file, line, f"holds the control character {control[0]!r}; remove it")])
    return text.replace("\r\n", "\n")


def read_yaml(text: str, file: Path, first_line: int = 1, problem: str = "cannot be read as YAML") -> Any:
    """What a YAML text says, dates as texts. `first_line`: where in the file the text begins.

    Raises `ContentError` naming the line. Refused, too, is what no content file needs and what lets a small file fill
    the memory or exhaust the stack of the parser: aliases, and nesting deeper than `DEPTH`.
    """
    depth = 0
    try:
        for event in _yaml().parse(text):
            depth += isinstance(event, (MappingStartEvent, SequenceStartEvent))
            depth -= isinstance(event, (MappingEndEvent, SequenceEndEvent))
            if isinstance(event, AliasEvent) or depth > DEPTH:
                what = "an alias (*)" if isinstance(event, AliasEvent) else f"lists nested deeper than {DEPTH}"
                line = event.start_mark.line + first_line
                raise ContentError([Fault(file, line, f"holds {what}; write it out plainly")])
        return _yaml().load(text)
    except YAMLError as error:
        mark, position = getattr(error, "problem_mark", None), getattr(error, "position", 0)
        line = (mark.line if mark else text.count("\n", 0, position)) + first_line
        reason = getattr(error, "problem", None) or getattr(error, "reason", "")
        raise ContentError([Fault(file, line, f"{problem}: {reason}")]) from error


def read_entry(file: Path) -> Entry:
    """One entry. Raises `ContentError` with all faults of the file. Topic and locale come from the folders."""
    return parse_entry(read_text(file), file, locale=file.parent.parent.name, folder=file.parent.name)


def parse_entry(text: str, file: Path, *, locale: str, folder: str) -> Entry:
    lines = text.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        raise ContentError([Fault(file, 1, "must begin with front matter between two lines of ---")])
    end = lines.index("---", 1)
    front = _front_matter("\n".join(lines[1:end]), file)
    reader = _Reader(file, front, lines[:end])
    sections = _sections(lines, end + 1, reader)
    entry = reader.entry(sections, locale, folder)
    if reader.faults:
        raise ContentError(reader.faults)
    return entry


def _front_matter(text: str, file: Path) -> dict[str, Any]:
    front = read_yaml(text, file, first_line=2, problem="front matter cannot be read")
    if not isinstance(front, dict):
        raise ContentError([Fault(file, 2, "front matter must be key: value lines")])
    return front


class _Reader:
    """Takes typed values out of one file's front matter and collects every fault on the way."""

    def __init__(self, file: Path, front: dict[str, Any], lines: list[str]) -> None:
        self.file, self.front, self.lines = file, front, lines
        self.faults: list[Fault] = []
        for key in front:
            if key not in KEYS:
                self.fault(str(key), f"unknown key {key!r}; known: {', '.join(KEYS)}")
        for key in KEYS:
            if key not in front:
                self.fault(key, f"key {key!r} is missing")

    def fault(self, key: str, message: str, line: int | None = None) -> None:
        place = line or next((n for n, text in enumerate(self.lines, 1) if text.startswith(f"{key}:")), 2)
        self.faults.append(Fault(self.file, place, message))

    def word(self, key: str, allowed: tuple[str, ...] | None = None) -> str:
        value = self.front.get(key, "")
        if not isinstance(value, str) or not value.strip():
            if key in self.front:
                self.fault(key, f"{key} must be text")
            return ""
        if allowed and value not in allowed:
            self.fault(key, f"{key} {value!r} is none of: {', '.join(allowed)}")
        return value.strip()

    def words(self, key: str) -> tuple[str, ...]:
        value = self.front.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, (str, int, float)) for item in value):
            self.fault(key, f"{key} must be a list of texts; quote an item that holds a colon")
            return ()
        return tuple(str(item).strip() for item in value)

    def date(self, key: str, optional: bool = False) -> dt.date:
        value = self.front.get(key)
        if isinstance(value, str):
            with suppress(ValueError):
                return dt.date.fromisoformat(value)
        if not (optional and value is None) and key in self.front:
            self.fault(key, f"{key} must be a date such as 2026-11-22")
        return dt.date.min

    def entry(self, sections: Mapping[str, tuple[int, str]], locale: str, folder: str) -> Entry:
        kind = self.word("answer_kind", ANSWER_KINDS)
        as_of = self.date("as_of", optional=True)
        entry = Entry(
            id=self.word("id"),
            locale=locale,
            topic=self.word("topic", TOPICS),  # type: ignore[arg-type]
            question=self.word("question"),
            phrasings=self.words("phrasings"),
            audience=self.word("audience", AUDIENCES),  # type: ignore[arg-type]
            answer_kind=kind,  # type: ignore[arg-type]
            facts=self.words("facts"),
            sources=self.words("sources"),
            figures=self.words("figures"),
            related=self.words("related"),
            as_of=None if as_of == dt.date.min else as_of,
            checked_on=self.date("checked_on"),
            review_due=self.date("review_due"),
            cautions=self.words("cautions"),
            answer=sections.get("Answer", (0, ""))[1],
            simpler=sections.get("Simpler", (0, ""))[1],
            more=sections.get("More", (0, ""))[1],
            steps=self.steps(*sections.get("Steps", (0, ""))),
            quiz=self.quiz(*sections.get("Check your understanding", (0, ""))),
        )
        if entry.id and entry.id != self.file.stem:
            self.fault("id", f"id {entry.id!r} must be the file's name, {self.file.stem!r}")
        if entry.topic and entry.topic != folder:
            self.fault("topic", f"topic {entry.topic!r} must be the folder's name, {folder!r}")
        for caution in entry.cautions:
            if caution not in CAUTIONS:
                self.fault("cautions", f"caution {caution!r} is none of: {', '.join(CAUTIONS)}")
        return entry

    def steps(self, line: int, text: str) -> tuple[str, ...]:
        steps = []
        for offset, row in enumerate(filter(None, text.split("\n"))):
            match = re.fullmatch(r"(\d+)\. (\S.*)", row)
            if not match or int(match[1]) != offset + 1:
                self.fault("Steps", f"step {offset + 1} must read '{offset + 1}. ...'", line + offset)
                continue
            steps.append(match[2])
        return tuple(steps)

    def quiz(self, line: int, text: str) -> Quiz | None:
        rows = [row for row in text.split("\n") if row.strip()]
        if not rows:
            return None
        choices = []
        for row in rows[1:]:
            match = re.fullmatch(r"- \[( |x)\] (.+?) :: (.+)", row)
            if not match:
                self.fault("quiz", f"a choice must read '- [ ] text :: explanation': {row!r}", line)
                continue
            choices.append(Choice(match[2], match[3], match[1] == "x"))
        if sum(choice.correct for choice in choices) != 1 or len(choices) < 2:
            self.fault("quiz", "give at least two choices, exactly one of them '- [x]'", line)
        return Quiz(rows[0].strip(), tuple(choices))


def _sections(lines: list[str], start: int, reader: _Reader) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    name, first = "", 0
    rows: list[str] = []
    for number, row in enumerate([*lines[start:], "## "], start + 1):
        if not row.startswith("## "):
            if not name and row.strip():
                reader.fault("", "text before the first section; begin with ## Answer", number)
            if name and _MARKUP.search(row):
                reader.fault("", f"text must be plain, without markup: {row.strip()[:60]!r}", number)
            rows.append(row.rstrip())
            continue
        if name:
            found[name] = (first, "\n".join(rows).strip("\n"))
        title = row[3:].strip()
        if title and title not in SECTIONS:
            reader.fault("", f"unknown section {title!r}; known: {', '.join(SECTIONS)}", number)
        elif title in found:
            reader.fault("", f"section {title!r} stands twice", number)
        elif title and SECTIONS.index(title) < max(map(SECTIONS.index, set(found) & set(SECTIONS)), default=0):
            reader.fault("", f"section {title!r} is out of order: {', '.join(SECTIONS)}", number)
        name, first, rows = title, number + 2, []
    if not found.get("Answer", (0, ""))[1]:
        reader.fault("", "section ## Answer is missing or empty", len(lines))
    return found


def scalar(text: str, listed: bool = False) -> str:
    """The text as a YAML scalar: plain where that is safe, otherwise in double quotes. `listed`: inside [brackets],
    where a comma would part it and a question mark end it."""
    plain = _PLAIN.fullmatch(text) and not (listed and set(",?") & set(text))
    if plain and text.lower() not in _YAML_WORDS and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def write_entry(entry: Entry) -> str:
    """The canonical file text of an entry. `parse_entry(write_entry(e))` is `e`."""
    rows = ["---"]
    for key in KEYS:
        value = getattr(entry, key)
        if key == "phrasings":
            rows.append("phrasings: []" if not value else "phrasings:")
            rows.extend(f"  - {scalar(item)}" for item in value)
        elif isinstance(value, tuple):
            rows.append(f"{key}: [{', '.join(scalar(item, listed=True) for item in value)}]")
        elif isinstance(value, dt.date):
            rows.append(f"{key}: {value.isoformat()}")
        else:
            rows.append(f"{key}: {'null' if value is None else scalar(value)}")
    rows += ["---", ""]
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(entry.steps, 1))
    texts = (entry.answer, entry.simpler, entry.more, steps, quiz_text(entry.quiz))
    body = "\n".join(f"## {title}\n\n{text}\n" for title, text in zip(SECTIONS, texts) if text)
    return "\n".join(rows) + "\n" + body


def quiz_text(quiz: Quiz | None) -> str:
    """The section of a quiz; empty where there is none."""
    if quiz is None:
        return ""
    rows = [f"- [{'x' if choice.correct else ' '}] {choice.text} :: {choice.explanation}" for choice in quiz.choices]
    return "\n".join([quiz.question, "", *rows])


def read_sources(file: Path) -> dict[str, Source]:
    """`sources.yml`: key -> title, organisation, year, address, and `facts` where it carries some that do not name it.
    Raises `ContentError`."""
    table = read_yaml(read_text(file), file)
    if not isinstance(table, dict):
        raise ContentError([Fault(file, 1, "must be lines of key: and, indented below, title and the other keys")])
    sources, faults = {}, []
    for key, row in table.items():
        known = isinstance(row, dict) and set(row) - {"facts"} == {"title", "organisation", "year", "address"}
        if not known or not row["title"] or not row["organisation"]:
            faults.append(Fault(file, 1, f"source {key!r} needs title, organisation, year and address (null if none)"))
            continue
        if row["address"] is not None and not ADDRESS.fullmatch(str(row["address"])):
            faults.append(Fault(file, 1, f"source {key!r}: address must be an http(s) address or null"))
        if row["year"] is not None and not isinstance(row["year"], int):
            faults.append(Fault(file, 1, f"source {key!r}: year must be a number or null"))
        facts = row.get("facts", [])
        if not isinstance(facts, list) or not all(isinstance(fact, str) and fact for fact in facts):
            faults.append(Fault(file, 1, f"source {key!r}: facts must be a list of ids of facts"))
            continue
        about = (str(row["title"]), str(row["organisation"]), row["year"], row["address"])
        sources[key] = Source(key, *about, tuple(facts))
    if faults:
        raise ContentError(faults)
    return sources


def write_sources(sources: Mapping[str, Source]) -> str:
    """The canonical text of `sources.yml`, sorted by key."""
    rows = []
    for key, source in sorted(sources.items()):
        left_out = {"key"} if source.facts else {"key", "facts"}
        values = {name: value for name, value in vars(source).items() if name not in left_out}
        rows.append(f"{scalar(key)}:\n")
        rows.extend(f"  {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    return SOURCES_HEAD + "".join(rows)


def read_facts(file: Path) -> dict[str, Fact]:
    """`facts.tsv`: one fact a line. Raises `ContentError`."""
    rows = list(csv.reader(read_text(file).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    faults = [Fault(file, n, "a line must have five columns") for n, row in enumerate(rows, 1) if len(row) != 5]
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        if row and lines.setdefault(row[0], number) != number:
            faults.append(Fault(file, number, f"fact {row[0]} also stands in line {lines[row[0]]}; ids are unique"))
    if faults:
        raise ContentError(faults)
    return {row[0]: Fact(row[0], row[1], tuple(row[2].split()), row[3]) for row in rows[1:]}
