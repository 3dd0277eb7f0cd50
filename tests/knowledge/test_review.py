from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge import review, wiring
from knowledge.editing.acts import unfit
from knowledge.errors import ContentError
from knowledge.files import read_folder
from knowledge.glossary import published, read_glossaries
from knowledge.model import Choice, Entry, Quiz
from knowledge.review import numbers_in
from knowledge.settings import SHIPPED_CONTENT
from safety import EMERGENCY_RULES
from tests.knowledge.samples import CARD, NOON, STEPS, TEA, WordEncoder, file_of, write_folder
from tests.shipped import shipped_rules

TODAY = NOON.date()
WAYS = tuple(f"way {number} to ask" for number in range(10))
PLENTY = replace(TEA, phrasings=tuple(f"{way} of tea" for way in WAYS))
PLENTY_OF_STEPS = replace(STEPS, phrasings=tuple(f"{way} of making tea" for way in WAYS))
LLAME = "Llame ahora a emergencias: {emergency_number}."
TARJETA = replace(CARD, locale="es", answer=LLAME, steps=("Hierva agua.", "Viértala.", "Espere."))


def faults(folder: Path, *entries: Entry) -> list[str]:
    """What forbids publishing the small content with these entries written over it, as "file:line message"."""
    write_folder(folder, entries)
    return said(review.check(read_folder(folder), frozenset(), read_glossaries(folder)))


def to_mend(folder: Path, *entries: Entry, today: dt.date = TODAY, embed: review.Embed | None = None) -> list[str]:
    """What an editor has to mend in the small content, as "file:line message"."""
    write_folder(folder, [PLENTY, PLENTY_OF_STEPS, *entries])
    return said(review.editorial(read_folder(folder), read_glossaries(folder), today, embed))


def said(found: Sequence[review.Fault]) -> list[str]:
    return [f"{fault.file.name}:{fault.line} {fault.message}" for fault in found]


def line(folder: Path, entry: Entry, text: str) -> int:
    rows = file_of(folder, entry).read_text(encoding="utf-8").split("\n")
    return next(number for number, row in enumerate(rows, 1) if text in row)


def write_glossary(folder: Path, text: str) -> None:
    (folder / "en" / "glossary.yml").write_text(text, encoding="utf-8")


def test_the_shipped_content_is_fit_to_publish() -> None:
    cards = shipped_rules(EMERGENCY_RULES).cards
    assert cards
    assert [
        str(fault) for fault in review.check(read_folder(SHIPPED_CONTENT), cards, read_glossaries(SHIPPED_CONTENT))
    ] == []


def test_the_shipped_content_leaves_nothing_to_mend(shipped: wiring.Knowledge) -> None:
    def embed(texts: Sequence[str]) -> np.ndarray:
        return shipped.embedder.embed([shipped.aliases.plain(text) for text in texts])

    # On the day it was checked: that a review falls due later is for `./lantern content check` to say, not for a test.
    day = max(entry.checked_on for entry in read_folder(SHIPPED_CONTENT).entries)
    cards = shipped_rules(EMERGENCY_RULES).cards
    try:
        review.examine(SHIPPED_CONTENT, cards, day, embed)
    except ContentError as error:
        pytest.fail(str(error))


def test_the_small_content_is_fit_to_publish(content: Path) -> None:
    assert faults(content) == []
    assert to_mend(content) == []


