"""The same thing in other words: which ones follows from what was said last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.blocks import spoken
from knowledge.model import Answer, Block, Run
from knowledge.phrases import Phrases
from knowledge.variants import Variants
from tests.shipped import shipped_phrases

WORDS = {
    "sorry": "I do not know.",
    "sorry_again": "I do not know that either.",
    "sorry_again2": "Nor that.",
    "call": "Call {emergency_number} now.",
    "call_again": "Please call {emergency_number}.",
    "once": "I say it one way only.",
}


@pytest.fixture
def variants() -> Variants:
    return Variants(Phrases({"en": WORDS, "es": {"sorry": "No lo sé."}}))


def saying(*texts: str, locale: str = "en") -> Answer:
    return Answer("abstain", tuple(spoken(text) for text in texts), locale=locale)


def heard(variants: Variants, times: int, answer: Answer) -> list[str]:
    """What a person hears who gets the same reply so many times in a row."""
    said: tuple[str, ...] = ()
    texts = []
    for _ in range(times):
        given = variants.reworded(answer, said)
        said = tuple(variants.said(given))
        texts.append(given.blocks[0].runs[0].text)
    return texts


def test_nothing_is_said_twice_in_a_row_and_the_order_is_always_the_same(variants: Variants) -> None:
    one, two, three = WORDS["sorry"], WORDS["sorry_again"], WORDS["sorry_again2"]
    assert heard(variants, 5, saying(one)) == [one, two, three, one, two]


def test_slots_keep_what_fills_them(variants: Variants) -> None:
    assert heard(variants, 2, saying("Call 999 now.")) == ["Call 999 now.", "Please call 999."]


def test_after_something_else_the_first_words_come_back(variants: Variants) -> None:
    assert variants.reworded(saying(WORDS["sorry"]), ("call",)) == saying(WORDS["sorry"])
    assert variants.reworded(saying(WORDS["sorry"]), ()) == saying(WORDS["sorry"])


def test_what_has_one_wording_only_stays_and_so_does_what_an_entry_says(variants: Variants) -> None:
    answer = saying("I say it one way only.", "Lupus is a disease.")
    assert variants.reworded(answer, ("once", "sorry")) == answer
    assert list(variants.said(answer)) == []


def test_a_language_without_other_words_repeats_its_own_and_not_english(variants: Variants) -> None:
    assert heard(variants, 2, saying("No lo sé.", locale="es")) == ["No lo sé.", "No lo sé."]


def test_lists_and_links_are_left_alone(variants: Variants) -> None:
    listed = Block("list", items=((Run(WORDS["sorry"]),),))
    answer = replace(saying(WORDS["sorry"]), blocks=(listed, Block("paragraph", (Run("a"), Run("b")))))
    assert variants.reworded(answer, ("sorry",)) == answer


def test_every_wording_of_a_phrase_is_another_one_with_the_same_slots() -> None:
    phrases = shipped_phrases()
    wordings = [(locale, key, text) for locale, key, text in phrases if "_again" in key]
    assert len(wordings) > 20
    for locale, key, text in wordings:
        first = phrases.of(locale)[key.partition("_again")[0]]
        assert text != first, key
        assert text.count("{") <= first.count("{"), key
