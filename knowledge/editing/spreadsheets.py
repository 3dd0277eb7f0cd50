"""Tables of text <-> .csv and .xlsx. Nothing in a file is ever computed: a formula is a fault that names its cell.

On the way out a text that a spreadsheet might take for a formula gets a leading apostrophe, on the way in it loses it.
A text that begins with an apostrophe gets a second one, so every text comes back exactly. In a .csv, whose cells are of
no kind, the same is done for what a spreadsheet would take for a number or a date and write in its own way.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from knowledge.editing.rows import MOST_CELL_CHARACTERS, MOST_COLUMNS, MOST_ROWS, Cell, Unreadable
from knowledge.errors import ContentError, Fault
from knowledge.files import CONTROL

SHEET = "entries"
MOST_UNPACKED_BYTES = 30_000_000
"""Most bytes that the parts of an .xlsx may have unpacked; all starter content has about 1 MB."""
MOST_RATIO = 100
"""Unpacked bytes for each packed one. Sheets of text have about 10; archives made to fill a memory have 1,000."""
MOST_PARTS = 500
"""Files inside an .xlsx; a workbook with one sheet has about 10."""
MOST_TAGS = 1_000_000
"""XML tags in an .xlsx. Each costs up to 400 bytes of memory while it is read, however few it has in the file."""
FARTHEST_ROW = 20_000
"""Number of the last row that is looked at. A file may claim any number, and the rows between are walked one by one."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that a spreadsheet may take for those of a formula (OWASP, CSV Injection)."""
_LIKE_A_VALUE = re.compile(
    r"(?:[($€£.]*\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)[a-z]*\.?(?: de)?[ ,/.-]*\d).*"
    r"|true|false|verdadero|falso",
    re.IGNORECASE,
)
"""What a spreadsheet in English or Spanish may take for a number, a date or a truth: LibreOffice makes 1460 of "1,460"
and 01/01/2021 of "January 2021"."""
_LONGEST_VALUE = 40
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
"""A form in which dates come back as they were from LibreOffice. Excel changes it: then import names the cell."""
_TEXT_FORMAT = "@"
_NOT_IN_XLSX = re.compile(r"[\r\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|x005F_")
"""What XML or Excel would change: line ends, what is no character, and the codes by which Excel writes characters."""
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)")
_SAVE_AS_UTF8 = "is not UTF-8 text; in Excel save it as 'CSV UTF-8 (comma delimited)'"
_NO_WORKBOOK = "is not an .xlsx file that can be read; save it again as 'Excel workbook (.xlsx)', without a password"


def guarded(text: str) -> str:
    """The text as it stands in a cell: never the beginning of a formula."""
    return f"'{text}" if text.startswith((*RISKY, "'")) else text


def unguarded(cell: str) -> str:
    """The inverse of `guarded`. A cell that another program wrote without guard is taken as it is."""
    bare = cell[1:]
    return bare if cell.startswith("'") and (bare.startswith((*RISKY, "'")) or _is_like_a_value(bare)) else cell


def _is_like_a_value(text: str) -> bool:
    return len(text) <= _LONGEST_VALUE and bool(_LIKE_A_VALUE.fullmatch(text)) and not _ISO_DATE.fullmatch(text)


def write_csv(table: Sequence[Sequence[str]], file: Path) -> bytes:
    """The table in Excel's dialect, as UTF-8 with the mark by which Excel knows it. Raises `ContentError` naming the
    rows that hold what no cell can; `file` is what they are said to be of."""
    _require_writable(table, file)
    text = io.StringIO(newline="")
    csv.writer(text, dialect="excel").writerows(
        [f"'{cell}" if _is_like_a_value(cell) else guarded(cell) for cell in row] for row in table
    )
    return text.getvalue().encode("utf-8-sig")


