"""The ledger of questions, and the ways in which the shipped entries are asked for.

`pytest tests/knowledge/test_ledger.py --log-cli-level=INFO` shows how many questions each topic has, and how many wait
for a source.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from knowledge import ledger
from knowledge.errors import ContentError
from knowledge.files import ContentFolder, read_folder
from knowledge.model import Entry
from knowledge.search.audience import age_groups
from knowledge.settings import SHIPPED_CONTENT
from tests.knowledge.samples import CARD, FACTS_FILE, STEPS, TEA, change

logger = logging.getLogger(__name__)

LEDGER = f"""\
topic\tgroup\twho\tquestion\tanswered_by
lupus\tdrinks\tpatient\tWhat is tea?\t{TEA.id}
lupus\tdrinks\tcarer\tHow do I make it for her?\t{STEPS.id}
cards\taccidents\tbystander\tHe spilled it over himself!\t{CARD.id}
lupus\tdrinks\tteenager\tIs it bad for my teeth?\tno source: a page of dentists
"""
UNUSED = """\
fact\twhy
TEA-003\tfor staff
"""
LEAST = {
    "lupus": 200,
    "car_t": 80,
    "first_study": 25,
    "trials": 40,
    "cpr": 90,
    "heart": 12,
    "assistant": 25,
    "cards": 18,
}
"""Topic -> how many questions the shipped ledger has at least."""
PHRASINGS = 10


@pytest.fixture
def folder(content: Path) -> Path:
    """The small content with a ledger that has no fault."""
    (content / "ledger.tsv").write_text(LEDGER, encoding="utf-8")
    (content / "unused-facts.tsv").write_text(UNUSED, encoding="utf-8")
    facts = FACTS_FILE + "TEA-003\tseen\tplace\tHow tea is taxed.\tseen\n"
    (content / "facts.tsv").write_text(facts, encoding="utf-8")
    return content


@pytest.fixture(scope="module")
def shipped_folder() -> ContentFolder:
    return read_folder(SHIPPED_CONTENT)


@pytest.fixture(scope="module")
def entries(shipped_folder: ContentFolder) -> list[Entry]:
    """The shipped English entries that people ask for in words of their own."""
    return [entry for entry in shipped_folder.entries if entry.locale == "en" and entry.answer_kind != "card"]


def faults(folder: Path) -> list[str]:
    return [f"{fault.file.name}:{fault.line} {fault.message}" for fault in ledger.check(read_folder(folder))]


def test_the_shipped_ledger_has_no_fault(shipped_folder: ContentFolder) -> None:
    assert [str(fault) for fault in ledger.check(shipped_folder)] == []


def test_every_topic_and_every_kind_of_person_has_questions() -> None:
    asked = ledger.read_ledger(SHIPPED_CONTENT / ledger.LEDGER)
    counted = ledger.counts(asked)
    for topic, (questions, waiting) in counted.items():
        logger.info("%-11s %4d questions, %3d of them wait for a source", topic, questions, waiting)
    logger.info("all topics  %4d questions", len(asked))
    assert sum(questions for questions, _ in counted.values()) == len(asked) >= 500
    assert {topic: least for topic, least in LEAST.items() if counted[topic][0] < least} == {}
    assert {row.who for row in asked} == set(ledger.WHO)


def test_a_ledger_without_fault_has_none(folder: Path) -> None:
    assert faults(folder) == []
    asked = ledger.read_ledger(folder / "ledger.tsv")
    assert asked[-1].answered_by is None
    assert asked[-1].wanted == "a page of dentists"
    assert ledger.counts(asked)["lupus"] == (3, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (TEA.id, "tea-gone", 0, "entry 'tea-gone' does not exist; if there is none, write 'no source:'"),
        (STEPS.id, TEA.id, "first", f"entry {STEPS.id} answers no question of the ledger"),
        (CARD.id, "no source: a page on scalds", "first", f"entry {CARD.id} answers no question of the ledger"),
        ("How do I make it for her?", "what is TEA", 0, "the question 'what is TEA' also stands in line 2"),
        ("cards\taccidents", "cpr\taccidents", 0, "topic 'cpr' is not that of the entry scald, 'cards'"),
        ("cards\taccidents", "fire\taccidents", 0, "topic 'fire' is none of: lupus"),
        ("bystander", "doctor", 0, "who asks, 'doctor', is none of: newly told"),
        ("Is it bad for my teeth?", " ", 0, "group and question must not be empty"),
        ("no source: a page of dentists", "no source:", 0, "say after 'no source:' which source would be needed"),
    ],
)
def test_a_fault_of_the_ledger_is_named_with_its_line(
    folder: Path, old: str, new: str, line: int | str, message: str
) -> None:
    changed = change(folder / "ledger.tsv", old, new)
    place = 1 if line == "first" else changed
    found = faults(folder)
    assert any(fault.startswith(f"ledger.tsv:{place} {message}") for fault in found), found


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("TEA-003\tfor staff\n", "", 1, "fact TEA-003 is used by no entry: use it, or say here why not"),
        ("TEA-003\tfor staff\n", "TEA-003\t\n", 2, "say why no entry uses fact TEA-003"),
        ("TEA-003\tfor staff\n", "TEA-003\tfor staff\nTEA-009\tnew\n", 3, "fact 'TEA-009' is not in facts.tsv"),
        ("TEA-003\tfor staff\n", "TEA-003\tfor staff\nTEA-001\told\n", 3, "fact TEA-001 is used by an entry"),
    ],
)
def test_a_seen_fact_is_used_or_excused(folder: Path, old: str, new: str, place: int, message: str) -> None:
    change(folder / "unused-facts.tsv", old, new)
    found = faults(folder)
    assert any(fault.startswith(f"unused-facts.tsv:{place} {message}") for fault in found), found


def test_facts_that_were_not_seen_need_no_excuse(folder: Path) -> None:
    change(folder / "facts.tsv", "TEA-003\tseen", "TEA-003\tseen2")
    change(folder / "unused-facts.tsv", "TEA-003\tfor staff\n", "")
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("ledger.tsv", "topic\tgroup", "Topic\tgroup", 1),
        ("ledger.tsv", "carer\t", "carer  ", 3),
        ("unused-facts.tsv", "TEA-003\tfor staff\n", "TEA-003\tfor staff\nTEA-003\tagain\n", 3),
        ("unused-facts.tsv", "TEA-003\t", "TEA-003 ", 2),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(folder: Path, name: str, old: str, new: str, place: int) -> None:
    change(folder / name, old, new)
    with pytest.raises(ContentError) as refused:
        faults(folder)
    assert [(fault.file.name, fault.line) for fault in refused.value.faults] == [(name, place)]


def test_every_entry_is_asked_for_in_ten_ways(entries: list[Entry]) -> None:
    assert {entry.id: len(entry.phrasings) for entry in entries if len(entry.phrasings) < PHRASINGS} == {}


def test_no_wording_stands_twice(entries: list[Entry]) -> None:
    claimed: dict[str, str] = {}
    twice = []
    for entry in entries:
        for phrase in (entry.question, *entry.phrasings):
            key = "".join(re.findall(r"\w", phrase.casefold()))
            if key in claimed:
                twice.append((phrase, entry.id, claimed[key]))
            claimed[key] = entry.id
    assert twice == []


def test_no_wording_speaks_of_another_age_than_its_entry(entries: list[Entry]) -> None:
    astray = [
        (entry.id, phrase)
        for entry in entries
        if entry.audience in ("adult", "child", "infant")
        for phrase in entry.phrasings
        if (groups := age_groups(phrase)) and not {entry.audience, *age_groups(entry.question)} & set(groups)
    ]
    assert astray == []
