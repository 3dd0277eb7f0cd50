from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from knowledge.blocks import callout, paragraphs, steps
from knowledge.editing.seed import import_seed
from knowledge.errors import ContentError
from knowledge.files import read_folder
from knowledge.glossary import Glossary, Term, live, read_glossaries, read_glossary
from knowledge.model import Block, Run
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.settings import SHIPPED_CONTENT
from knowledge.store.repository import KnowledgeStore
from tests.knowledge.samples import NOON, SOURCE, WordEncoder, demanded_cards, write_folder

TEA = """\
# Words about tea.
tea:
  term: tea
  forms: [cuppa]
  definition: A drink of leaves and water.
  plain_meaning: true
green-tea:
  term: green tea
  name: true
  definition: Tea that has not been left to turn brown.
  facts: [TEA-001]
pot:
  term: POT
  definition: A thing in which water is boiled.
  plain_meaning: true
"""


def term(key: str, *forms: str) -> Term:
    return Term(key, forms[0], forms[1:], False, "A thing.", (), 1)


@pytest.fixture
def tea(tmp_path: Path) -> Glossary:
    file = tmp_path / "glossary.yml"
    file.write_text(TEA, encoding="utf-8")
    return read_glossary(file)


def faults(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with a glossary, as "line message"."""
    file = folder / "glossary.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ContentError) as error:
        read_glossary(file)
    assert {fault.file for fault in error.value.faults} == {file}
    return [f"{fault.line} {fault.message}" for fault in error.value.faults]


def marks(glossary: Glossary, text: str) -> list[str]:
    """Each marked run of the text as "its words=id of the term"."""
    blocks = glossary.marked(paragraphs(text, {}))
    rows = [row for block in blocks for row in (block.runs, *block.items)]
    return [f"{run.text}={run.glossary}" for row in rows for run in row if run.glossary]


def test_the_shipped_glossary_explains_more_than_a_hundred_words() -> None:
    terms = read_glossaries(SHIPPED_CONTENT)["en"].terms
    assert len(terms) >= 100
    assert {"ana", "crs", "placebo", "aed", "b-cell", "hydroxychloroquine", "lupus-nephritis"} <= terms.keys()


def test_a_term_is_read_as_it_is_written(tea: Glossary) -> None:
    assert tea.terms["tea"] == Term("tea", "tea", ("cuppa",), False, "A drink of leaves and water.", (), 2)
    assert (tea.terms["green-tea"].name, tea.terms["green-tea"].facts) == (True, ("TEA-001",))


def test_a_word_in_capitals_is_found_and_an_abbreviation_only_as_written(tea: Glossary) -> None:
    assert marks(tea, "GREEN TEA, TEA and a CUPPA") == ["GREEN TEA=green-tea", "TEA=tea"]
    assert marks(tea, "A pot, a Pot or a POT") == ["POT=pot"]


def test_a_content_folder_needs_no_glossary(content: Path) -> None:
    assert read_glossaries(content) == {}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Tea is here.", ["Tea=tea"]),
        ("Some green tea, no tea.", ["green tea=green-tea", "tea=tea"]),
        ("A cuppa and a tea.", ["cuppa=tea"]),
        ("Teas, and the tea's leaves.", ["Teas=tea"]),
        ("A teapot, a steam, iced-tea and tea-like things.", []),
        ("The POT and the pot.", ["POT=pot"]),
        ("Tea.\n\nMore tea.\n\n- tea\n- tea", ["Tea=tea", "tea=tea", "tea=tea"]),
        ("(tea)", ["tea=tea"]),
        ("", []),
    ],
)
def test_terms_are_found_longest_first_at_whole_words_once_a_paragraph(
    tea: Glossary, text: str, marked: list[str]
) -> None:
    assert marks(tea, text) == marked


def test_marking_changes_no_letter(tea: Glossary) -> None:
    text = "Tea! Green tea, tea and POT tea.\n\n- tea with POT\n- plain"
    before = (*paragraphs(text, {}), *steps(("Take tea.", "Drink tea."), {}), callout("Tea"))
    after = tea.marked(before)
    assert [block.type for block in after] == [block.type for block in before]
    for one, other in zip(before, after):
        rows = zip((one.runs, *one.items), (other.runs, *other.items))
        assert all("".join(run.text for run in left) == "".join(run.text for run in right) for left, right in rows)
        assert all(run.text for row in (other.runs, *other.items) for run in row)


def test_links_and_trials_stay_as_they_are(tea: Glossary) -> None:
    link = Block("paragraph", runs=(Run("tea", href="https://example.org/tea"), Run(" is tea")))
    trial = Block("trial", items=((Run("A trial of tea"),),))
    marked = tea.marked([link, trial])
    assert marked[0].runs == (link.runs[0], Run(" is "), Run("tea", glossary="tea"))
    assert marked[1] == trial


def test_the_terms_of_a_page_come_once_each_in_their_order(tea: Glossary) -> None:
    blocks = tea.marked(paragraphs("Green tea.\n\nTea and green tea.", {}))
    assert [one.id for one in tea.used(blocks)] == ["green-tea", "tea"]
    assert tea.used(paragraphs("Green tea.", {})) == ()


def test_an_empty_glossary_marks_nothing() -> None:
    blocks = paragraphs("Tea is here.", {})
    assert Glossary().marked(blocks) == blocks
    assert Glossary().names.search("Tea is here.") is None


def test_signs_in_a_form_mean_themselves() -> None:
    glossary = Glossary([term("gov", "Trials.gov"), term("c-plus", "c+")])
    assert marks(glossary, "Trialsxgov, Trials.gov and c+ but not cc.") == ["Trials.gov=gov", "c+=c-plus"]


def test_only_names_are_names(tea: Glossary) -> None:
    assert [found[0] for found in tea.names.finditer("Tea, green tea and POT.")] == ["green tea"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("  term: tea\n", "", 2, "tea term: is missing or no text; write it"),
        ("  term: tea\n", "  term: 5\n", 2, "tea term: is missing or no text; write it"),
        ("  definition: A drink of leaves and water.\n", "  definition: ''\n", 2, "tea definition: is missing"),
        ("forms: [cuppa]", "forms: cuppa", 2, "tea forms: must be a list of texts"),
        ("forms: [cuppa]", "forms: []", 2, "tea forms: must be a list of texts"),
        ("forms: [cuppa]", "forms: [[cuppa]]", 4, "holds lists nested deeper than 3"),
        ("forms: [cuppa]", "forms: [Green Tea]", 7, "green-tea forms: 'green tea' is already claimed by tea"),
        ("forms: [cuppa]", "forms: [Tea]", 2, "tea forms: 'Tea' is already claimed by tea"),
        ("forms: [cuppa]", "colour: brown", 2, "tea colour: is no key of a term; known: term, forms, name"),
        ("name: true", "name: yes please", 7, "green-tea name: can only be true; leave the key out"),
        ("name: true", "name: false", 7, "green-tea name: can only be true; leave the key out"),
        ("  facts: [TEA-001]\n", "", 7, "green-tea facts: give the facts that carry the definition, or plain_meaning"),
        ("  facts: [TEA-001]", "  facts: [TEA-001]\n  plain_meaning: true", 7, "green-tea facts: give the facts"),
        ("  facts: [TEA-001]", "  facts: []", 7, "green-tea facts: must be a list of texts"),
        ("green-tea:", "Green_Tea:", 7, "Green_Tea id: must be lower-case words joined by '-'"),
        ("green-tea:", "tea:", 7, "cannot be read as YAML: found duplicate key"),
        ("green-tea:", "tea: drink\nx:", 7, "cannot be read as YAML: found duplicate key"),
        ("pot:\n", "pan: a thing\npot:\n", 12, "pan id: must be followed by lines of term, forms, name, definition"),
        ("forms: [cuppa]", "review_due: soon", 2, "tea review_due: must be a day such as 2026-11-22"),
        ("pot:\n", "5:\n", 12, "5 id: must be lower-case words joined by '-'"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    assert TEA.count(old) == 1
    found = faults(tmp_path, TEA.replace(old, new))
    assert any(fault.startswith(f"{line} {message}") for fault in found), found


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    wrong = TEA.replace("  definition:", "  meaning:").replace("name: true", "name: maybe")
    assert len(faults(tmp_path, wrong)) == 7


BOMB = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n" for n in range(40))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1 must be lines of id:"),
        ("- tea\n- coffee\n", "1 must be lines of id:"),
        ("tea: [", "2 cannot be read as YAML"),
        ("tea:\n  term: a: b\n", "2 cannot be read as YAML: mapping values are not allowed"),
        ("tea:\n  term: \x07\n", "2 "),
        ("tea:\n  term: !!python/object/apply:os.system [true]\n", "2 cannot be read as YAML: could not determine"),
        ("tea:\n  term: !evil tea\n", "2 cannot be read as YAML: could not determine a constructor"),
        (BOMB, "2 holds an alias (*); write it out plainly"),
        ("tea: " + "[" * 200_000, "1 holds lists nested deeper than 3"),
        ("tea:\n" + "".join(" " * n + "- \n" for n in range(1, 400)), "4 holds lists nested deeper than 3"),
        (b"\xef\xbb\xbf" + TEA.encode(), "1 begins with a byte order mark; save it as UTF-8 without one"),
        ("tea:\n  term: th\xe9\n".encode("latin-1"), "2 is not UTF-8 text; save it as UTF-8"),
    ],
    ids="empty list unfinished colon control code tag bomb brackets dashes mark latin".split(),
)
def test_a_file_that_is_no_glossary_is_named_and_harms_nothing(tmp_path: Path, text: str | bytes, message: str) -> None:
    found = faults(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(message)


def test_lines_that_end_as_on_windows_are_read_alike(tmp_path: Path, tea: Glossary) -> None:
    file = tmp_path / "windows.yml"
    file.write_bytes(TEA.replace("\n", "\r\n").encode())
    assert read_glossary(file).terms == tea.terms


def test_the_faults_of_all_locales_come_at_once(content: Path) -> None:
    for locale in ("en", "es"):
        (content / locale).mkdir(exist_ok=True)
        (content / locale / "glossary.yml").write_text("tea: drink\n", encoding="utf-8")
    with pytest.raises(ContentError) as error:
        read_glossaries(content)
    assert [fault.file.parent.name for fault in error.value.faults] == ["en", "es"]


def test_most_terms_stand_in_a_shipped_entry() -> None:
    glossary = read_glossaries(SHIPPED_CONTENT)["en"]
    shown: set[str] = set()
    for entry in read_folder(SHIPPED_CONTENT).entries:
        if entry.locale == "en":
            texts = paragraphs("\n\n".join((entry.answer, entry.simpler, entry.more, *entry.steps)), {})
            shown.update(one.id for one in glossary.used(glossary.marked(texts)))
    unused = glossary.terms.keys() - shown
    assert len(unused) <= len(glossary.terms) / 10, sorted(unused)


def test_a_term_is_published_as_a_revision_with_the_sources_of_its_facts(
    content: Path, sqlite_store: KnowledgeStore
) -> None:
    for card in demanded_cards():
        write_folder(content, [card])
    (content / "en" / "glossary.yml").write_text(TEA + "checked_on: 2026-11-01\nreview_due: 2027-05-01\n", "utf-8")
    release = import_seed(sqlite_store, content, Embedder(WordEncoder(), sqlite_store), Aliases({}), at=NOON)
    rows = {row.entry.id: row for row in release.revisions if row.entry.topic == "glossary"}
    assert set(rows) == {"word-tea", "word-green-tea", "word-pot"}
    green, plain = rows["word-green-tea"], rows["word-tea"]
    assert green.entry.answer == "Tea that has not been left to turn brown."
    assert (green.entry.facts, green.entry.sources) == (("TEA-001",), (SOURCE.key,))
    assert (green.entry.checked_on, green.entry.review_due) == (dt.date(2026, 11, 1), dt.date(2027, 5, 1))
    assert (green.review, plain.entry.phrasings, plain.entry.sources) == ("editorial", ("cuppa",), ())
    assert marks(live(row.entry for row in release.revisions), "A cuppa of green tea.") == [
        "cuppa=word-tea",
        "green tea=word-green-tea",
    ]


def test_a_glossary_on_doubtful_facts_is_not_published(content: Path, sqlite_store: KnowledgeStore) -> None:
    text = TEA.replace("TEA-001", "TEA-002") + "checked_on: 2026-11-01\nreview_due: 2027-05-01\n"
    (content / "en" / "glossary.yml").write_text(text, "utf-8")
    with pytest.raises(ContentError, match="TEA-002 is marked recheck"):
        import_seed(sqlite_store, content, Embedder(WordEncoder(), sqlite_store), Aliases({}), at=NOON)
    assert sqlite_store.newest_release() == 0


@pytest.mark.parametrize("day", ["soon", "[2026]", "2026-13-01", "''"])
def test_a_day_that_is_none_is_named(tmp_path: Path, day: str) -> None:
    assert faults(tmp_path, f"checked_on: {day}\n{TEA}") == ["1 checked_on: must be a day such as 2026-11-22"]
