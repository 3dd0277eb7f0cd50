from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import ContentError
from knowledge.files import parse_entry, read_entry, read_folder, write_entry
from knowledge.model import ANSWER_KINDS, AUDIENCES, CAUTIONS, Choice, Entry, Quiz
from knowledge.settings import SHIPPED_CONTENT
from tests.knowledge.samples import CARD, ENTRIES, STEPS, TEA, change, file_of, write_folder

SHIPPED = sorted(SHIPPED_CONTENT.glob("*/*/*.md"))


def faults(folder: Path) -> list[str]:
    """The faults of a content folder, as "file:line message"."""
    with pytest.raises(ContentError) as error:
        read_folder(folder)
    return [f"{fault.file.name}:{fault.line} {fault.message}" for fault in error.value.faults]


def test_every_shipped_entry_is_in_its_canonical_form() -> None:
    assert len(SHIPPED) > 90
    assert [file.name for file in SHIPPED if write_entry(read_entry(file)) != file.read_text(encoding="utf-8")] == []


def test_a_folder_is_read_whole(content: Path) -> None:
    read = read_folder(content)
    assert sorted(read.entries, key=lambda entry: entry.id) == sorted(ENTRIES, key=lambda entry: entry.id)
    assert read.files[TEA.key] == file_of(content, TEA)
    assert read.sources["place"].organisation == "A good place"
    assert read.facts["TEA-001"].sources == ("place",)


# What editors type: any letter or sign that can be seen, and the blank.
_SEEN = st.characters(blacklist_categories=("C", "Z"))
_WORD = st.text(_SEEN, min_size=1, max_size=12)
_MARKUP = re.compile(r"\*\*|__|\]\(|<[A-Za-z/!]|^\s*#|^\s*\||`")


def _plain(text: str) -> bool:
    return not _MARKUP.search(text)


_LINE = st.lists(_WORD, min_size=1, max_size=6).map(" ".join)
_TEXT_LINE = _LINE.filter(_plain)
_PARAGRAPHS = st.lists(st.lists(_TEXT_LINE, min_size=1, max_size=3).map("\n".join), max_size=3).map("\n\n".join)
_LINES = st.lists(_LINE, max_size=4).map(tuple)
_DATE = st.dates(dt.date(1970, 1, 1), dt.date(2100, 1, 1))
_PART = _TEXT_LINE.filter(lambda text: "::" not in text)


@st.composite
def _quizzes(draw: st.DrawFn) -> Quiz:
    texts = draw(st.lists(st.tuples(_PART, _PART), min_size=2, max_size=4))
    right = draw(st.integers(0, len(texts) - 1))
    return Quiz(draw(_PART), tuple(Choice(text, why, place == right) for place, (text, why) in enumerate(texts)))


_ENTRIES = st.builds(
    Entry,
    id=st.just("any-name"),
    locale=st.just("en"),
    topic=st.just("lupus"),
    question=_LINE,
    phrasings=_LINES,
    audience=st.sampled_from(AUDIENCES),
    answer_kind=st.sampled_from(ANSWER_KINDS),
    facts=_LINES,
    sources=_LINES,
    figures=_LINES,
    related=_LINES,
    as_of=st.none() | _DATE,
    checked_on=_DATE,
    review_due=_DATE,
    cautions=st.lists(st.sampled_from(CAUTIONS), max_size=2).map(tuple),
    answer=_PARAGRAPHS.filter(bool),
    simpler=_PARAGRAPHS,
    more=_PARAGRAPHS,
    steps=st.lists(_TEXT_LINE, max_size=3).map(tuple),
    quiz=st.none() | _quizzes(),
)


@settings(max_examples=60, deadline=None)
@given(_ENTRIES)
def test_what_is_written_is_read_again(entry: Entry) -> None:
    text = write_entry(entry)
    read = parse_entry(text, Path("any-name.md"), locale="en", folder="lupus")
    assert read == entry
    assert write_entry(read) == text


@pytest.mark.parametrize(
    "question", ["yes", "null", "2026-11-22", "- no", "a: b", "a #b", "[a]", "'a'", '"', "5", "~", "#"]
)
def test_texts_that_look_like_yaml_stay_texts(question: str) -> None:
    entry = replace(TEA, question=question, phrasings=(question,), figures=(question, f"{question}, {question}"))
    assert parse_entry(write_entry(entry), Path("tea-what-is.md"), locale="en", folder="lupus") == entry