@pytest.mark.parametrize(
    ("entry", "where", "message"),
    [
        (replace(TEA, related=("tea-gone",)), "related:", "related: entry 'tea-gone' does not exist; write it or"),
        (replace(TEA, related=("tea-steps",) * 6), "related:", "related: at most 5 entries"),
        (replace(TEA, sources=("nowhere",)), "sources:", "sources: 'nowhere' is no known source"),
        (replace(TEA, sources=("elsewhere",)), "sources:", "sources: 'elsewhere' belongs to none of the cited facts"),
        (replace(TEA, sources=()), "sources:", "sources: an entry needs at least one fact and one source"),
        (replace(TEA, facts=("TEA-001", "TEA-009")), "facts:", "facts: 'TEA-009' is not in facts.tsv"),
        (replace(TEA, facts=("TEA-001", "TEA-002")), "facts:", "facts: TEA-002 is marked recheck; it may stand in"),
        (replace(TEA, figures=("70", "71")), "figures:", "figures: '71': 71 stands in none of the cited facts"),
        (replace(TEA, figures=()), "figures:", "figures: number 70 stands in the text but not in figures"),
        (replace(TEA, phrasings=()), "phrasings:", "phrasings: are missing; search finds an entry by them"),
        (replace(TEA, phrasings=(*TEA.phrasings, "Tea Meaning")), "phrasings:", "phrasings: one stands twice"),
        (replace(TEA, question="What is tea"), "question:", "question: must end with '?'"),
        (replace(TEA, answer="word " * 80 + "70 over"), "## Answer", "answer: has 82 words; at most 80"),
        (replace(TEA, more="word " * 151), "## More", "more: has 151 words; at most 150"),
        (replace(TEA, answer_kind="yes_no"), "## Answer", "answer: answer_kind is yes_no: the first sentence must"),
        (
            replace(TEA, answer_kind="yes_no", answer="Yes, at 70.", simpler="No. Not so."),
            "## Simpler",
            "simpler: opens with No, the answer with Yes; both must say the same",
        ),
        (replace(TEA, answer_kind="steps"), "answer_kind:", "answer_kind: is steps: a section ## Steps is needed"),
        (replace(TEA, review_due=TEA.checked_on), "review_due:", "review_due: must be later than checked_on"),
        (replace(TEA, as_of=TEA.checked_on), "as_of:", "as_of: a text that ages needs both"),
        (replace(TEA, more="True as of {as_of}."), "as_of:", "as_of: a text that ages needs both"),
        (replace(TEA, more="Ask {anybody}."), "{anybody}", "text: unknown slot 'anybody'; known: as_of, crisis_line"),
        (replace(CARD, steps=()), "answer_kind:", "answer_kind: is card: a section ## Steps is needed"),
        (replace(TEA, more="Tea cures colds."), "## More", "more: promises a cure or an outcome ('cures'"),
        (replace(STEPS, steps=("Stop your medicine.",)), "## Steps", "steps: tells a person what to do with a"),
        (replace(TEA, simpler="See javascript:go()."), "## Simpler", "simpler: holds the address of a script"),
        (replace(TEA, question="Is javascript:x tea?"), "question:", "question: holds the address of a script"),
    ],
)
def test_what_makes_an_entry_unfit_is_named_with_its_line(
    content: Path, entry: Entry, where: str, message: str
) -> None:
    found = faults(content, entry)
    assert len(found) == 1, found
    assert found[0].startswith(f"{entry.id}.md:{line(content, entry, where)} {message}")


def test_all_faults_of_an_entry_come_at_once(content: Path) -> None:
    wrong = replace(TEA, question="Tea", related=("gone",), facts=("TEA-009",), sources=("nowhere",), more="Cured!")
    assert {fault.split(" ")[1] for fault in faults(content, wrong)} == {
        "question:",
        "related:",
        "facts:",
        "sources:",
        "figures:",
        "more:",
    }


def test_a_wrong_choice_of_a_quiz_may_be_wrong_but_not_its_explanation(content: Path) -> None:
    def quiz(wrong: str, why: str) -> Entry:
        choices = (Choice("A drink", "Right.", True), Choice(wrong, why, False))
        return replace(TEA, quiz=Quiz("What is tea?", choices))

    assert faults(content, quiz("It cures colds.", "It does not cure.")) == []
    assert faults(content, quiz("A tree", "It cures colds."))[0].split(" ")[1] == "quiz:"
    assert faults(content, quiz("javascript:x", "No."))[0].split(" ")[1] == "quiz:"


