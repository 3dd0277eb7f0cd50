"""Entries <-> rows of cells: one row an entry, one column a key of `docs/schemas/entry.v1.json`, every cell a text.

Lists stand one value a line in their cell, steps without their numbers, a quiz as in the section of a content file. A
row is read by the very rules of a content file (`knowledge.files`), so whatever is accepted can be written as one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.codec import entry_to_json
from knowledge.errors import ContentError, Fault
from knowledge.files import CONTROL, KEYS, SECTIONS, parse_entry, quiz_text, scalar
from knowledge.model import ANSWER_KINDS, AUDIENCES, TOPICS, Choice, Entry, Quiz

COLUMNS = tuple(field.name for field in dataclasses.fields(Entry))
LISTS = ("phrasings", "facts", "sources", "figures", "related", "cautions", "steps")
TEXTS = ("answer", "simpler", "more", "steps", "quiz")
"""Columns that are sections of a content file, in its order."""

MOST_ROWS = 2_000
"""Most entries in one file. The starter content has fewer than 400; a preview compares each with all others, which for
so many takes less than a minute."""
MOST_COLUMNS = 100
MOST_CELL_CHARACTERS = 32_767
"""Longest cell: what Excel can hold. The longest text of the starter content has about 1,000 characters."""

_LOCALE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LINES = "must be a list of texts, each on one line and none of them empty"
_BREAKS_TEXT = re.compile(r"[\ud800-\udfff]")
_BREAKS_LINE = re.compile(r"[\ud800-\udfff\x85\u2028\u2029]")
"""Halves of characters; in front matter also what YAML takes for the end of a line."""
_CHOICES: Mapping[str, Sequence[str]] = {"topic": TOPICS, "audience": AUDIENCES, "answer_kind": ANSWER_KINDS}
_PLAINEST = Entry(
    *("missing", "en", "lupus", "missing?", (), "everyone", "text", (), (), (), (), None),
    *(dt.date(2026, 1, 1), dt.date(2026, 1, 2), (), "missing"),
)
"""An entry in which every column but the one that is looked at is without fault."""
_STAND_IN = "missing"
"""Stands for an id or answer that has a fault of its own, so that the faults of the other columns are found too."""


@dataclass(frozen=True)
class Unreadable:
    """A cell whose value is not taken. `why` says what is wrong and how to mend it."""

    why: str


Cell = str | Unreadable


@dataclass(frozen=True)
class Row:
    """One entry as it stands in a file. `number` counts from 1: the row of a spreadsheet, where 1 is the header, or the
    place in a JSON array. `cells`: column -> cell."""

    number: int
    cells: Mapping[str, Cell]


def cells_of(entry: Entry) -> dict[str, str]:
    """The text of every column."""
    cells = {}
    for column in COLUMNS:
        value = getattr(entry, column)
        if column == "quiz":
            cells[column] = quiz_text(value)
        elif column in LISTS:
            cells[column] = "\n".join(value)
        else:
            cells[column] = "" if value is None else str(value)
    return cells


def table_of(entries: Sequence[Entry], file: Path) -> list[list[str]]:
    """The header and one row for each entry. Raises `ContentError` naming each value that a cell would part or drop;
    `file` is what the rows are said to be of."""
    faults = []
    for number, entry in enumerate(entries, 2):
        wrong = [(name, _LINES) for name in LISTS if not all(map(_is_line, getattr(entry, name)))]
        if entry.quiz and (message := _quiz_fault(entry.quiz)):
            wrong.append(("quiz", message))
        faults += [Fault(file, number, f"{name} of {entry.id}: {message}") for name, message in wrong]
    if faults:
        raise ContentError(faults)
    return [list(COLUMNS), *(list(cells_of(entry).values()) for entry in entries)]


def rows_of_table(table: Sequence[tuple[int, Sequence[Cell]]], file: Path) -> list[Row]:
    """Rows below their header, which is the first of `table` (number of the row, its cells); rows without any text are
    left out. Raises `ContentError` when the columns are not exactly `COLUMNS`, in any order, or too many."""
    if not table:
        raise ContentError([Fault(file, 1, f"is empty; the first row names the columns: {', '.join(COLUMNS)}")])
    names = [cell.strip() if isinstance(cell, str) else "" for cell in table[0][1]]
    faults = [
        Fault(file, table[0][0], message) for message in (*_wrong_columns(names), *_too_many(len(table) - 1, names))
    ]
    if faults:
        raise ContentError(faults)
    return [Row(number, _named(names, cells)) for number, cells in table[1:]]


def _wrong_columns(names: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(filter(None, names)):
        if name not in COLUMNS:
            yield f"unknown column {name[:80]!r}; known: {', '.join(COLUMNS)}"
        elif names.count(name) > 1:
            yield f"column {name!r} stands twice"
    for name in COLUMNS:
        if name not in names:
            yield f"column {name!r} is missing"


def _too_many(rows: int, names: Sequence[str]) -> Iterator[str]:
    if rows > MOST_ROWS:
        yield f"has more than {MOST_ROWS:,} entries; import it in parts"
    if len(names) > MOST_COLUMNS:
        yield f"has more than {MOST_COLUMNS} columns; look what got into it"


def _named(names: Sequence[str], cells: Sequence[Cell]) -> dict[str, Cell]:
    named: dict[str, Cell] = {name: "" for name in names if name}
    for place, cell in enumerate(cells):
        name = names[place] if place < len(names) else ""
        if name:
            named[name] = cell
        elif cell:
            named[f"column {place + 1}"] = Unreadable("has no name in the first row; name it or empty it")
    return named


def json_of(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Objects of `docs/schemas/entry.v1.json`."""
    return [entry_to_json(entry) for entry in entries]