def test_lines_that_end_as_on_windows_are_read_alike(content: Path) -> None:
    file = file_of(content, TEA)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert read_entry(file) == TEA


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("question: What is", "question: What: is", 0, "front matter cannot be read: mapping values are not allowed"),
        ("figures: [", "figures: [[", 1, "front matter cannot be read"),
        ("question: What", "question: \x07What", 0, "holds the control character '\\x07'; remove it"),
        ("Tea is a drink.", "Tea is\x00 a drink.", 0, "holds the control character '\\x00'; remove it"),
        ("audience: everyone", "audience: !!python/object/apply:os.system [true]", 0, "front matter cannot be read: "),
        ("audience: everyone", "audience: !evil everyone", 0, "front matter cannot be read: could not determine"),
        ("figures: [", "figures: [[[", 0, "holds lists nested deeper than 3; write it out plainly"),
        ("audience: everyone", "audience: &a everyone\ntopic2: *a", 1, "holds an alias (*); write it out plainly"),
        (
            "audience: everyone",
            "audience: everyone\naudience: adult",
            1,
            "front matter cannot be read: found duplicate key",
        ),
        ("audience: everyone", "audiences: everyone", 0, "unknown key 'audiences'; known: id, topic, question"),
        ("audience: everyone", "audience: cats", 0, "audience 'cats' is none of: everyone, adult"),
        ("audience: everyone", "audience: 5", 0, "audience must be text"),
        ("topic: lupus", "topic: tea", 0, "topic 'tea' is none of: lupus"),
        ("id: tea-what-is", "id: tea-was-ist", 0, "id 'tea-was-ist' must be the file's name, 'tea-what-is'"),
        ("topic: lupus", "topic: cpr", 0, "topic 'cpr' must be the folder's name, 'lupus'"),
        ("figures: [", "figures: {a: 1} # [", 0, "figures must be a list of texts"),
        ("checked_on: 2026-11-22", "checked_on: soon", 0, "checked_on must be a date such as 2026-11-22"),
        ("checked_on: 2026-11-22", "checked_on: 2026-13-45", 0, "checked_on must be a date such as 2026-11-22"),
        ("checked_on: 2026-11-22", "checked_on: 2026-11-22 10:00:00", 0, "checked_on must be a date"),
        ("cautions: []", "cautions: [hot]", 0, "caution 'hot' is none of: emergency, medicine"),
        ("## Simpler", "## Easier", 0, "unknown section 'Easier'; known: Answer, Simpler"),
        ("## More", "## Simpler", 0, "section 'Simpler' stands twice"),
        ("## Simpler\n", "## More\n\nx\n\n## Simpler\n", 4, "section 'Simpler' is out of order"),
        ("## Answer", "Hello.\n\n## Answer", 0, "text before the first section; begin with ## Answer"),
        ("Tea is a drink.\n", "Tea is <b>hot</b>.\n", 0, "text must be plain, without markup: 'Tea is <b>hot</b>.'"),
        ("Tea is a drink.\n", "Tea is **hot**.\n", 0, "text must be plain, without markup"),
        ("Tea is a drink.\n", "[Tea](https://example.org).\n", 0, "text must be plain, without markup"),
        ("Tea is a drink.\n", "### Tea\n", 0, "text must be plain, without markup"),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(content: Path, old: str, new: str, line: int, message: str) -> None:
    place = change(file_of(content, TEA), old, new) + line
    found = faults(content)
    assert any(fault.startswith(f"tea-what-is.md:{place} {message}") for fault in found), found


def test_a_file_cut_off_in_the_middle_is_named(content: Path) -> None:
    file = file_of(content, TEA)
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[: whole.index("figures")], encoding="utf-8")
    assert faults(content) == ["tea-what-is.md:1 must begin with front matter between two lines of ---"]
    file.write_text(whole[: whole.index("Tea is a drink of")], encoding="utf-8")
    assert faults(content) == [
        f"tea-what-is.md:{whole[: whole.index('Tea is a drink of')].count(chr(10)) + 1} "
        "section ## Answer is missing or empty"
    ]
    file.write_bytes(b"")
    assert faults(content) == ["tea-what-is.md:1 must begin with front matter between two lines of ---"]


def test_a_file_that_is_not_utf8_is_named_with_the_line(content: Path) -> None:
    file = file_of(content, TEA)
    line = change(file, "Tea is a drink.", "Thé is a drink.")
    file.write_bytes(file.read_text(encoding="utf-8").encode("latin-1"))
    assert faults(content) == [f"tea-what-is.md:{line} is not UTF-8 text; save it as UTF-8"]