def test_a_source_that_holds_a_script_is_named(content: Path) -> None:
    file = content / "sources.yml"
    file.write_text(file.read_text("utf-8").replace("Another page", "javascript:alert(1)"), "utf-8")
    found = said(review.check(read_folder(content), frozenset(), {}))
    assert found == ["sources.yml:1 source 'elsewhere': holds a script; remove it"]


def test_a_source_carries_facts_that_do_not_name_it(content: Path) -> None:
    file = content / "sources.yml"
    cites_it = replace(TEA, sources=("elsewhere",))
    assert "belongs to none of the cited facts" in faults(content, cites_it)[0]
    written = file.read_text("utf-8")
    for fact, found in (
        ("TEA-001", []),
        ("TEA-002", ["TEA-002 has to be checked again"]),
        ("X-1", ["'X-1' is no known fact"]),
    ):
        file.write_text(f"{written}  facts: [{fact}]\n", "utf-8")
        told = said(review.check(read_folder(content), frozenset(), {}))
        assert [one for one in told if one.startswith("sources.yml")] == [
            f"sources.yml:1 source 'elsewhere': {one}" + ("; nothing may lean on it before" if "again" in one else "")
            for one in found
        ]
        assert any("belongs to none" in one for one in told) == bool(found)


@pytest.mark.parametrize("opening", ["Usually", "Sometimes"])
def test_a_careful_answer_may_have_a_plain_yes_in_simpler_words(content: Path, opening: str) -> None:
    assert faults(content, replace(TEA, answer_kind="yes_no", answer=f"{opening}, at 70.", simpler="Yes.")) == []


def test_a_card_that_the_emergency_rules_show_must_be_there_in_both_languages(content: Path) -> None:
    write_folder(content, [replace(CARD, locale="es")])
    found = review.check(read_folder(content), frozenset({"scald", "sting"}), {})
    missing = "is missing; the emergency rules show this card"
    assert [str(fault) for fault in found] == [
        f"{content}/{locale}/cards/sting.md:1 {missing}" for locale in ("en", "es")
    ]


def test_a_phrasing_that_two_entries_claim_is_named(content: Path) -> None:
    found = faults(content, replace(TEA, phrasings=(*TEA.phrasings, "Brew, tea!")))
    claimed = line(content, TEA, "Brew, tea!")
    assert found == [f"tea-what-is.md:{claimed} phrasings: 'Brew, tea!' is also claimed by tea-steps; keep it in one"]


def test_an_id_that_cannot_be_an_address_is_named(content: Path) -> None:
    assert faults(content, replace(TEA, id="Tea_what"))[0].startswith("Tea_what.md:2 id: must be lower-case words")


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


# What an editor has to mend.


def test_few_phrasings_are_named(content: Path) -> None:
    found = to_mend(content, replace(PLENTY, phrasings=PLENTY.phrasings[:9]))
    where = line(content, TEA, "phrasings:")
    message = "phrasings: give at least 10 phrasings, not 9; add other ways people ask it"
    assert found == [f"tea-what-is.md:{where} {message}"]


def test_a_review_is_overdue_the_day_after_it_was_due_and_forbids_nothing(content: Path) -> None:
    early = replace(PLENTY, review_due=dt.date(2026, 12, 1))
    assert to_mend(content, early, today=dt.date(2026, 12, 1)) == []
    found = to_mend(content, early, today=dt.date(2026, 12, 2))
    where = line(content, TEA, "review_due:")
    message = "review_due: the review was due on 2026-12-01; read the sources again and set both dates"
    assert found == [f"tea-what-is.md:{where} {message}"]
    assert faults(content) == []


HARD = "Physicians occasionally recommend immunosuppressive medication for complicated inflammatory manifestations."


