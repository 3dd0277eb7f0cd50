"""What a message asks, on the small index: two entries, about what tea is and about how to make it."""

from __future__ import annotations

import pytest

from knowledge.search.index import Index
from knowledge.search.message import MOST_UNITS, read, readings, units
from knowledge.search.questions import MOST_PARTS
from knowledge.wiring import Knowledge
from tests.knowledge.samples import ENTRIES, STEPS, TEA
from tests.knowledge.search.test_index import HOSTILE, small

STORY = "My aunt came by on Sunday. She brought a cake and her two dogs. We sat in the garden until it got dark."


@pytest.fixture
def index() -> Index:
    return small(*ENTRIES)


def firsts(text: str, index: Index) -> list[str]:
    """What is found for the parts that are put as questions."""
    return [one.first for one in read(text, index).questions if one.asks]


def test_a_message_of_one_question_is_read_as_it_stands(index: Index) -> None:
    found = read(TEA.question, index)
    assert found.questions == ()
    assert found.best == index.search(TEA.question)
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
    assert [unit.named[0] for unit in units(message, index) if not unit.is_told] == ["lupus", "lupus"]
    assert firsts(message, index) == ["lupus-cure", "lupus-contagious"]


def test_parts_that_are_put_as_questions_go_before_those_that_are_not(index: Index) -> None:
    def asking(text: str) -> list[str]:
        return [reading.text for reading in readings(text, index).asking]

    assert asking(f"{STORY} I was wondering about tea. {TEA.question}") == [index.read(TEA.question).text]
    assert asking(f"{STORY} I was wondering about tea.") == [index.read("I was wondering about tea.").text]
    assert len(asking(STORY)) == 3


def test_at_most_so_much_is_looked_at_and_the_last_part_is_among_it(index: Index) -> None:
    message = "Where is my cup? " * 100 + TEA.question
    assert len(readings(message, index).asking) == MOST_PARTS
    found = units(message, index)
    assert len(found) <= MOST_UNITS
    assert found[-1].text == TEA.question


@pytest.mark.parametrize(
    "message",
    [
        "What is tea? Not how to make it.",
        "Can I ask you something? What is tea?",
        "I don't mean the cake. What is tea?",
    ],
)
def test_what_is_turned_down_and_may_i_ask_are_no_questions(index: Index, message: str) -> None:
    assert {unit.text for unit in units(message, index)} <= {"What is tea?"}


def test_what_one_part_lists_is_looked_at_one_by_one(shipped: Knowledge) -> None:
    found = read("Does lupus affect the heart and the lungs?", shipped.live().index).questions
    assert [one.first for one in found if one.unit.is_listed] == ["lupus-heart", "lupus-lungs"]


def test_what_a_story_lists_is_no_question(index: Index) -> None:
    assert not any(unit.is_listed for unit in units(f"{STORY} What is tea?", index))
    assert not any(unit.is_told for unit in units(f"{STORY} {STORY} What is tea?", index))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_any_text_is_read(index: Index, text: str) -> None:
    found = read(text, index)
    assert 0.0 <= found.best.confidence <= 1.0
    assert len(found.questions) <= MOST_UNITS


def test_nothing_is_found_where_nothing_is_published() -> None:
    assert read("What is tea? How do I make it?", small()).best.hits == ()