def test_a_byte_order_mark_is_named(content: Path) -> None:
    file = file_of(content, TEA)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert faults(content) == ["tea-what-is.md:1 begins with a byte order mark; save it as UTF-8 without one"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*{f'b{n - 1}' if n else 'a'}, *a]\n" for n in range(40)),
            "an alias",
        ),
        ("place: " + "[" * 200_000, "lists nested deeper than 3"),
        ("place: " + "{a: " * 50_000, "lists nested deeper than 3"),
    ],
    ids="bomb brackets braces".split(),
)
def test_a_small_file_cannot_fill_the_memory(content: Path, text: str, message: str) -> None:
    (content / "sources.yml").write_text(text, encoding="utf-8")
    assert len(faults(content)) == 1
    assert message in faults(content)[0]


def test_a_file_of_megabytes_is_refused_unread(content: Path) -> None:
    change(file_of(content, TEA), "Tea is a drink.\n", "Tea is a drink.\n" + "And a drink.\n" * 400_000)
    assert faults(content) == ["tea-what-is.md:1 is longer than 500 KB; look what got into it"]


def test_a_fact_that_stands_twice_is_named(content: Path) -> None:
    file = content / "facts.tsv"
    rows = file.read_text(encoding="utf-8")
    file.write_text(rows + rows.split("\n")[1] + "\n", encoding="utf-8")
    assert faults(content) == ["facts.tsv:4 fact TEA-001 also stands in line 2; ids are unique"]


def test_an_id_used_in_two_topics_is_named(content: Path) -> None:
    write_folder(content, [replace(TEA, topic="cpr")])
    assert faults(content) == ["tea-what-is.md:2 id 'tea-what-is' is also used by tea-what-is.md"]


@pytest.mark.parametrize(
    ("quiz", "message"),
    [
        ("What is tea?\n\n- [x] A drink :: Yes.", "give at least two choices, exactly one of them '- [x]'"),
        ("What is tea?\n\n- [x] A :: Yes.\n- [x] B :: Yes.", "give at least two choices"),
        ("What is tea?\n\n- [ ] A :: No.\n- [ ] B :: No.", "give at least two choices"),
        ("What is tea?\n\n- [x] A :: Yes.\n- [ ] B\n- [ ] C :: No.", "a choice must read '- [ ] text :: explanation'"),
    ],
)
def test_a_quiz_that_cannot_be_asked_is_named(content: Path, quiz: str, message: str) -> None:
    file = file_of(content, STEPS)
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n## Check your understanding\n\n{quiz}\n", encoding="utf-8")
    line = text.count("\n") + 4
    assert any(fault.startswith(f"tea-steps.md:{line} {message}") for fault in faults(content))


def test_steps_out_of_order_are_named(content: Path) -> None:
    line = change(file_of(content, STEPS), "2. Pour", "3. Pour")
    assert faults(content) == [f"tea-steps.md:{line} step 2 must read '2. ...'"]


def test_all_faults_of_all_files_come_at_once(content: Path) -> None:
    change(file_of(content, TEA), "audience: everyone", "audience: cats")
    change(file_of(content, TEA), "checked_on: 2026", "checked_on: in 2026")
    change(file_of(content, CARD), "## Steps", "## Stages")
    (content / "sources.yml").write_text("place: {title: x}\n", encoding="utf-8")
    (content / "facts.tsv").write_text("id\tmark\n", encoding="utf-8")
    assert {fault.split(":")[0] for fault in faults(content)} == {
        "tea-what-is.md",
        "scald.md",
        "sources.yml",
        "facts.tsv",
    }
    assert len(faults(content)) == 5


@pytest.mark.parametrize(
    "row",
    [
        "title: T\n  organisation: O\n  year: 2025",
        "title: T\n  organisation: O\n  year: 2025\n  address: null\n  colour: red",
        "title: ''\n  organisation: O\n  year: 2025\n  address: null",
        "title: T\n  organisation: O\n  year: soon\n  address: null",
        "title: T\n  organisation: O\n  year: 2025\n  address: javascript:alert(1)",
        "title: T\n  organisation: O\n  year: 2025\n  address: null\n  facts: TEA-001",
        "title: T\n  organisation: O\n  year: 2025\n  address: null\n  facts: [1]",
    ],
)
def test_a_source_that_a_reader_cannot_follow_is_refused(content: Path, row: str) -> None:
    (content / "sources.yml").write_text(f"place:\n  {row}\n", encoding="utf-8")
    assert all(fault.startswith("sources.yml:1 source 'place'") for fault in faults(content))


def test_missing_sources_and_facts_are_named(content: Path) -> None:
    (content / "sources.yml").unlink()
    (content / "facts.tsv").unlink()
    assert faults(content) == [
        "sources.yml:1 cannot be read: No such file or directory",
        "facts.tsv:1 cannot be read: No such file or directory",
    ]
