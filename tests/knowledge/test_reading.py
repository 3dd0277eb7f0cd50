from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.reading import Counts, hardest, measure, sentences, syllables

WORDS = [line.split("\t") for line in (Path(__file__).parent / "syllables.tsv").read_text("utf-8").splitlines()]
RIGHT = 0.95
"""Share of the list that the rule must get right. The list was written by hand, the words it gets wrong with them."""

NAMES = re.compile(r"(?i:\b(?:hydroxychloroquine|lupus nephritis|lupus)\b)")


def test_the_syllable_rule_is_right_for_nearly_all_words_of_the_list() -> None:
    assert len({word for word, _ in WORDS}) == len(WORDS) >= 300
    wrong = {word: syllables(word) for word, count in WORDS if syllables(word) != int(count)}
    assert len(wrong) <= (1 - RIGHT) * len(WORDS), wrong


@pytest.mark.parametrize("word", ["CPR", "CD19", "100", "100.4", "1:80", "mg", "9", "A1C", "CAR-T", "—"])
def test_figures_and_abbreviations_are_one_syllable(word: str) -> None:
    assert syllables(word) == 1


@pytest.mark.parametrize(("word", "count"), [("T-cell", 2), ("5-year", 2), ("anti-CD19", 3), ("life-threatening.", 4)])
def test_a_word_with_hyphens_is_one_word_with_the_syllables_of_all_its_parts(word: str, count: int) -> None:
    assert syllables(word) == count
    assert measure(f"{word} here").words == 2


def test_signs_around_a_word_do_not_count() -> None:
    assert syllables('"(medicine)."') == syllables("medicine") == syllables("Medicine’s") == 3


def test_the_grades_are_those_of_the_published_formulas() -> None:
    counts = Counts(sentences=30, words=450, syllables=675, polysyllables=48)
    assert counts.grade == pytest.approx(0.39 * 15 + 11.8 * 1.5 - 15.59) == pytest.approx(7.96)
    assert counts.smog == pytest.approx(3.1291 + 1.0430 * 48**0.5) == pytest.approx(10.355, abs=0.001)


def test_a_text_is_graded_as_by_hand() -> None:
    # 16 words and 23 syllables in one sentence.
    text = "This sentence, taken as a reading passage unto itself, is being used to prove a point."
    assert measure(text) == Counts(sentences=1, words=16, syllables=23, polysyllables=0)
    assert measure(text).grade == pytest.approx(7.6125)


def test_an_empty_text_has_no_grade() -> None:
    for text in ("", "  \n\n ", "- \n—"):
        assert measure(text) == Counts()
        assert (measure(text).grade, measure(text).smog) == (0.0, 0.0)


def test_each_item_of_a_list_and_each_step_is_a_sentence() -> None:
    items = "Signs are:\n\n- a rash\n- a fever of 100.4 F\n- sore joints"
    assert sentences(items) == ["Signs are:", "a rash", "a fever of 100.4 F", "sore joints"]
    steps = "1. Call for help.\n2. Push hard and fast\n3. Go on."
    assert sentences(steps) == ["Call for help.", "Push hard and fast", "Go on."]
    assert sentences("Call:\n1. one\n2. two") == ["Call:", "one", "two"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? Four", 4),
        ("It is 0.5 to 1.5 mg. No more.", 2),
        ('He said "no." Then he left.', 2),
        ("Take care (see below.) Then go.", 2),
        ("A line\nthat goes on.", 1),
        ("One paragraph\n\nand another", 2),
        ("Is it so? yes, it is.", 1),
        ("Ends with a slot. 911 is next.", 2),
    ],
)
def test_where_sentences_end(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_a_name_of_the_glossary_counts_as_one_word_of_two_syllables() -> None:
    full, short = (measure("Hydroxychloroquine treats lupus nephritis.", names) for names in (None, NAMES))
    assert (full.words, full.syllables) == (4, 12)
    assert (short.words, short.syllables, short.polysyllables) == (3, 5, 0)


def test_a_short_name_keeps_its_own_count() -> None:
    assert measure("Lupus is here.", NAMES) == measure("Lupus is here.")


def test_the_sentence_that_weighs_most_is_found() -> None:
    text = "It is so. Physicians occasionally recommend immunosuppressive medication. Incomprehensibility."
    assert hardest(text) == "Physicians occasionally recommend immunosuppressive medication."
    assert hardest("") == ""


_TEXT = st.lists(
    st.lists(st.sampled_from([word for word, _ in WORDS]), min_size=1, max_size=12).map(
        lambda row: " ".join(row) + "."
    ),
    min_size=1,
    max_size=5,
).map("\n\n".join)


@settings(max_examples=60, deadline=None)
@given(_TEXT, _TEXT)
def test_a_text_counts_as_its_parts_do(one: str, other: str) -> None:
    assert measure(f"{one}\n\n{other}") == measure(one) + measure(other)
    assert measure(f"{one}\n\n{one}").grade == pytest.approx(measure(one).grade)


@settings(max_examples=60, deadline=None)
@given(_TEXT)
def test_a_long_word_never_makes_a_text_easier(text: str) -> None:
    longer = text[:-1] + " incomprehensibility."
    assert measure(longer).grade > measure(text).grade
    assert measure(longer).smog > measure(text).smog


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_measured(text: str) -> None:
    counts = measure(text)
    assert counts.words >= counts.sentences >= 0
    assert counts.syllables >= counts.words >= counts.polysyllables