def test_an_answer_that_is_hard_to_read_is_named_with_its_hardest_sentence(content: Path) -> None:
    found = to_mend(content, replace(PLENTY, answer=f"{HARD}\n\nIt is at 70 degrees."))
    assert [fault.split(" grade ")[0] for fault in found] == [
        f"tea-what-is.md:{line(content, TEA, '## Answer')} answer:",
        "en:1 answer: mean",
    ]
    assert "at most 9.5; use shorter words and sentences, first in 'Physicians occasionally" in found[0]
    assert "at most 7.0; simplify first tea-what-is, tea-steps" in found[1]


def test_simpler_words_are_simple_on_the_whole(content: Path) -> None:
    found = to_mend(content, replace(PLENTY, simpler="Usually people prepare flavored beverages."))
    assert len(found) == 1
    assert found[0].startswith("en:1 simpler: mean grade ")
    assert found[0].endswith(", at most 5.0; simplify first tea-what-is, tea-steps")


def test_names_that_the_glossary_explains_are_not_held_against_a_text(content: Path) -> None:
    named = replace(PLENTY, answer="At 70 degrees, azathioprine and cyclophosphamide and mycophenolate dissolve.")
    assert len(to_mend(content, named)) == 2
    rows = "".join(
        f"{name}:\n  term: {name}\n  name: true\n  definition: A thing.\n  plain_meaning: true\n"
        for name in ("azathioprine", "cyclophosphamide", "mycophenolate")
    )
    write_glossary(content, rows)
    assert to_mend(content, named) == []


def test_two_questions_that_are_nearly_the_same_are_named_once_unless_they_are_related(content: Path) -> None:
    encoder = WordEncoder()
    one, other = (
        replace(PLENTY, id=name, question=question, phrasings=tuple(f"{way} {name}" for way in WAYS))
        for name, question in (("tea-today", "How is tea made today?"), ("tea-now", "Today, how is tea made?"))
    )
    found = to_mend(content, one, other, embed=encoder.encode)
    where = line(content, one, "question:")
    assert len(found) == 1
    assert found[0].startswith(f"tea-today.md:{where} question: is nearly that of tea-now (1.00); merge")
    assert to_mend(content, one, replace(other, related=("tea-today",)), embed=encoder.encode) == []


