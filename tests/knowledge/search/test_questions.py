from __future__ import annotations

import pytest

from knowledge.search.questions import LONG, MOST_PARTS, SHORTEST_PART, asks, parts, sentences, wants_to_know


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is tea? Is it hot?", ("What is tea?", "Is it hot?")),
        ("one line\n\nanother line", ("one line", "another line")),
        ("Dr. Leaf told me. What is tea?", ("Dr. Leaf told me.", "What is tea?")),
        ("Some herbs, e.g. mint etc. are fine", ("Some herbs, e.g. mint etc. are fine",)),
        ("I like tea (green) What is in it", ("I like tea (green)", "What is in it")),
        ("tea  with \t milk", ("tea with milk",)),
        ("it is 2.5 cups", ("it is 2.5 cups",)),
        ("", ()),
        (" \n ", ()),
    ],
)
def test_sentences_end_where_a_reader_sees_an_end(text: str, expected: tuple[str, ...]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what is tea and how do i make it", ("what is tea", "how do i make it")),
        ("what is tea, how do i make it", ("what is tea", "how do i make it")),
        ("what is tea, and also is it hot", ("what is tea", "also is it hot")),
        ("is tea bad and can kids drink it", ("is tea bad", "can kids drink it")),
        ("what is tea and why", ("what is tea and why",)),
        ("tea and milk and sugar and lemon", ("tea and milk and sugar and lemon",)),
    ],
)
def test_a_sentence_is_cut_where_a_new_question_begins(text: str, expected: tuple[str, ...]) -> None:
    assert parts(text) == expected


def test_a_long_sentence_without_a_sign_is_cut_and_a_short_one_is_not() -> None:
    story = "my aunt came by on sunday with a box of green leaves from her garden"
    assert len(f"{story} what is tea".split()) > LONG
    assert parts(f"{story} what is green tea") == (story, "what is green tea")
    assert parts("my aunt asked what is green tea") == ("my aunt asked what is green tea",)


def test_a_question_word_inside_a_clause_does_not_cut_it() -> None:
    text = "my aunt has a whole shelf of tea at home and i do not know how it is made"
    assert all(not part.startswith("how it") for part in parts(text))


def test_of_many_parts_the_last_ones_are_looked_at() -> None:
    text = " ".join(f"What is tea number {number}?" for number in range(50))
    assert parts(text) == tuple(f"What is tea number {number}?" for number in range(50 - MOST_PARTS, 50))


@pytest.mark.parametrize(
    "text", ["", "   ", "?", "?!...", "😀", "\0", "and and and", "what", "\u202e\u200f", "a, " * 5000]
)
def test_any_text_has_a_part_and_none_too_many(text: str) -> None:
    assert 1 <= len(parts(text)) <= MOST_PARTS


def test_no_word_is_lost_but_those_that_join() -> None:
    text = "what is tea, and also how do i make it? my aunt says it is hot; can i drink it or is it too hot for me"
    kept = " ".join(parts(text)).split()
    assert set(text.replace(",", "").split()) - set(kept) == {"and", "or"}
    assert all(len(part.split()) >= SHORTEST_PART for part in parts(text))


@pytest.mark.parametrize(
    "text",
    [
        "Is it hot",
        "so what is tea",
        "hi, can you tell me if tea is hot",
        "tea?",
        "(is it tea?)",
        "ok but why is it hot",
        "does mint help",
        "is chamomile tea",
    ],
)
def test_a_question_is_told_by_its_sign_or_its_first_words(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["", "I like tea.", "my aunt drinks tea", "it is what it is", "is not what I meant", "tea"]
)
def test_a_statement_is_no_question(text: str) -> None:
    assert not asks(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I was wondering about tea.", True),
        ("tell me about tea", True),
        ("I want to know how it is made", True),
        ("I like tea.", False),
        ("", False),
    ],
)
def test_who_says_that_they_ask_asks(text: str, expected: bool) -> None:
    assert wants_to_know(text) is expected
