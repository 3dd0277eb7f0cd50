from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from knowledge import review
from knowledge.files import read_folder
from knowledge.model import Entry
from knowledge.review import numbers_in
from knowledge.settings import SHIPPED_CONTENT
from safety import EMERGENCY_RULES, load_rules
from tests.knowledge.samples import CARD, STEPS, TEA, file_of, write_folder


def faults(folder: Path, *entries: Entry) -> list[str]:
    """The faults of the small content with these entries written over it, as "file:line message"."""
    write_folder(folder, entries)
    found = review.check(read_folder(folder), cards=frozenset())
    return [f"{fault.file.name}:{fault.line} {fault.message}" for fault in found]


def line(folder: Path, entry: Entry, text: str) -> int:
    rows = file_of(folder, entry).read_text(encoding="utf-8").split("\n")
    return next(number for number, row in enumerate(rows, 1) if text in row)


def test_the_shipped_content_is_fit_to_publish() -> None:
    cards = load_rules(EMERGENCY_RULES).cards
    assert cards
    assert [str(fault) for fault in review.check(read_folder(SHIPPED_CONTENT), cards)] == []


def test_the_small_content_is_fit_to_publish(content: Path) -> None:
    assert faults(content) == []


@pytest.mark.parametrize(
    ("entry", "where", "message"),
    [
        (replace(TEA, related=("tea-gone",)), "related:", "related entry 'tea-gone' does not exist"),
        (replace(TEA, sources=("nowhere",)), "sources:", "source 'nowhere' is not in sources.yml"),
        (replace(TEA, sources=("elsewhere",)), "sources:", "source 'elsewhere' belongs to none of the cited facts"),
        (replace(TEA, sources=()), "sources:", "an entry needs at least one fact and one source"),
        (replace(TEA, facts=("TEA-001", "TEA-009")), "facts:", "fact 'TEA-009' is not in facts.tsv"),
        (replace(TEA, facts=("TEA-001", "TEA-002")), "facts:", "fact TEA-002 is marked recheck"),
        (replace(TEA, figures=("70", "71")), "figures:", "figure '71': 71 stands in none of the cited facts"),
        (replace(TEA, figures=()), "figures:", "number 70 stands in the text but not in figures"),
        (replace(TEA, phrasings=TEA.phrasings[:5]), "phrasings:", "give at least 6 phrasings, not 5"),
        (replace(TEA, phrasings=(*TEA.phrasings, "Tea Meaning")), "phrasings:", "a phrasing stands twice"),
        (replace(TEA, answer="word " * 80 + "70 over"), "## Answer", "the answer has 82 words; at most 80"),
        (replace(TEA, more="word " * 151), "## More", "this section has 151 words; at most 150"),
        (replace(TEA, answer_kind="yes_no"), "## Answer", "answer_kind is yes_no: the first sentence must open with"),
        (replace(TEA, answer_kind="steps"), "answer_kind:", "answer_kind is steps: a section ## Steps is needed"),
        (replace(TEA, review_due=TEA.checked_on), "review_due:", "review_due must be later than checked_on"),
        (replace(TEA, as_of=TEA.checked_on), "as_of:", "a text that ages needs both"),
        (replace(TEA, more="True as of {as_of}."), "as_of:", "a text that ages needs both"),
        (replace(TEA, more="Ask {anybody}."), "{anybody}", "unknown slot 'anybody'; known: as_of, crisis_line"),
        (replace(CARD, steps=()), "answer_kind:", "answer_kind is card: a section ## Steps is needed"),
    ],
)
def test_what_makes_an_entry_unfit_is_named_with_its_line(
    content: Path, entry: Entry, where: str, message: str
) -> None:
    found = faults(content, entry)
    assert len(found) == 1, found
    assert found[0].startswith(f"{entry.id}.md:{line(content, entry, where)} {message}")


def test_a_card_that_the_emergency_rules_show_must_be_there_in_both_languages(content: Path) -> None:
    write_folder(content, [replace(CARD, locale="es")])
    found = review.check(read_folder(content), frozenset({"scald", "sting"}))
    missing = "is missing; the emergency rules show this card"
    assert [str(fault) for fault in found] == [
        f"{content}/{locale}/cards/sting.md:1 {missing}" for locale in ("en", "es")
    ]


def test_a_phrasing_that_two_entries_claim_is_named(content: Path) -> None:
    found = faults(content, replace(TEA, phrasings=(*TEA.phrasings, "Brew, tea!")))
    claimed = line(content, TEA, "Brew, tea!")
    assert found == [f"tea-what-is.md:{claimed} phrasing 'Brew, tea!' is also claimed by tea-steps"]


def test_an_id_that_cannot_be_an_address_is_named(content: Path) -> None:
    assert faults(content, replace(TEA, id="Tea_what"))[0].startswith("Tea_what.md:2 id must be lower-case words")


def test_a_number_written_as_a_word_in_the_fact_carries_a_figure(content: Path) -> None:
    assert faults(content, replace(TEA, figures=("70", "15"), more="It is made by 15 people.")) == []


def test_an_entry_about_the_assistant_needs_no_source(content: Path) -> None:
    about = replace(
        TEA,
        id="about-us",
        topic="assistant",
        question="Who is this?",
        facts=(),
        sources=(),
        figures=(),
        answer="A program.",
    )
    about = replace(about, phrasings=tuple(f"{phrase} of yours" for phrase in about.phrasings))
    assert faults(content, about) == []


def test_an_entry_may_offer_one_that_exists_in_english_only(content: Path) -> None:
    phrasings = tuple(f"té {number}" for number in range(6))
    spanish = replace(
        STEPS, locale="es", question="¿Cómo se hace el té?", phrasings=phrasings, related=("tea-what-is",)
    )
    assert faults(content, spanish) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("9 of every 10 people", {"9", "10"}),
        ("1,500 people, then 2,000,000", {"1500", "2000000"}),
        ("0.5 to 7.25 mg.", {"0.5", "7.25"}),
        ("In 2022, and in 2026.", {"2022", "2026"}),
        ("95% or about 12-14 days", {"95", "12", "14"}),
        ("CD19, B2, COVID-19, CAR-T and T-cells", set()),
        ("five of fifteen", set()),
        ("", set()),
    ],
)
def test_numbers_of_a_text(text: str, numbers: set[str]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Five of fifteen", {"5", "15"}),
        ("twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety", set("20 30 40 50 60 70 80 90".split())),
        ("someone often attended", set()),
    ],
)
def test_numbers_written_as_words(text: str, numbers: set[str]) -> None:
    assert numbers_in(text, words=True) == numbers