def test_only_questions_are_embedded_and_not_too_many(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = WordEncoder()
    to_mend(content, embed=encoder.encode)
    assert encoder.encoded == [PLENTY_OF_STEPS.question, PLENTY.question]
    monkeypatch.setattr(review, "MOST_COMPARED", 1)
    assert "question: was not compared: only 1 are" in to_mend(content, embed=encoder.encode)[0]


@pytest.mark.parametrize(
    ("card", "where", "message"),
    [
        (replace(TARJETA, steps=TARJETA.steps[:2]), "## Steps", "steps: has 2 steps, the English card 3"),
        (
            replace(TARJETA, steps=("Hierva agua.", "Viértala en 2 tazas.", "Espere.")),
            "Viértala en 2",
            "steps: step 2 has other numbers: 2, in English none; make them alike",
        ),
        (
            replace(TARJETA, answer="Llame ahora."),
            "Llame ahora.",
            "answer: the text has other slots: none, in English emergency_number; make them alike",
        ),
        (
            replace(TARJETA, more="En 5 minutos."),
            "En 5 minutos.",
            "more: the text has other numbers: 5, in English none; make them alike",
        ),
    ],
)
def test_a_card_that_says_otherwise_in_another_language_is_named(
    content: Path, card: Entry, where: str, message: str
) -> None:
    found = to_mend(content, card)
    assert len(found) == 1, found
    assert found[0].startswith(f"scald.md:{line(content, card, where)} {message}")
    assert to_mend(content, TARJETA) == []


DAYS = "checked_on: 2026-11-22\nreview_due: 2027-05-22\n"
TERM = "tea:\n  term: tea\n  definition: {}\n  {}\n" + DAYS


@pytest.mark.parametrize(
    ("definition", "basis", "message"),
    [
        ("A drink. " * 16, "plain_meaning: true", "tea definition: has 32 words; at most 30"),
        (HARD, "plain_meaning: true", "tea definition: grade 3"),
        ("A drink that cures colds.", "plain_meaning: true", "tea definition: promises a cure"),
        ("A drink at 71 degrees.", "facts: [TEA-001]", "tea definition: number 71 stands in none of the cited facts"),
        ("A drink at 70 degrees.", "plain_meaning: true", "tea definition: number 70 stands in none of the cited"),
        ("A drink.", "facts: [TEA-009]", "tea facts: 'TEA-009' is not in facts.tsv; cite one that is"),
        ("A drink.", "facts: [TEA-002]", "tea facts: TEA-002 is marked recheck; cite lines marked seen only"),
    ],
)
def test_what_is_wrong_with_a_definition_is_named(content: Path, definition: str, basis: str, message: str) -> None:
    write_glossary(content, TERM.format(definition, basis))
    found = [*faults(content), *to_mend(content)]
    assert len(found) == 1, found
    assert found[0].startswith(f"glossary.yml:1 {message}")


def test_a_definition_that_its_facts_carry_is_in_order(content: Path) -> None:
    write_glossary(content, TERM.format("A drink made at 70 degrees.", "facts: [TEA-001]"))
    assert (faults(content), to_mend(content)) == ([], [])


def test_a_glossary_has_its_days_and_is_read_again_when_they_are_over(content: Path) -> None:
    term = TERM.format("A drink.", "plain_meaning: true")
    write_glossary(content, term.removesuffix(DAYS))
    assert faults(content) == [
        "glossary.yml:1 checked_on is missing; write it before the terms, as checked_on: 2026-11-22",
        "glossary.yml:1 review_due is missing; write it before the terms, as review_due: 2026-11-22",
    ]
    write_glossary(content, term)
    assert to_mend(content, today=dt.date(2027, 5, 22)) == []
    [found] = [row for row in to_mend(content, today=dt.date(2027, 5, 23)) if row.startswith("glossary.yml")]
    assert found.startswith("glossary.yml:1 review_due: the review was due on 2027-05-22")


def test_everything_is_examined_in_one_go(content: Path) -> None:
    few = replace(STEPS, phrasings=STEPS.phrasings[:3])
    write_folder(content, [replace(TEA, related=("tea-gone",), review_due=dt.date(2026, 12, 1)), few])
    write_glossary(content, TERM.format("A drink.", "facts: [TEA-009]"))
    (content / "ledger.tsv").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ContentError) as error:
        review.examine(content, frozenset({"scald"}), dt.date(2027, 1, 1))
    named = {fault.file.name for fault in error.value.faults}
    assert named == {"tea-what-is.md", "tea-steps.md", "scald.md", "glossary.yml", "ledger.tsv"}


def test_what_cannot_be_read_is_named_for_entries_and_glossary_together(content: Path) -> None:
    write_glossary(content, "tea: [")
    file_of(content, TEA).write_text("tea", encoding="utf-8")
    with pytest.raises(ContentError) as error:
        review.examine(content, frozenset(), TODAY)
    assert [fault.file.name for fault in error.value.faults] == ["tea-what-is.md", "glossary.yml"]


def test_content_in_order_is_handed_over(content: Path) -> None:
    write_folder(content, [PLENTY, PLENTY_OF_STEPS, TARJETA])
    write_glossary(content, TERM.format("A drink.", "facts: [TEA-001]"))
    read, glossaries = review.examine(content, frozenset({"scald"}), TODAY)
    assert len(read.entries) == 4
    assert list(glossaries["en"].terms) == ["tea"]


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


def test_every_shipped_word_could_be_published_from_the_studio() -> None:
    content = read_folder(SHIPPED_CONTENT)
    words = published(read_glossaries(SHIPPED_CONTENT), content.facts, content.sources)
    grounds = review.Grounds(content.sources, content.facts)
    beside = review.Beside.of([*content.entries, *words])
    assert len(words) > 100
    assert [(word.key, found) for word in words for found in unfit(word, grounds, beside)] == []
