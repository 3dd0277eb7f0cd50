"""Texts from a file: looked at row by row, then begun as drafts, all of them or none, and never published."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.codec import entry_to_json
from knowledge.editing.exchange import file_bytes
from knowledge.editing.rows import COLUMNS, cells_of
from knowledge.files import write_entry
from knowledge.glossary import new_word, write_glossary
from knowledge.model import Entry
from tests.knowledge.editing.conftest import BETTER
from tests.knowledge.samples import CARD, SOURCE, STEPS, TEA, publication
from tests.web.studio.conftest import Employ, Person, begin
from web.bodies import parse_form_with_file
from web.errors import Refused
from web.parts import Parts

NEW = replace(TEA, id="tea-green", question="What is green tea?", phrasings=("green one",), related=())


def looked(author: Person, name: str, raw: bytes, **fields: str) -> httpx.Response:
    """The preview of a file."""
    mark = author.open("/studio/import").text.split('name="form_mark" value="')[1].split('"')[0]
    return author.client.post(
        "/studio/import/preview", data={"form_mark": mark, **fields}, files={"file": (name, raw, "text/plain")}
    )


def packed(kind: str, *entries: Entry) -> bytes:
    return file_bytes(entries, Path(f"some.{kind}"))


def csv_with(column: str, cell: str, entry: Entry = NEW) -> bytes:
    """One row whose cell of a column is this."""
    cells = {**cells_of(entry), column: cell}
    rows = [list(COLUMNS), [cells[name] for name in COLUMNS]]
    return "\r\n".join(",".join('"' + one.replace('"', '""') + '"' for one in row) for row in rows).encode()


def acts(parts: Parts) -> list[str]:
    return [row.act for row in parts.knowledge.store.audit()]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_a_preview_shows_each_row_and_the_import_makes_drafts_of_them(employ: Employ, parts: Parts, kind: str) -> None:
    anna = employ("Anna", "author")
    page = looked(anna, f"tea.{kind}", packed(kind, BETTER, NEW, STEPS))
    assert page.status_code == 200
    assert "1 new, 1 changed, 1 as they are live, 0 faults. Nothing has been changed yet." in page.text
    assert "<ins>" in page.text
    assert "What is green tea?" in page.text
    assert parts.knowledge.store.drafts() == []
    assert acts(parts) == []

    imported = anna.send(page, "/studio/import")
    assert imported.headers["location"] == "/studio/work?said=imported"
    drafts = {draft.entry.id: draft for draft in parts.knowledge.store.drafts()}
    assert {name: draft.entry for name, draft in drafts.items()} == {BETTER.id: BETTER, NEW.id: NEW}
    assert {(draft.state, draft.authors) for draft in drafts.values()} == {("draft", ("Anna",))}
    assert acts(parts) == ["draft_all"]
    assert parts.knowledge.live().release.number == 1


def test_what_readers_are_shown_comes_as_a_spreadsheet_and_back_unchanged(employ: Employ) -> None:
    anna = employ("Anna", "author")
    sheet = anna.open("/studio/answers.xlsx")
    assert "attachment" in sheet.headers["content-disposition"]
    assert "There is nothing to import" in looked(anna, "answers.xlsx", sheet.content).text


def test_a_content_file_is_of_the_language_that_is_said(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    page = looked(anna, "tea-green.md", write_entry(NEW).encode(), locale="es")
    assert "row 1, es/tea-green" in page.text
    anna.send(page, "/studio/import")
    assert [draft.entry.key for draft in parts.knowledge.store.drafts()] == [("es", "tea-green")]
    fault = looked(anna, "tea-red.md", write_entry(NEW).encode())
    assert "must be the file&#39;s name" in fault.text


def test_words_of_a_glossary_are_compared_with_the_live_ones_and_become_drafts(employ: Employ, parts: Parts) -> None:
    anna, store = employ("Anna", "author"), parts.knowledge.store
    word = new_word("brew", "brew", "en", TEA.checked_on, TEA.review_due)
    live = replace(word, answer="Hot tea.", facts=("TEA-001",), sources=("place",))
    store.publish([TEA, STEPS, CARD, live], {SOURCE.key: SOURCE}, **publication(base=1))
    better, pot = replace(live, answer="Tea in a pot."), replace(word, id="word-pot", question="pot", answer="A jug.")
    file = write_glossary([better, pot], []).encode()
    page = looked(anna, "glossary.yml", file)
    assert "1 new, 1 changed, 0 as they are live, 0 faults." in page.text
    anna.send(page, "/studio/import")
    assert {draft.entry for draft in store.drafts()} == {better, pot}
    wrong = looked(anna, "glossary.yml", file.replace(b"  term: pot", b"  name: maybe"))
    assert "pot term: is missing or no text" in wrong.text
    assert "is not UTF-8 text" in looked(anna, "glossary.yml", b"caf\xe9:").text


def test_one_wrong_cell_keeps_all_out_and_is_named_by_row_and_column(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    rows = [entry_to_json(BETTER), {**entry_to_json(NEW), "review_due": "next year"}]
    page = looked(anna, "tea.json", json.dumps(rows).encode())
    assert "0 new, 1 changed, 0 as they are live, 1 fault." in page.text
    assert '<td class="number" data-name="Row">2</td><td>review_due</td>' in page.text
    assert 'name="content"' not in page.text
    assert parts.knowledge.store.drafts() == []


def test_a_text_that_somebody_works_on_keeps_all_out(employ: Employ, parts: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "author")
    page = looked(anna, "tea.csv", packed("csv", BETTER, NEW))
    begin(ben)
    refused = anna.send(page, "/studio/import")
    assert "tea-what-is is being worked on by Ben" in refused.text
    assert [draft.authors for draft in parts.knowledge.store.drafts()] == [("Ben",)]
    assert acts(parts) == ["draft"]


def test_what_was_published_meanwhile_is_looked_at_before_anything_is_imported(employ: Employ, parts: Parts) -> None:
    anna, peter = employ("Anna", "author"), employ("Peter", "publisher")
    page = looked(anna, "tea.csv", packed("csv", BETTER))
    peter.act("/studio/entries/en/tea-steps", "/withdraw", reason="Being looked at")
    again = anna.send(page, "/studio/import")
    assert "Look at the changes once more" in again.text
    assert parts.knowledge.store.drafts() == []
    assert anna.send(again, "/studio/import").status_code == 303
    assert len(parts.knowledge.store.drafts()) == 1


def test_a_card_becomes_nothing_else_by_a_file(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    page = looked(anna, "cards.csv", packed("csv", replace(CARD, answer_kind="text")))
    assert "is an emergency card and stays one" in page.text
    assert 'name="content"' not in page.text


def bomb() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return kept.getvalue()


def formula() -> bytes:
    book, kept = openpyxl.Workbook(), io.BytesIO()
    book.active.append(list(COLUMNS))
    book.active.append([{**cells_of(NEW), "answer": '=HYPERLINK("http://x";"y")'}[name] for name in COLUMNS])
    book.save(kept)
    return kept.getvalue()


HOSTILE = {
    "a zip bomb": ("tea.xlsx", bomb(), "would unpack to 50,000,000 bytes"),
    "a formula in a workbook": ("tea.xlsx", formula(), "holds a formula; put its value there, as text"),
    "a formula in a table": ("tea.csv", csv_with("answer", "=1+1"), "begins as a formula does"),
    "another encoding": ("tea.csv", csv_with("answer", "Té").decode().encode("latin-1"), "is not UTF-8 text"),
    "two bytes a sign": ("tea.csv", csv_with("answer", "Té").decode().encode("utf-16"), "is not UTF-8 text"),
    "an unknown column": ("tea.csv", csv_with("answer", "x").replace(b"simpler", b"simplr"), "unknown column"),
    "a megabyte in a cell": ("tea.csv", csv_with("answer", "x" * 1_000_000), "cannot be read from here on"),
    "half a workbook": ("tea.xlsx", packed("xlsx", NEW)[:3000], "is not an .xlsx file that can be read"),
    "a program": ("tea.exe", b"MZ", "must end with one of .csv, .xlsx, .json, .md"),
    "nested for ever": ("tea.json", b"[" * 100_000, "nested too deep"),
    "no name": ("../../", b"x", "must end with one of"),
    "no text": ("tea.md", b"\x00\xff", "is not UTF-8 text"),
}


def test_what_is_hostile_or_odd_is_refused_with_a_sentence(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    for case, (name, raw, message) in HOSTILE.items():
        page = looked(anna, name, raw)
        assert (page.status_code, message in page.text, 'name="content"' in page.text) == (200, True, False), case
    assert parts.knowledge.store.drafts() == []


def test_markup_in_a_file_is_shown_as_text(employ: Employ) -> None:
    anna = employ("Anna", "author")
    bad = "<script>alert(1)</script>"
    page = looked(anna, f"{bad}.json", json.dumps([{**entry_to_json(NEW), "question": bad}]).encode())
    assert bad not in page.text
    assert "&lt;script&gt;" in page.text


def test_a_file_that_is_too_long_or_none_is_refused(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    most = parts.settings.studio_body_bytes
    assert looked(anna, "tea.csv", b"x" * (most * 3 // 4)).status_code == 413
    assert looked(anna, "tea.csv", b"x" * most).status_code == 413
    assert "Choose a file first" in looked(anna, "", b"").text


def test_what_does_not_come_back_whole_is_refused(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    page = looked(anna, "tea.csv", packed("csv", BETTER))
    assert anna.send(page, "/studio/import", content="no base64!").status_code == 409
    assert anna.send(page, "/studio/import", content="AAAA").status_code == 200
    assert parts.knowledge.store.drafts() == []


def test_only_authors_import(employ: Employ, parts: Parts) -> None:
    rita, anna = employ("Rita", "reviewer"), employ("Anna", "author")
    page = looked(anna, "tea.csv", packed("csv", BETTER)).text
    mark = rita.open("/studio/").text.split('name="form_mark" value="')[1].split('"')[0]
    assert rita.send(page, "/studio/import", form_mark=mark).status_code == 403
    assert acts(parts) == ["refused"]


def form(*parts: tuple[str, str, bytes]) -> bytes:
    rows = [
        b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (n.encode(), f.encode(), c)
        for n, f, c in parts
    ]
    return b"".join([*rows, b"--b--\r\n"])


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=400), name=st.text("abcñé.").map("año {}.csv".format))
def test_a_file_arrives_byte_by_byte(content: bytes, name: str) -> None:
    body = form(("mark", "", b"1"), ("file", f'; filename="{name}"', content))
    if b"--b" not in content:
        fields, upload = parse_form_with_file(body, "multipart/form-data; boundary=b")
        assert fields == {"mark": ["1"]}
        assert upload is not None
        assert (upload.name, upload.content) == (name, content)


@given(body=st.binary(max_size=300), kind=st.sampled_from(["", "; boundary=b", "; boundary=", '; boundary="b"', "; b"]))
def test_no_form_breaks_the_reader(body: bytes, kind: str) -> None:
    try:
        parse_form_with_file(body, f"multipart/form-data{kind}")
        parse_form_with_file(form(("a", "", body)), f"multipart/form-data{kind}")
    except Refused:
        return


def test_odd_parts_of_a_form_are_refused() -> None:
    for body in (
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n--b--\r\n",
        b"nothing of a form",
    ):
        with pytest.raises(Refused):
            parse_form_with_file(body, "multipart/form-data; boundary=b")
