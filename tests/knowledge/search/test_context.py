"""Follow-ups, on the small index and, for what only real words show, on the shipped content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.answer import Answerer
from knowledge.search.context import Earlier, Light, follow, ranked_after, read_after, telling
from knowledge.search.corrections import SHORT, plainly, takes_back
from knowledge.search.index import Index
from knowledge.search.message import Read, read
from tests.knowledge.samples import ENTRIES, STEPS, TEA
from tests.knowledge.search.test_index import HOSTILE, small

SURE = 0.45
NOTHING = Earlier()


@pytest.fixture
def index() -> Index:
    return small(*ENTRIES)


def after(answerer: Answerer, entry: str, text: str) -> Read:
    return read_after(text, Earlier(answerer.live(entry).entry), answerer.index, SURE)


def test_without_anything_before_a_message_is_read_alone(index: Index) -> None:
    for text in (TEA.question, "how do i make it", "leaves"):
        assert read_after(text, NOTHING, index, SURE).best == read(text, index).best


@pytest.mark.parametrize(
    ("text", "leans"), [("how long does it last", True), ("why", True), (TEA.question, False), ("", False)]
)
def test_a_message_that_needs_what_came_before_is_told(index: Index, text: str, leans: bool) -> None:
    assert read_after(text, NOTHING, index, SURE).leans is leans


def test_a_long_message_stands_on_its_own(index: Index) -> None:
    text = "and for my aunt who came by with her dog on sunday how do i brew it"
    assert len(text.split()) > SHORT
    assert read_after(text, Earlier(TEA), index, SURE).best == read(text, index).best


@pytest.mark.parametrize(
    "text", ["no, i meant {}", "sorry, {}", "oops {}", "{} sorry", "{}, i mean", "No. {}", "back to {}"]
)
def test_manners_of_correcting_do_not_count(index: Index, text: str) -> None:
    question = "make tea"
    assert read_after(text.format(question), NOTHING, index, SURE).best == read(question, index).best


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("not the milk, the tea", "the tea"),
        ("No no, not for coffee. For tea", "For tea"),
        ("not coffee but tea", "not coffee but tea"),
        ("the tea, not the milk!", "the tea"),
        ("nope, not the cup, i meant the pot", "the pot"),
        ("is it tea or not", "is it tea or not"),
        ("not again", "not again"),
        ("not breathing, what now", "not breathing, what now"),
    ],
)
def test_what_is_put_aside_is_not_asked_for(text: str, meant: str) -> None:
    assert plainly(text) == meant


def test_an_answer_that_is_taken_back_is_not_given_again(index: Index) -> None:
    only = Light(*(-1.0 if name == "taken_back" else 0.0 for name in Light._fields))
    for text, again in (
        ("leaves", True),
        ("wait, leaves", True),
        ("no, leaves", False),
        ("not the tea, leaves", False),
    ):
        ranking = ranked_after(follow(text, TEA, index), index, only)
        lowest = {hit.entry.id for hit in ranking.hits if hit.score < 0}
        assert lowest == (set() if again else {TEA.id})


@pytest.mark.parametrize(
    ("last", "text", "found"),
    [
        ("cpr-how-deep-adult", "and for a child?", "cpr-how-deep-child"),
        ("cpr-how-deep-child", "what about a baby", "cpr-how-deep-infant"),
        ("cpr-how-deep-infant", "and in adults", "cpr-how-deep-adult"),
    ],
)
def test_the_same_is_asked_of_someone_else(answerer: Answerer, last: str, text: str, found: str) -> None:
    read = after(answerer, last, text)
    assert (read.best.hits[0].entry.id, read.leans) == (found, True)
    assert read.best.confidence >= SURE


def test_of_two_readings_that_find_as_much_the_entry_counts_that_the_answer_cites(index: Index) -> None:
    cites = replace(TEA, related=(STEPS.id,))
    nothing_else = Light(*(float(name == "cited") for name in Light._fields))
    assert ranked_after(follow("and then", cites, index), index, nothing_else).hits[0].entry == STEPS
    assert (
        ranked_after(follow("and then", replace(STEPS, related=(TEA.id,)), index), index, nothing_else).hits[0].entry
        == TEA
    )


@pytest.mark.parametrize(
    ("text", "is_taken_back"),
    [
        ("no, i meant the pot", True),
        ("not that, the pot", True),
        ("oops the pot", True),
        ("wait, how deep", False),
        ("sorry, how long does it last", False),
        ("how long does it last", False),
        ("not breathing, what now", False),
    ],
)
def test_only_what_says_so_takes_an_answer_back(text: str, is_taken_back: bool) -> None:
    assert takes_back(text) is is_taken_back


@pytest.mark.parametrize("text", [" ", "?", "..."])
def test_nothing_is_no_question_about_what_was_shown(answerer: Answerer, text: str) -> None:
    assert not after(answerer, "lupus-contagious", text).best.hits


@pytest.mark.parametrize(
    ("last", "text", "found"),
    [
        ("lupus-hydroxychloroquine-eye-checks", "what else can it do to you", "lupus-hydroxychloroquine-side-effects"),
        ("car-t-crs-what-is", "how do they treat it?", "car-t-crs-treatment"),
        ("lupus-what-is", "can you catch it from someone", "lupus-contagious"),
    ],
)
def test_what_is_asked_of_the_same_is_found_by_both_readings(
    answerer: Answerer, last: str, text: str, found: str
) -> None:
    read = after(answerer, last, text)
    assert (read.best.hits[0].entry.id, read.follows) == (found, True)


def test_a_question_that_names_its_subject_is_not_bent_to_what_came_before(answerer: Answerer) -> None:
    for text in ("is lupus contagious", "what is cytokine release syndrome"):
        found = after(answerer, "cpr-how-deep-adult", text)
        assert found.best == read(text, answerer.index).best
        assert not found.leans


def test_words_of_something_else_altogether_are_not_bent_either(answerer: Answerer) -> None:
    assert after(answerer, "lupus-contagious", "who won the football match").best.confidence < SURE


def test_the_words_before_count_where_no_entry_was_shown(answerer: Answerer) -> None:
    found = read_after("can it be cured", Earlier(text="i was told that i have lupus"), answerer.index, SURE)
    assert (found.best.text, found.best.hits[0].entry.id) == ("lupus can it be cured", "lupus-cure")
    assert found.leans


@pytest.mark.parametrize(
    "earlier", [Earlier(TEA), Earlier(text="tea"), Earlier(STEPS, "tea")], ids=["entry", "text", "both"]
)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_any_text_is_read_after_anything(index: Index, earlier: Earlier, text: str) -> None:
    assert 0.0 <= read_after(text, earlier, index, SURE).best.confidence <= 1.0


@pytest.mark.parametrize(
    ("answer", "asked", "told"),
    [
        ("It takes three weeks.", "how long?", True),
        ("It is hot.", "how long?", False),
        ("Take it every day.", "how often", True),
        ("It is hot.", "how often", False),
        ("It is hot because it was boiled.", "why?", True),
        ("Most cost $5.", "how much is it", True),
        ("It is hot.", "is it hot", True),
        ("It is hot.", "is it blue", False),
    ],
)
def test_a_text_tells_what_is_asked_by_the_kind_of_figure_or_by_its_words(answer: str, asked: str, told: bool) -> None:
    entry = replace(TEA, answer=answer, more="")
    assert telling(asked, small(entry, STEPS))(entry) is told
