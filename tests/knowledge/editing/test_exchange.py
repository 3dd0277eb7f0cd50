"""Content out of the database and back: nothing is lost, nothing is half done, and only drafts come of it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.editing import exchange, rows
from knowledge.editing import seed as editing
from knowledge.editing.acts import texts_of
from knowledge.editing.refusals import NotAllowed
from knowledge.errors import ContentError, EditRefused
from knowledge.files import read_folder, read_sources, write_entry
from knowledge.glossary import new_word, read_glossaries
from knowledge.model import Choice, Entry, Quiz, Source
from knowledge.review import Grounds
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.settings import SHIPPED_CONTENT
from knowledge.store.audit import first_broken
from knowledge.store.repository import KnowledgeStore
from storage.engine import open_engine
from tests.knowledge.editing.conftest import ANNA, BEN, BETTER, CLARA, FACTS, PETER, Desk
from tests.knowledge.samples import (
    CARD,
    ENTRIES,
    NOON,
    SOURCE,
    STEPS,
    TEA,
    StillEncoder,
    demanded_cards,
    publication,
    write_folder,
)
from tests.knowledge.test_codec import wrong

NEW = replace(STEPS, id="tea-cold", question="Is cold tea tea?", phrasings=("iced tea",), related=())
QUIZ = Quiz("What is tea?", (Choice("A drink", "Yes :: it is.", True), Choice("- a stone", "No.", False)))
RICH = replace(
    TEA,
    as_of=dt.date(2026, 1, 2),
    answer="=1+1 is no tea {as_of}.\n\n- one\n- two",
    more="'quoted', \"twice\"; and parted,\nby all signs",
    phrasings=("-tea", "+tea", "@tea", "'tea", "yes", "1.50", "what: tea?"),
    figures=("70", "1,000"),
    quiz=QUIZ,
)
SAVED = (
    RICH,
    replace(STEPS, figures=("1,460",), phrasings=("007",), more="(5)"),
    replace(STEPS, id="tea-two", question="How many cups?", figures=("January 2021",), phrasings=("1/2",), more="true"),
    replace(
        STEPS, id="tea-three", question="¿Té o café? 茶 😀", figures=("50 %",), phrasings=("5 de mayo",), more="12:30"
    ),
    replace(CARD, locale="es"),
)
"""What a spreadsheet could take for something else, cell by cell."""
KINDS = ("a.csv", "a.xlsx", "a.json", "folder")
TABLES = ("a.csv", "a.xlsx", "a.json")


def taken(tmp_path: Path, name: str, *entries: Entry) -> Path:
    target = tmp_path / name
    exchange.export(target, entries, {"place": SOURCE}, replace=True)
    return target


def faults(source: Path) -> list[str]:
    with pytest.raises(ContentError) as error:
        exchange.read_entries(source)
    assert {fault.file for fault in error.value.faults} == {source}
    return [f"{fault.line} {fault.message}" for fault in error.value.faults]


def csv_with(tmp_path: Path, *entries: Entry, **cells: str) -> Path:
    """An export whose last row has other cells."""
    table = rows.table_of(entries or (TEA,), tmp_path)
    for column, text in cells.items():
        table[-1][rows.COLUMNS.index(column)] = text
    return csv_of(tmp_path, table)


def csv_of(tmp_path: Path, table: list[list[str]]) -> Path:
    file = tmp_path / "some.csv"
    file.write_text("".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in table))
    return file


# Out and back --------------------------------------------------------------------------------------------------


def test_the_starter_content_comes_out_byte_by_byte_as_it_was_brought_in(
    sqlite_store: KnowledgeStore, tmp_path: Path
) -> None:
    embedder = Embedder(StillEncoder(), sqlite_store)
    release = editing.import_seed(sqlite_store, SHIPPED_CONTENT, embedder, Aliases({}), at=NOON)
    names = {name: one.terms.values() for name, one in read_glossaries(SHIPPED_CONTENT).items()}
    named = {locale: [term.id for term in terms if term.name] for locale, terms in names.items()}
    texts = (*exchange.shown(release), *exchange.words(release))
    exchange.export(tmp_path / "out", texts, sqlite_store.sources(), names=named)
    out = {file.relative_to(tmp_path / "out"): file.read_bytes() for file in (tmp_path / "out").rglob("*.*")}
    shipped = [*SHIPPED_CONTENT.glob("*/*/*.md"), SHIPPED_CONTENT / "sources.yml"]
    shipped += SHIPPED_CONTENT.glob("*/glossary.yml")
    assert len(shipped) > 300
    assert out == {file.relative_to(SHIPPED_CONTENT): file.read_bytes() for file in shipped}
    for name in TABLES:
        exchange.export(tmp_path / name, exchange.shown(release), sqlite_store.sources())
        assert exchange.read_entries(tmp_path / name) == exchange.shown(release)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_brings_back_what_was_taken_out(tmp_path: Path, name: str) -> None:
    given = (RICH, STEPS, CARD, replace(CARD, locale="es"))
    assert set(exchange.read_entries(taken(tmp_path, name, *given))) == set(given)


def test_a_folder_with_one_id_in_two_files_is_a_fault_with_both_names(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "content")
    other = folder / "en" / "heart" / f"{TEA.id}.md"
    other.parent.mkdir()
    other.write_text(write_entry(replace(TEA, topic="heart")), encoding="utf-8")
    with pytest.raises(ContentError, match=rf"lupus/{TEA.id}.md:2 id '{TEA.id}' is also used by {TEA.id}.md"):
        exchange.read_entries(folder)


@pytest.mark.parametrize("name", ["saved_by_libreoffice.csv", "saved_by_libreoffice.xlsx"])
def test_what_a_spreadsheet_program_opened_and_saved_is_as_it_was(name: str) -> None:
    """The files are `SAVED`, exported, then opened and saved by LibreOffice 7.4 with no cell touched."""
    assert exchange.read_entries(Path(__file__).with_name(name)) == SAVED


def test_json_is_of_the_published_shape(tmp_path: Path) -> None:
    objects = json.loads(taken(tmp_path, "a.json", RICH, CARD).read_bytes())
    assert [wrong("entry", one) for one in objects] == [[], []]


lines = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).map(str.strip).filter(bool)
sections = st.lists(lines | st.just(""), min_size=1, max_size=4).map("\n".join)


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=60, deadline=None)
@given(answer=sections, question=lines, phrasings=st.lists(lines | st.text(), max_size=3), simpler=st.text())
@example(answer="A\n\n## More\n\nhidden", question="what?", phrasings=["x"], simpler="")
@example(answer="A", question="two\nlines?", phrasings=["two\nlines"], simpler="")
@example(answer="A", question="'?", phrasings=["'=", "#N/A", "null", "2026-11-22"], simpler="---")
def test_a_text_comes_back_as_it_was_or_is_a_fault_never_as_another(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    answer: str,
    question: str,
    phrasings: list[str],
    simpler: str,
) -> None:
    entry = replace(TEA, answer=answer, question=question, phrasings=tuple(phrasings), simpler=simpler)
    file = tmp_path_factory.mktemp("any") / name
    try:
        file.write_bytes(exchange.file_bytes([entry], file))
        (read,) = exchange.read_entries(file)
    except ContentError:
        return
    # What a content file does not keep, a file of entries does not either.
    tidy = {column: rows._tidy(column, text) for column, text in rows.cells_of(entry).items()}
    assert rows.cells_of(read) == tidy


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.from_regex(r"[^\W_][\w ,;:'\"=+@-]*[^\W_]", fullmatch=True), min_size=1, max_size=4))
@pytest.mark.parametrize("name", TABLES)
def test_ordinary_texts_always_come_back(tmp_path_factory: pytest.TempPathFactory, name: str, words: list[str]) -> None:
    words = [" ".join(word.split()) for word in words]
    entry = replace(TEA, answer="\n".join(words), question=words[0], phrasings=tuple(words))
    file = tmp_path_factory.mktemp("ordinary") / name
    file.write_bytes(exchange.file_bytes([entry], file))
    assert exchange.read_entries(file) == (entry,)


WORD = replace(
    new_word("tea", "tea", "en", TEA.checked_on, TEA.review_due),
    phrasings=("cuppa, hot", "brew"),
    answer="A drink: leaves and water.",
)
CHANGED = replace(
    new_word("Yes", "yes", "en", dt.date(2026, 1, 2), dt.date(2098, 1, 2)),
    answer="Made at 70 degrees.",
    facts=("TEA-001",),
    sources=("place",),
)
WORDS = (WORD, replace(WORD, id="word-pot", question="POT", phrasings=()), CHANGED, replace(WORD, locale="es"))


def test_words_of_the_glossary_come_back_from_a_folder_each_with_its_own_days(tmp_path: Path) -> None:
    exchange.export(tmp_path / "out", [TEA, *WORDS], {"place": SOURCE}, names={"en": ["pot"]})
    assert set(exchange.read_entries(tmp_path / "out", FACTS, {"place": SOURCE})) == {TEA, *WORDS}
    written = read_glossaries(tmp_path / "out")["en"]
    assert [(term.id, term.name) for term in written.terms.values()] == [("pot", True), ("tea", False), ("yes", False)]
    exchange.export(tmp_path / "out", [WORD], {}, replace=True)
    assert exchange.read_entries(tmp_path / "out") == (WORD,)


@pytest.mark.parametrize("change", [{"answer": " "}, {"facts": ("",)}, {"id": "word-../tea"}, {"locale": ".."}])
def test_a_word_that_would_come_back_as_another_stops_the_export(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ContentError, match=r"glossary\.yml"):
        exchange.export(tmp_path / "out", [TEA, replace(WORD, **change)], {})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_words_have_no_days_is_refused(tmp_path: Path) -> None:
    exchange.export(tmp_path / "out", [WORD], {})
    file = tmp_path / "out" / "en" / "glossary.yml"
    file.write_text(file.read_text("utf-8").replace("checked_on: ", "# "), "utf-8")
    with pytest.raises(ContentError, match="checked_on is missing"):
        exchange.read_entries(tmp_path / "out")


def test_a_glossary_that_staff_changed_makes_the_same_one_in_an_empty_home(tmp_path: Path) -> None:
    """Out of one home, into the content folder of another one."""
    content = write_folder(tmp_path / "content", [TEA, STEPS, *demanded_cards()])
    first, second = (KnowledgeStore(open_engine(f"sqlite:///{tmp_path / name}.db")) for name in ("first", "second"))
    for store in (first, second):
        store.migrate()
    entries = read_folder(content).entries
    first.publish([*entries, *WORDS], {"place": SOURCE}, **publication())
    release = first.release(1)
    texts = (*exchange.shown(release), *exchange.words(release))
    exchange.export(tmp_path / "out", texts, first.sources(), names={"en": ["tea"]})
    shutil.copytree(tmp_path / "out", content, dirs_exist_ok=True)
    brought = editing.import_seed(second, content, Embedder(StillEncoder(), second), Aliases({}), at=NOON)
    assert set(exchange.words(brought)) == set(exchange.words(release)) == set(WORDS)
    assert exchange.shown(brought) == exchange.shown(release)


def test_in_a_single_file_words_of_the_glossary_are_left_out_and_withdrawn_texts_everywhere(desk: Desk) -> None:
    term = replace(TEA, id="word-tea", topic="glossary", answer_kind="term")
    desk.store.publish([*ENTRIES, term], {}, base=1, author="starter", review="editorial", origin="seed", at=NOON)
    desk.acts.withdraw([STEPS.key], by=PETER, at=NOON, reason="wrong")
    release = desk.store.release(desk.store.newest_release())
    assert (exchange.shown(release), exchange.words(release)) == ((CARD, TEA), (term,))
    assert set(texts_of(release)) == {entry.key for entry in (*ENTRIES, term)}


# Where it is written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_replaced_unless_one_asks_for_it(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    exchange.export(target, ENTRIES, {})
    with pytest.raises(EditRefused, match="exists; take another name, or add --replace"):
        exchange.export(target, [TEA], {})
    assert len(exchange.read_entries(target)) == 3
    exchange.export(target, [TEA], {}, replace=True)
    assert exchange.read_entries(target) == (TEA,)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_an_empty_folder_is_filled_and_one_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    exchange.export(tmp_path / "out", [TEA], {})
    content = write_folder(tmp_path / "content")
    with pytest.raises(EditRefused, match=r"holds more than an export, such as .*facts\.tsv"):
        exchange.export(content, [TEA], {}, replace=True)
    with pytest.raises(EditRefused, match="is a file; take another name"):
        exchange.export(content / "facts.tsv", [TEA], {}, replace=True)
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(EditRefused, match="is a folder; take another name"):
        exchange.export(tmp_path / "a.csv", [TEA], {}, replace=True)


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = taken(tmp_path, "folder", TEA, STEPS)

    def full(self: Path, raw: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        taken(tmp_path, "folder", TEA)
    assert len(exchange.read_entries(target)) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("change", [{"id": "../tea"}, {"locale": ".."}, {"topic": "a/b"}])
def test_no_name_in_the_database_chooses_a_place_outside_the_folder(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ContentError, match="is no name for a file"):
        exchange.export(tmp_path / "out", [replace(TEA, **change)], {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", ["Tea.\n\n## More\n\nhidden", "**Tea**"])
def test_a_text_that_a_content_file_cannot_keep_is_not_written_as_one(tmp_path: Path, answer: str) -> None:
    with pytest.raises(ContentError, match=r"tea-what-is\.md"):
        exchange.export(tmp_path / "out", [replace(TEA, answer=answer, more="")], {})
    with pytest.raises(ContentError, match="phrasings of tea-what-is: must be a list of texts, each on one line"):
        exchange.export(tmp_path / "a.csv", [replace(TEA, phrasings=("two\nlines",))], {})
    odd = Quiz("What?", (Choice("a :: b", "c", True), Choice("d", "e", False)))
    with pytest.raises(ContentError, match="quiz of tea-what-is: the text of a choice may not hold '::'"):
        exchange.export(tmp_path / "a.csv", [replace(TEA, quiz=odd)], {})


# Bad files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("id", "../tea", "must be lower-case words joined by '-'"),
        ("locale", "english", "must be a language such as en or es"),
        ("topic", "tea", "'tea' is none of: lupus,"),
        ("question", "", "must be text"),
        ("question", "two\nlines?", "must stand on one line"),
        ("audience", "cats", "'cats' is none of"),
        ("answer_kind", "term", "'term' is none of"),
        ("checked_on", "22/11/2026", "must be a date such as 2026-11-22"),
        ("as_of", "soon", "must be a date"),
        ("cautions", "emergency\nhot", "caution 'hot' is none of"),
        ("answer", "", "is missing"),
        ("answer", "Tea.\n\n## Steps\n\n1. Boil.", "a line may not begin with '## '"),
        ("question", "What\u2028is tea?", "holds the control character '\\u2028'"),
        ("more", "It is **hot**.", "text must be plain, without markup"),
        ("simpler", "ring\x07", "holds the control character '\\x07'"),
        ("quiz", "What?\n- [x] one", "a choice must read '- [ ] text :: explanation'"),
        ("answer", "=1+1", "begins as a formula does"),
        ("more", "tea " * 10_000, "has 39,999 characters, a cell may have 32,767"),
    ],
)
def test_a_fault_names_its_row_and_column(tmp_path: Path, column: str, text: str, message: str) -> None:
    found = faults(csv_with(tmp_path, STEPS, TEA, **{column: text}))
    assert found[0].startswith(f"3 {column}: {message}")
    assert all(fault.startswith("3 ") for fault in found)


def test_all_faults_come_in_one_go(tmp_path: Path) -> None:
    table = rows.table_of((TEA, STEPS, STEPS), tmp_path)
    for column in ("id", "audience", "answer", "checked_on"):
        table[1][rows.COLUMNS.index(column)] = "?" if column != "answer" else ""
    assert faults(csv_of(tmp_path, table)) == [
        "2 id: must be lower-case words joined by '-'",
        "2 answer: is missing",
        "2 audience: '?' is none of: everyone, adult, child, infant, carer, bystander",
        "2 checked_on: must be a date such as 2026-11-22",
        "4 id: 'tea-steps' stands in row 3, too; an entry has one row for each locale",
    ]


def test_columns_must_be_the_known_ones_in_any_order(tmp_path: Path) -> None:
    table = rows.table_of((TEA,), tmp_path)
    assert exchange.read_entries(csv_of(tmp_path, [row[::-1] for row in table])) == (TEA,)
    assert exchange.read_entries(csv_of(tmp_path, [[*row, "", ""] for row in table])) == (TEA,)
    assert faults(csv_of(tmp_path, [[*table[0], ""], [*table[1], "note"]])) == [
        "2 column 21: has no name in the first row; name it or empty it"
    ]
    table[0][0], table[0][1] = "ID", "topic"
    (unknown, twice, *missing) = faults(csv_of(tmp_path, table))
    assert unknown.startswith("1 unknown column 'ID'; known: id, locale, topic,")
    assert twice == "1 column 'topic' stands twice"
    assert missing == ["1 column 'id' is missing", "1 column 'locale' is missing"]
    (tmp_path / "empty.csv").write_bytes(b"")
    assert faults(tmp_path / "empty.csv")[0].startswith("1 is empty; the first row names the columns: id,")


def test_what_people_and_spreadsheets_add_around_a_text_is_taken_off(tmp_path: Path) -> None:
    cells = {"id": " tea-what-is ", "answer": TEA.answer.replace("\n", "\r\n") + " \n", "facts": "\nTEA-001 \n\n"}
    assert exchange.read_entries(csv_with(tmp_path, **cells)) == (TEA,)


def test_a_file_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 2)
    many = taken(tmp_path, "a.json", *(replace(TEA, id=f"tea-{number}") for number in range(3)))
    assert faults(many) == ["1 has more than 2 entries; import it in parts"]
    assert faults(taken(tmp_path, "a.csv", TEA, STEPS, CARD)) == ["1 has more than 2 entries; import it in parts"]
    wide = csv_of(tmp_path, [[*row, *[""] * 100] for row in rows.table_of((TEA,), tmp_path)])
    assert faults(wide) == ["1 has more than 100 columns; look what got into it"]
    monkeypatch.setattr(exchange, "MOST_FILE_BYTES", 1_000_000)
    (tmp_path / "long.csv").write_bytes(b"x" * 1_000_001)
    assert faults(tmp_path / "long.csv") == ["1 is longer than 1 MB; import it in parts"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda one: one.update(colour="green"), "1 colour: unknown key; known: id,"),
        (lambda one: one.pop("facts"), "1 facts: is missing"),
        (lambda one: one.update(answer=["Tea."]), "1 answer: must be text"),
        (lambda one: one.update(facts="TEA-001"), "1 facts: must be a list of texts"),
        (lambda one: one.update(steps=["one\ntwo"]), "1 steps: must be a list of texts, each on one line"),
        (lambda one: one.update(quiz={"question": "What?"}), "1 quiz: must be null or have question and choices"),
        (lambda one: one.update(quiz=3), "1 quiz: must be null or have question and choices"),
        (lambda one: one.update(answer="\ud800"), "1 answer: holds the control character '\\ud800'"),
    ],
)
def test_json_of_another_shape_is_a_fault(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    file = taken(tmp_path, "a.json", TEA)
    (one,) = json.loads(file.read_bytes())
    change(one)
    file.write_text(json.dumps([one]))
    (found,) = faults(file)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{}", "1 must be an array of entries"),
        (b"[1, {}, 2]", "1 must be an object"),
        (b'[\n{"id": 1,}]', "2 is not JSON"),
        (b'[{"id": 1, "id": 2}]', "1 key 'id' stands twice in one object"),
        (b"[" * 200_000, "1 is not JSON that can be read"),
        (b"\n\xff", "2 is not UTF-8 text"),
        (b"[" + b"9" * 10_000 + b"]", "1 is not JSON that can be read"),
    ],
)
def test_what_is_no_json_is_a_fault(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "a.json").write_bytes(raw)
    assert faults(tmp_path / "a.json")[0].startswith(message)


def test_a_file_of_another_kind_and_one_that_is_not_there_are_faults(tmp_path: Path) -> None:
    assert faults(tmp_path / "a.xls") == ["1 must be a folder or a file that ends with .csv, .xlsx, .json"]
    assert faults(tmp_path / "a.csv") == ["1 cannot be read: No such file or directory"]
    (tmp_path / "folder").mkdir()
    assert faults(tmp_path / "folder") == ["1 holds no content files; they stand in <locale>/<topic>/<id>.md"]


def test_a_formula_in_a_workbook_is_named_by_its_cell(tmp_path: Path) -> None:
    file = taken(tmp_path, "a.xlsx", TEA)
    book = openpyxl.load_workbook(file)
    book.active["P2"] = '=HYPERLINK("http://example.org")'
    book.save(file)
    assert faults(file) == ["2 answer: cell P2 holds a formula; put its value there, as text"]


# Into the database ---------------------------------------------------------------------------------------------


def test_a_preview_says_what_would_become_of_each_entry(desk: Desk) -> None:
    current = texts_of(desk.store.release(1))
    better = replace(BETTER, facts=("TEA-002",), figures=())
    compared = exchange.preview([better, STEPS, NEW], current, desk.store.drafts(), Grounds({"place": SOURCE}, FACTS))
    assert compared.new == (NEW,)
    assert compared.changed == ((better, ("facts", "figures", "answer")),)
    assert compared.unchanged == (STEPS,)
    assert {(entry.id, found.field) for entry, found in compared.unfit} == {
        (TEA.id, "facts"),
        (TEA.id, "sources"),
        (TEA.id, "figures"),
    }
    assert compared.hindrances == ()
    desk.acts.draft(BETTER, by=ANNA, at=NOON)
    compared = exchange.preview([BETTER], current, desk.store.drafts(), Grounds({"place": SOURCE}, FACTS))
    assert compared.hindrances == ("tea-what-is is being worked on by Anna",)
    assert desk.store.newest_release() == 1


def test_entries_of_one_file_may_name_each_other(desk: Desk) -> None:
    named = replace(BETTER, related=(NEW.id,))
    current, grounds = texts_of(desk.store.release(1)), Grounds({"place": SOURCE}, FACTS)
    assert exchange.preview([named, NEW], current, [], grounds).unfit == ()
    ((_, found),) = exchange.preview([named], current, [], grounds).unfit
    assert found.field == "related"


def test_what_is_new_or_changed_becomes_drafts_with_one_row_of_the_trail(desk: Desk) -> None:
    drafts = desk.acts.draft_all([BETTER, STEPS, NEW], by=ANNA, at=NOON, reason="imported from tea.csv")
    assert [(draft.entry, draft.base, draft.state) for draft in drafts] == [(BETTER, 1, "draft"), (NEW, 0, "draft")]
    assert {draft.authors for draft in drafts} == {("Anna",)}
    assert desk.store.newest_release() == 1
    (row,) = desk.store.audit()
    assert (row.act, row.person, row.reason) == ("draft_all", "Anna", "imported from tea.csv")
    assert [(one["entry"], one["draft"], one["hash"]) for one in row.detail["drafts"]] == [
        (draft.entry.id, draft.id, draft.content_hash) for draft in drafts
    ]
    assert first_broken(desk.store.audit()) is None
    with pytest.raises(EditRefused, match="not approved yet"):
        desk.acts.publish([drafts[0].id], by=PETER, at=NOON)
    draft = desk.acts.submit(drafts[0].id, version=1, by=ANNA, at=NOON)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)
    assert desk.acts.publish([draft.id], by=PETER, at=NOON) == 2


def test_one_entry_that_is_being_worked_on_keeps_all_out(desk: Desk) -> None:
    desk.acts.draft(BETTER, by=BEN, at=NOON)
    desk.acts.draft(replace(STEPS, more="Slowly."), by=ANNA, at=NOON)
    before = desk.acted()
    with pytest.raises(EditRefused, match="tea-what-is is being worked on by Ben; tea-steps is being worked on by Ann"):
        desk.acts.draft_all([NEW, BETTER, replace(STEPS, more="Fast.")], by=ANNA, at=NOON)
    assert len(desk.store.drafts()) == 2
    assert desk.acted() == before
    # An entry that is being worked on is no hindrance where the file says what is live.
    assert len(desk.acts.draft_all([NEW, TEA, STEPS], by=ANNA, at=NOON)) == 1


def test_a_file_that_changes_nothing_leaves_no_trace(desk: Desk) -> None:
    assert desk.acts.draft_all(ENTRIES, by=ANNA, at=NOON) == ()
    assert desk.acted() == []


def test_only_authors_may_import(desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="Clara is no author"):
        desk.acts.draft_all([BETTER], by=CLARA, at=NOON)
    assert desk.acted() == ["refused"]


def test_an_entry_twice_or_in_the_place_of_a_word_is_refused(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    with pytest.raises(EditRefused, match="tea-cold stands twice in en"):
        desk.acts.draft_all([NEW, NEW], by=ANNA, at=NOON)
    term = replace(TEA, id="word-tea", topic="glossary", answer_kind="term")
    desk.store.publish([*ENTRIES, term], {}, base=1, author="starter", review="editorial", origin="seed", at=NOON)
    with pytest.raises(EditRefused, match="word-tea is the id of a word of the glossary"):
        desk.acts.draft_all([NEW, replace(TEA, id="word-tea")], by=ANNA, at=NOON)
    assert desk.store.drafts() == []


def test_the_first_entries_of_an_empty_database_are_all_new(sqlite_store: KnowledgeStore) -> None:
    assert len(Desk(sqlite_store).acts.draft_all(ENTRIES, by=ANNA, at=NOON)) == 3


def test_sources_come_back_from_their_file(tmp_path: Path) -> None:
    carrying = Source("c", "Leaflet", "Ours", 2026, None, ("TEA-001", "TEA-002"))
    sources = {"place": SOURCE, "c": carrying, "a: b": Source("a: b", 'A "quoted" title', "Ours: tea", None, None)}
    exchange.export(tmp_path / "out", [TEA], sources)
    assert read_sources(tmp_path / "out" / "sources.yml") == sources
    assert (tmp_path / "out" / "en" / "lupus" / "tea-what-is.md").read_text() == write_entry(TEA)
