"""Tables <-> .csv and .xlsx: what is written comes back exactly, and no file can compute, or fill the memory."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.editing import spreadsheets
from knowledge.editing.rows import MOST_CELL_CHARACTERS, Cell, Unreadable
from knowledge.errors import ContentError

CSV, XLSX = Path("some.csv"), Path("some.xlsx")
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "'=1", "''", "'", "-", '=HYPERLINK("http://x";"y")']
ORDINARY = re.compile(r"[\t\n -\x5e`-\x7e\xa0-\ud7ff]*")
"""Texts without control characters, and without the underline that Excel's codes of characters begin with."""
SHEET_XML = "xl/worksheets/sheet1.xml"


def written(kind: Path, table: Sequence[Sequence[str]]) -> bytes:
    return spreadsheets.write_csv(table, kind) if kind == CSV else spreadsheets.write_xlsx(table, kind)


def read(kind: Path, raw: bytes) -> list[tuple[int, list[Cell]]]:
    if kind == XLSX:
        return spreadsheets.read_xlsx(raw, kind)
    table, faults = spreadsheets.read_csv(raw, kind)
    assert faults == []
    return table


def faults(kind: Path, raw: bytes) -> list[str]:
    with pytest.raises(ContentError) as error:
        read(kind, raw)
    return [f"{fault.line} {fault.message}" for fault in error.value.faults]