def read_csv(raw: bytes, file: Path) -> tuple[list[tuple[int, list[Cell]]], list[Fault]]:
    """Row numbers and cells of all rows with any text, and where reading had to stop. Raises `ContentError` when it is
    no UTF-8 text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ContentError([Fault(file, 1, _SAVE_AS_UTF8)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError([Fault(file, raw[: error.start].count(b"\n") + 1, _SAVE_AS_UTF8)]) from error
    if ";" in text.partition("\n")[0] and "," not in text.partition("\n")[0]:
        raise ContentError([Fault(file, 1, "has columns parted by semicolons; save it parted by commas")])
    rows: list[tuple[int, list[Cell]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), dialect="excel", strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            if any(row):
                rows.append((number, [_cell(cell) for cell in row]))
            if len(rows) > MOST_ROWS + 1:
                break
    except csv.Error as error:
        message = f"cannot be read from here on: {error}; a cell may have {MOST_CELL_CHARACTERS:,} characters"
        return rows, [Fault(file, number + 1, message)]
    return rows, []


def write_xlsx(table: Sequence[Sequence[str]], file: Path) -> bytes:
    """The table as one sheet whose cells are all text. Raises `ContentError` as `write_csv` does; some characters that
    .csv can hold are not possible here."""
    _require_writable(table, file, _NOT_IN_XLSX)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    for row in table:
        sheet.append([_text_cell(sheet, guarded(cell)) for cell in row])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    # Left to itself the library takes "#N/A" for an error, and Excel an edited cell for a number or date.
    cell.data_type, cell.number_format = "s", _TEXT_FORMAT
    return cell


def read_xlsx(raw: bytes, file: Path) -> list[tuple[int, list[Cell]]]:
    """Row numbers and cells of all rows with any text, of the sheet `SHEET` or the only one. Raises `ContentError`
    when the file is no workbook, or one that would fill the memory."""
    harmless = _inspected(raw, file)
    try:
        with warnings.catch_warnings():
            # The library warns of drawings and rules of input, which are not read anyway.
            warnings.simplefilter("ignore")
            book = load_workbook(harmless, read_only=True, data_only=False, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.title == SHEET] or book.worksheets
            if len(sheets) != 1:
                message = f"has {len(sheets)} sheets; keep one, or name the one with the entries {SHEET!r}"
                raise ContentError([Fault(file, 1, message)])
            return list(_rows(sheets[0], file))
    except ContentError:
        raise
    except Exception as error:  # what the library raises for a damaged file is not documented: anything
        raise ContentError([Fault(file, 1, _NO_WORKBOOK)]) from error


def _rows(sheet: Any, file: Path) -> Iterator[tuple[int, list[Cell]]]:
    found = 0
    rows = sheet.iter_rows(max_row=FARTHEST_ROW + 1, max_col=MOST_COLUMNS + 1)
    for number, row in enumerate(rows, 1):
        if number > FARTHEST_ROW:
            message = f"there is something after row {FARTHEST_ROW:,}; copy the rows into a new, plain workbook"
            raise ContentError([Fault(file, number, message)])
        if all(cell.value in (None, "") for cell in row):
            continue
        cells = [_typed(cell) for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        yield number, cells
        found += 1
        if found > MOST_ROWS + 1:
            return


def _typed(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        return Unreadable(f"cell {cell.coordinate} holds a formula; put its value there, as text")
    if isinstance(value, str) and kind == "s":
        if code := _NOT_IN_XLSX.search(value):
            return Unreadable(f"cell {cell.coordinate} holds the code of a character, {code[0]!r}; remove it")
        return _cell(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time.min:
        return value.date().isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value)) if float(value).is_integer() else repr(value)
    return Unreadable(f"cell {cell.coordinate} holds no text but {value!s:.40}; write it as text")


def _cell(text: str) -> Cell:
    if text.startswith("="):
        return Unreadable("begins as a formula does; put its value there, or an apostrophe before it")
    return unguarded(text)


def _require_writable(table: Iterable[Sequence[str]], file: Path, also: re.Pattern[str] | None = None) -> None:
    faults = []
    header: Sequence[str] = ()
    for number, row in enumerate(table, 1):
        header = header or row
        for column, cell in zip(header, row):
            message = ""
            odd = CONTROL.search(cell) or _LONE_SURROGATE.search(cell) or (also.search(cell) if also else None)
            if odd:
                message = f"holds {odd[0]!r}, which cannot stand in a {file.suffix}; export as .json"
            elif len(cell) + 1 > MOST_CELL_CHARACTERS:
                message = f"is longer than {MOST_CELL_CHARACTERS:,} characters, the most of a cell; export as .json"
            if message:
                faults.append(Fault(file, number, f"{column} of {row[0]}: {message}"))
    if faults:
        raise ContentError(faults)


def _inspected(raw: bytes, file: Path) -> io.BytesIO:
    """The XML parts of an archive, found harmless, as an archive of their own: what is opened is what was looked at.
    Raises `ContentError`: for the list of parts before any is unpacked, then for the parts, one by one."""
    kept = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(kept, "w") as harmless:
            parts = {part.filename: part for part in archive.infolist()}
            size = sum(part.file_size for part in archive.infolist())
            if len(parts) > MOST_PARTS or size > min(MOST_UNPACKED_BYTES, MOST_RATIO * len(raw)):
                message = (
                    f"would unpack to {size:,} bytes in {len(parts)} parts; "
                    f"at most {MOST_UNPACKED_BYTES:,} in {MOST_PARTS}, and {MOST_RATIO} times the file's size"
                )
                raise ContentError([Fault(file, 1, message)])
            tags = 0
            for name, part in parts.items():
                if not name.endswith((".xml", ".rels")):
                    continue
                text = archive.read(part)
                tags += text.count(b"<")
                if danger := _danger(text, tags):
                    raise ContentError([Fault(file, 1, danger)])
                harmless.writestr(name, text)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise ContentError([Fault(file, 1, _NO_WORKBOOK)]) from error
    return kept


def _danger(part: bytes, tags: int) -> str | None:
    declared = _DECLARED.match(part.removeprefix(b"\xef\xbb\xbf"))
    # In another encoding the reader could find what is not found here.
    if b"\x00" in part or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"iso-8859-1")):
        return _NO_WORKBOOK
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        return "declares XML entities, which no workbook needs; save it again in Excel or LibreOffice"
    if tags > MOST_TAGS:
        return f"has more than {MOST_TAGS:,} XML tags; copy the rows into a new, plain workbook"
    return None