def rows_of_json(value: Any, file: Path) -> list[Row]:
    """Rows of an array of such objects. Raises `ContentError` when it is no array of objects."""
    if not isinstance(value, list):
        raise ContentError([Fault(file, 1, "must be an array of entries: docs/schemas/entry.v1.json")])
    if len(value) > MOST_ROWS:
        raise ContentError([Fault(file, 1, f"has more than {MOST_ROWS:,} entries; import it in parts")])
    strange = [number for number, one in enumerate(value, 1) if not isinstance(one, dict)]
    if strange:
        raise ContentError([Fault(file, number, "must be an object: docs/schemas/entry.v1.json") for number in strange])
    return [Row(number, _json_cells(one)) for number, one in enumerate(value, 1)]


def _json_cells(given: Mapping[str, Any]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        key: Unreadable(f"unknown key; known: {', '.join(COLUMNS)}") for key in given if key not in COLUMNS
    }
    for column in COLUMNS:
        if column not in given:
            cells[column] = Unreadable("is missing")
        elif column in LISTS:
            cells[column] = _json_list(given[column])
        elif column == "quiz":
            cells[column] = _json_quiz(given[column])
        elif column == "as_of" and given[column] is None:
            cells[column] = ""
        else:
            cells[column] = given[column] if isinstance(given[column], str) else Unreadable("must be text")
    return cells


def _json_list(given: Any) -> Cell:
    if not isinstance(given, list) or not all(isinstance(item, str) and _is_line(item) for item in given):
        return Unreadable(_LINES)
    return "\n".join(given)


def _json_quiz(given: Any) -> Cell:
    if given is None:
        return ""
    try:
        quiz = Quiz(**{**given, "choices": tuple(Choice(**choice) for choice in given["choices"])})
    except (TypeError, KeyError):
        return Unreadable("must be null or have question and choices, each with text, explanation and correct")
    message = _quiz_fault(quiz)
    return Unreadable(message) if message else quiz_text(quiz)


def _quiz_fault(quiz: Quiz) -> str | None:
    texts = [quiz.question, *(text for choice in quiz.choices for text in (choice.text, choice.explanation))]
    if not all(isinstance(text, str) and _is_line(text) for text in texts):
        return "its texts must each stand on one line, and none may be empty"
    if not all(isinstance(choice.correct, bool) for choice in quiz.choices):
        return "correct must be true or false"
    if any("::" in choice.text for choice in quiz.choices):
        return "the text of a choice may not hold '::', which ends it in a content file"
    return None


def _is_line(text: str) -> bool:
    return bool(text.strip()) and "\n" not in text and "\r" not in text


@dataclass(frozen=True)
class Reading:
    """What came of one row: its entry, or None and every fault, column and message. `number` is that of the row."""

    number: int
    entry: Entry | None
    faults: tuple[tuple[str, str], ...] = ()


def readings(rows: Iterable[Row]) -> list[Reading]:
    """Every row, read by itself; of two rows of the same entry the later is refused."""
    found: list[Reading] = []
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        entry, wrong = _read(row)
        if entry is not None and entry.key in places:
            wrong = [
                ("id", f"{entry.id!r} stands in row {places[entry.key]}, too; an entry has one row for each locale")
            ]
        elif entry is not None:
            places[entry.key] = row.number
        found.append(Reading(row.number, None if wrong else entry, tuple(wrong)))
    return found


def faults_of(read: Iterable[Reading], file: Path) -> list[Fault]:
    """What is wrong with rows; the `line` of a fault is the number of its row."""
    return [Fault(file, row.number, f"{column}: {message}") for row in read for column, message in row.faults]


def unwritable(entry: Entry) -> list[tuple[str, str]]:
    """Why an entry cannot stand in a content file as it is: column and message. A word of the glossary stands in a
    file of its own, whose texts are held to the same."""
    cells = cells_of(entry)
    if entry.answer_kind == "term":
        forms = "\n".join((entry.question, *entry.phrasings))
        cells = {**cells_of(_PLAINEST), "phrasings": forms, "answer": entry.answer or _PLAINEST.answer}
    return _read(Row(1, cells))[1]