def workbook(*rows: Sequence[object], sheets: Sequence[str] = ("entries",)) -> bytes:
    """As a spreadsheet program would save it: cells of all kinds."""
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for row in rows:
        book.active.append(row)
    for name in sheets[1:]:
        book.create_sheet(name)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def with_part(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one part changed, or added."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return kept.getvalue()


@pytest.mark.parametrize("kind", [CSV, XLSX])
@settings(max_examples=150, deadline=None)
@given(cells=st.lists(st.text(), min_size=3, max_size=3))
@example(cells=DANGEROUS[:3])
@example(cells=["#N/A", "1.50", "2026-11-22"])
@example(cells=["a\r\nb", " \n", "a_x000D_b"])
@example(cells=["\ud800", "\x00", "\ufffe"])
def test_a_text_comes_back_exactly_or_is_refused(kind: Path, cells: list[str]) -> None:
    table = [["first", "second", "third", "fourth"], ["row", *cells]]
    try:
        raw = written(kind, table)
    except ContentError:
        assert not all(map(ORDINARY.fullmatch, cells))
        return
    (_, header), (number, row) = read(kind, raw)
    assert (header, number) == (table[0], 2)
    assert [*row, *[""] * (4 - len(row))] == table[1]


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_a_control_character_is_refused_with_its_place(kind: Path) -> None:
    with pytest.raises(ContentError, match=r"some\.(csv|xlsx):2 answer of tea: holds '\\x07', which cannot stand in a"):
        written(kind, [["id", "answer"], ["tea", "ring\x07"]])


@pytest.mark.parametrize("text", DANGEROUS)
def test_nothing_that_is_written_can_be_taken_for_a_formula(text: str) -> None:
    raw = spreadsheets.write_csv([["id"], [text]], CSV).decode("utf-8-sig")
    assert raw.split("\r\n", 1)[1].lstrip('"').startswith("'")
    with zipfile.ZipFile(io.BytesIO(spreadsheets.write_xlsx([["id"], [text]], XLSX))) as archive:
        sheet = archive.read(SHEET_XML).decode()
    assert "<f>" not in sheet
    assert sheet.count('t="inlineStr"') == 2
    assert ">'" in sheet


@pytest.mark.parametrize(
    "text",
    ["1,460", "007", "(5)", "1/2", "$5", ".5", "January 2021", "Sept. 2021", "5 de mayo", "enero de 2021", "true"],
)
def test_what_a_spreadsheet_would_write_in_its_own_way_is_guarded_in_a_csv(text: str) -> None:
    assert spreadsheets.write_csv([[text, f"'{text}"]], CSV).decode("utf-8-sig").count("'") == 3
    assert read(CSV, spreadsheets.write_csv([[text, f"'{text}"]], CSV)) == [(1, [text, f"'{text}"])]


@pytest.mark.parametrize("text", ["2026-11-22", "May cause harm", "tea at 70 degrees", "truest", "1\n2", "TEA-001"])
def test_what_a_spreadsheet_leaves_as_it_is_is_not_guarded(text: str) -> None:
    assert "'" not in spreadsheets.write_csv([[text]], CSV).decode("utf-8-sig")


def test_excel_knows_the_encoding_of_a_csv_by_its_mark() -> None:
    assert spreadsheets.write_csv([["é"]], CSV) == b"\xef\xbb\xbf\xc3\xa9\r\n"
    assert read(CSV, b"\xc3\xa9\r\n") == read(CSV, b"\xef\xbb\xbf\xc3\xa9\n") == [(1, ["é"])]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_a_fault_that_says_how_to_save(encoding: str) -> None:
    (fault,) = faults(CSV, "id\nqué\n".encode(encoding))
    assert "is not UTF-8 text; in Excel save it as 'CSV UTF-8" in fault


def test_a_csv_with_semicolons_or_an_open_quote_is_explained() -> None:
    assert faults(CSV, b"id;locale\n") == ["1 has columns parted by semicolons; save it parted by commas"]
    table, found = spreadsheets.read_csv(b'id\ntea\n"open\n', CSV)
    assert table == [(1, ["id"]), (2, ["tea"])]
    assert [(fault.line, fault.message[:34]) for fault in found] == [(3, "cannot be read from here on: unexp")]


def test_a_cell_of_a_megabyte_is_where_reading_stops() -> None:
    _, found = spreadsheets.read_csv(b"id\n" + b"x" * 1_000_000 + b"\n", CSV)
    assert found[0].line == 2
    assert f"a cell may have {MOST_CELL_CHARACTERS:,} characters" in found[0].message
    with pytest.raises(ContentError, match="is longer than 32,767 characters"):
        spreadsheets.write_xlsx([["id"], ["x" * 40_000]], XLSX)


def test_a_formula_is_named_by_its_cell_and_not_computed() -> None:
    header, row = read(XLSX, workbook(["id", "answer"], ["tea", "=1+1"]))
    assert header == (1, ["id", "answer"])
    assert row == (2, ["tea", Unreadable("cell B2 holds a formula; put its value there, as text")])
    ((_, [cell]),) = read(CSV, b"\"=cmd|' /C calc'!A0\"\n")
    assert isinstance(cell, Unreadable)


def test_what_a_spreadsheet_program_makes_of_dates_and_numbers_is_read_as_it_was_meant() -> None:
    ((_, row),) = read(XLSX, workbook([dt.date(2026, 11, 22), 70, 1.5, None, "tea"]))
    assert row == ["2026-11-22", "70", "1.5", "", "tea"]
    ((_, row),) = read(XLSX, workbook([True, dt.datetime(2026, 11, 22, 13), "#N/A", "a_x000D_b"]))
    assert [isinstance(cell, Unreadable) for cell in row] == [True] * 4


def test_blank_rows_are_left_out_and_rows_keep_their_numbers() -> None:
    raw = workbook(["id"], [], [None], ["tea"])
    assert read(XLSX, raw) == [(1, ["id"]), (4, ["tea"])]
    far = with_part(raw, SHEET_XML, lambda xml: xml.replace(b'r="4"', b'r="999999999"').replace(b"A4", b"A999999999"))
    assert faults(XLSX, far) == ["20001 there is something after row 20,000; copy the rows into a new, plain workbook"]
    assert read(CSV, b"id\n\n,\ntea\n") == [(1, ["id"]), (4, ["tea"])]


def test_the_sheet_of_the_entries_is_found_by_its_name() -> None:
    assert read(XLSX, workbook(["id"], sheets=("entries", "notes"))) == [(1, ["id"])]
    assert faults(XLSX, workbook(["id"], sheets=("one", "two"))) == [
        "1 has 2 sheets; keep one, or name the one with the entries 'entries'"
    ]


def test_an_archive_that_would_fill_the_memory_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*given: object, **named: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(spreadsheets, "load_workbook", opened)
    raw = workbook(["id"])
    (bomb,) = faults(XLSX, with_part(raw, "xl/bomb.bin", lambda _: bytes(40_000_000)))
    assert bomb.startswith("1 would unpack to 40,0")
    (bomb,) = faults(XLSX, with_part(raw, "xl/bomb.xml", lambda _: b"<a/>" + b" " * 10_000_000))
    assert "and 100 times the file's size" in bomb
    monkeypatch.setattr(spreadsheets, "MOST_RATIO", 10_000)
    (bomb,) = faults(XLSX, with_part(raw, SHEET_XML, lambda _: b"<c/>" * 1_100_000))
    assert "more than 1,000,000 XML tags" in bomb
    (bomb,) = faults(XLSX, with_part(raw, SHEET_XML, lambda xml: b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml))
    assert "declares XML entities" in bomb
    hidden = b'<?xml version="1.0" encoding="cp037"?>' + '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("cp037")
    (bomb,) = faults(XLSX, with_part(raw, SHEET_XML, lambda _: hidden))
    assert bomb == f"1 {spreadsheets._NO_WORKBOOK}"


DAMAGED = {
    "empty": b"",
    "text": b"id,locale\n",
    "beginning of an archive": b"PK\x03\x04 and no more",
    "old or encrypted": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "cut off": workbook(["id"])[:-200],
    "another list of parts": with_part(workbook(["id"]), "[Content_Types].xml", lambda _: b"<no/>"),
    "open tag": with_part(workbook(["id"]), SHEET_XML, lambda _: b"<worksheet"),
    "row without number": with_part(workbook(["id"]), SHEET_XML, lambda xml: xml.replace(b'r="1"', b'r="x"')),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_no_workbook_is_a_fault(what: str) -> None:
    assert faults(XLSX, DAMAGED[what]) == [f"1 {spreadsheets._NO_WORKBOOK}"]


def test_texts_that_are_kept_beside_the_sheet_are_read_as_excel_keeps_them() -> None:
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = b"<sst " + space + b"><si><t>'=1</t></si><si><r><t>bold</t></r><r><t> and not</t></r></si></sst>"
    cells = b'<c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="D1"><f>1+1</f><v>2</v></c>'
    sheet = b"<worksheet " + space + b'><sheetData><row r="1">' + cells + b"</row></sheetData></worksheet>"
    raw = with_part(workbook(["id"]), "[Content_Types].xml", lambda xml: xml.replace(b"</Types>", part))
    raw = with_part(with_part(raw, "xl/sharedStrings.xml", lambda _: texts), SHEET_XML, lambda _: sheet)
    ((_, row),) = read(XLSX, raw)
    assert row[:3] == ["=1", "", "bold and not"]
    assert isinstance(row[3], Unreadable)
