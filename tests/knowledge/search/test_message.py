"""What a message asks, on the small index: two entries, about what tea is and about how to make it."""

from __future__ import annotations

import pytest

from knowledge.search.index import Index
from knowledge.search.message import read, readings
from knowledge.search.questions import MOST_PARTS
from knowledge.wiring import Knowledge
from tests.knowledge.samples import ENTRIES, STEPS, TEA
from tests.knowledge.search.test_index import HOSTILE, small

STORY = "My aunt came by on Sunday. She brought a cake and her two dogs. We sat in the garden until it got dark."


@pytest.fixture
def index() -> Index:
    return small(*ENTRIES)


def firsts(text: str, index: Index) -> list[str]:
    return [ranking.hits[0].entry.id for ranking in read(text, index).questions]


def test_a_message_of_one_question_is_read_as_it_stands(index: Index) -> None:
    found = read(TEA.question, index)
    assert found.questions == (found.best,) == (index.search(TEA.question),)
    assert not found.leans


@pytest.mark.parametrize("joined", ["{} {}", "{}\n{}", "Hello! {} And {}", "{} Thank you so much. {}"])
def test_two_questions_are_found_in_their_order(index: Index, joined: str) -> None:
    assert firsts(joined.format(TEA.question, STEPS.question), index) == [TEA.id, STEPS.id]
    assert firsts(joined.format(STEPS.question, TEA.question), index) == [STEPS.id, TEA.id]


@pytest.mark.parametrize("message", [f"{STORY} {STEPS.question}", f"{STEPS.question} {STORY}"])
def test_a_story_does_not_hide_the_question(index: Index, message: str) -> None:
    found = read(message, index)
    assert found.best.hits[0].entry == STEPS
    assert found.best.confidence > index.search(message).confidence


def test_of_several_questions_one_that_does_not_name_its_subject_is_read_with_that_of_the_message(
    shipped: Knowledge,
) -> None:
    index = shipped.live().index
    message = "My mother has lupus. Can it be cured? Is it catching?"
    assert [named[0] for named in readings(message, index).named] == ["lupus", "lupus"]
    assert firsts(message, index) == ["lupus-cure", "lupus-contagious"]


def test_parts_that_are_put_as_questions_go_before_those_that_are_not(index: Index) -> None:
    assert readings(f"{STORY} I was wondering about tea. {TEA.question}", index).parts == (TEA.question,)
    assert readings(f"{STORY} I was wondering about tea.", index).parts == ("I was wondering about tea.",)
    assert len(readings(STORY, index).parts) == 3


def test_at_most_so_many_parts_are_looked_at_and_the_last_one_is_among_them(index: Index) -> None:
    found = readings("Where is my cup? " * 100 + TEA.question, index)
    assert len(found.parts) == len(found.asking) == MOST_PARTS
    assert found.parts[-1] == TEA.question


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_any_text_is_read(index: Index, text: str) -> None:
    found = read(text, index)
    assert 0.0 <= found.best.confidence <= 1.0
    assert len(found.questions) <= MOST_PARTS


def test_nothing_is_found_where_nothing_is_published() -> None:
    assert read("What is tea? How do I make it?", small()).best.hits == ()