def loosely(cells: Mapping[str, str], before: Entry) -> tuple[Entry, list[tuple[str, str]]]:
    """The entry `before` with the cells that somebody is still writing, unfinished as they may be, and what could not
    be taken: column and message; there the text of `before` stays. Signs that no text can hold are left out."""
    values: dict[str, Any] = {}
    refused: list[tuple[str, str]] = []
    for column in COLUMNS:
        if column not in cells or column in ("id", "locale"):
            continue
        text = _tidy(column, _without_odd_signs(column, cells[column]))
        try:
            values[column] = _loose_value(column, text, before)
        except ValueError as fault:
            refused.append((column, str(fault)))
    return dataclasses.replace(before, **values), refused


def _without_odd_signs(column: str, text: str) -> str:
    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BREAKS_LINE.sub(lambda odd: "\n" if odd[0] in "\x85\u2028\u2029" else "", text)
    return text if column in (*LISTS, *TEXTS) else " ".join(text.split())


def _loose_value(column: str, text: str, before: Entry) -> Any:
    if len(text) > MOST_CELL_CHARACTERS:
        raise ValueError(f"has {len(text):,} characters, a field may have {MOST_CELL_CHARACTERS:,}")
    if column in LISTS:
        return tuple(_items(text))
    if column == "quiz":
        return _quiz_of(text)
    if column in ("as_of", "checked_on", "review_due"):
        if column == "as_of" and not text:
            return None
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise ValueError("is no day; write it as 2027-01-31") from None
    known = _CHOICES.get(column)
    if known and text not in known and text != getattr(before, column):
        raise ValueError(f"must be one of: {', '.join(known)}")
    return text


def _quiz_of(text: str) -> Quiz | None:
    entry, faults = _read(Row(1, {**cells_of(_PLAINEST), "quiz": text}))
    if entry is None:
        raise ValueError(faults[0][1])
    return entry.quiz


def _read(row: Row) -> tuple[Entry | None, list[tuple[str, str]]]:
    """The entry of a row, or None and what is wrong: column and message."""
    faults: list[tuple[str, str]] = []
    cells: dict[str, str] = {}
    for column, cell in row.cells.items():
        message = cell.why if isinstance(cell, Unreadable) else _unusable(column, _tidy(column, cell))
        if message:
            faults.append((column, message))
        cells[column] = _STAND_IN if message or isinstance(cell, Unreadable) else _tidy(column, cell)
    refused = {column for column, _ in faults}
    text, columns = _content_file(cells)
    name = Path(f"{cells['id']}.md")
    try:
        entry = parse_entry(text, name, locale=cells["locale"], folder=cells["topic"])
    except ContentError as error:
        for fault in error.faults:
            column = columns[min(fault.line, len(columns)) - 1]
            if column not in refused:
                faults.append((column, fault.message.removeprefix(f"{column} ")))
        return None, faults
    read = cells_of(entry)
    for column in COLUMNS:
        # A blank line between the question and the choices of a quiz means nothing.
        if column not in refused and column != "quiz" and read[column] != cells[column]:
            faults.append((column, "a content file cannot keep this text as it is; look for odd characters"))
    return (None if faults else entry), faults


def _tidy(column: str, text: str) -> str:
    """The text without what a content file does not keep: line ends of other systems, space at ends of lines."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if column in LISTS:
        return "\n".join(filter(None, (row.strip() for row in rows)))
    if column in TEXTS:
        return "\n".join(row.rstrip() for row in rows).strip("\n")
    return "\n".join(rows).strip()


def _unusable(column: str, text: str) -> str | None:
    if len(text) > MOST_CELL_CHARACTERS:
        return f"has {len(text):,} characters, a cell may have {MOST_CELL_CHARACTERS:,}; look what got into it"
    if odd := CONTROL.search(text) or (_BREAKS_TEXT if column in TEXTS else _BREAKS_LINE).search(text):
        return f"holds the control character {odd[0]!r}; remove it"
    if column not in (*LISTS, *TEXTS) and "\n" in text:
        return "must stand on one line"
    if column == "id" and not _ID.fullmatch(text):
        return "must be lower-case words joined by '-'"
    if column == "locale" and not _LOCALE.fullmatch(text):
        return "must be a language such as en or es"
    if column in TEXTS and re.search(r"^## ", text, re.MULTILINE):
        return "a line may not begin with '## ', which begins another section of a content file"
    if column == "answer" and not text:
        return "is missing"
    return None


def _content_file(cells: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text of the content file with these cells, and the column that each of its lines comes from."""
    lines = [("id", "---")]
    for key in KEYS:
        if key in LISTS:
            value = f"[{', '.join(scalar(item, listed=True) for item in _items(cells[key]))}]"
        else:
            value = "null" if key == "as_of" and not cells[key] else scalar(cells[key])
        lines.append((key, f"{key}: {value}"))
    lines.append((KEYS[-1], "---"))
    for title, column in zip(SECTIONS, TEXTS):
        rows = cells[column].split("\n")
        if column == "steps":
            rows = [f"{number}. {step}" for number, step in enumerate(_items(cells[column]), 1)]
        if cells[column]:
            lines.extend((column, row) for row in ("", f"## {title}", "", *rows))
    return "\n".join(row for _, row in lines) + "\n", [column for column, _ in lines]


def _items(cell: str) -> list[str]:
    return cell.split("\n") if cell else []
