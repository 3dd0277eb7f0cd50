from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.files import read_folder
from knowledge.glossary import read_glossaries
from knowledge.inventory import inventory
from knowledge.model import Choice, Quiz
from knowledge.settings import SHIPPED_CONTENT
from tests.knowledge import samples
from tests.knowledge.samples import NOON, write_folder

TODAY = NOON.date()
TEA, STEPS, CARD = (
    replace(entry, phrasings=entry.phrasings[:6], review_due=dt.date(2027, 11, 22)) for entry in samples.ENTRIES
)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "content", [TEA, STEPS, CARD])


def report(folder: Path, today: dt.date = TODAY) -> dict[str, str]:
    """The lines of the report by what they name."""
    lines = inventory(read_folder(folder), read_glossaries(folder), today)
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in lines}


def test_the_state_of_small_content(content: Path) -> None:
    quiz = Quiz("What is tea?", (Choice("A drink", "Right.", True), Choice("A tree", "No.", False)))
    about = replace(TEA, id="about", topic="assistant", question="Who?", phrasings=("who",), facts=(), sources=())
    write_folder(content, [replace(STEPS, quiz=quiz), about, replace(CARD, locale="es")])
    glossary = "tea:\n  term: tea\n  definition: A drink.\n  {}\ncup:\n  term: cup\n  definition: A pot.\n  {}\n"
    (content / "en" / "glossary.yml").write_text(
        glossary.format("facts: [TEA-001]", "plain_meaning: true"), encoding="utf-8"
    )
    said = report(content)
    assert said["entries in en"] == "4 (lupus 2, assistant 1, cards 1)"
    assert said["entries in es"] == "1 (cards 1)"
    assert said["clinical entries with facts, sources and dates"] == "100.0 % (4 of 4)"
    assert said["sentences of entries that cite a fact marked recheck"] == "0"
    assert said["facts"] == "2; sources: 2"
    assert said["reviews overdue on 2026-11-22"] == "0; the next is due on 2027-11-22"
    assert said["phrasings"] == "13; fewest 1 (about)"
    assert said["glossary terms in en"] == "2 (1 only say what a word means)"
    assert said["teach-back items"] == "1"
    assert "questions in the ledger" not in said


def test_what_is_wanting_shows(content: Path) -> None:
    write_folder(content, [replace(TEA, facts=("TEA-001", "TEA-002")), replace(STEPS, facts=(), sources=())])
    said = report(content, dt.date(2028, 1, 1))
    assert said["clinical entries with facts, sources and dates"] == "66.7 % (2 of 3)"
    # Two sentences and two list items of the answer, its introduction's, and one of each other part.
    assert said["sentences of entries that cite a fact marked recheck"] == "6"
    assert said["reviews overdue on 2028-01-01"] == "3; the next is due on 2027-11-22"


def test_grades_are_shown_by_both_rules_with_the_hardest_entries(content: Path) -> None:
    write_folder(content, [replace(TEA, answer="Azathioprine is at 70 degrees.")])
    row = "azathioprine:\n  term: azathioprine\n  name: true\n  definition: A thing.\n  plain_meaning: true\n"
    (content / "en" / "glossary.yml").write_text(row, encoding="utf-8")
    said = report(content)
    # Five words and seven syllables, when the name counts as two and not as five; 0.39 * 5 + 11.8 * 7 / 5 - 15.59.
    assert said["answer, names of the glossary as short words"] == (
        "mean Flesch-Kincaid grade 1.06, at most 7.0; SMOG of all together 3.13; "
        "hardest tea-what-is 2.9, tea-steps -0.8"
    )
    assert said["answer, every word in full"].startswith("mean Flesch-Kincaid grade 4.60; SMOG")
    assert said["answer, every word in full"].endswith("hardest tea-what-is 10.0, tea-steps -0.8")


def test_a_ledger_is_counted_where_there_is_one(content: Path) -> None:
    rows = [
        "topic\tgroup\twho\tquestion\tanswered_by",
        "lupus\tx\tanyone\tWhat is tea?\ttea-what-is",
        "lupus\tx\tanyone\tIs tea old?\tno source: a book on tea",
    ]
    (content / "ledger.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert report(content)["questions in the ledger"] == "2, of which 1 wait for a source (lupus 2, 1 open)"


def test_the_shipped_content_leans_on_facts_throughout() -> None:
    said = report(SHIPPED_CONTENT)
    assert said["clinical entries with facts, sources and dates"].startswith("100.0 %")
    assert said["sentences of entries that cite a fact marked recheck"] == "0"
    assert int(said["teach-back items"]) >= 100
