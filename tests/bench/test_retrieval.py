"""What is left out of the index is not found by itself, and the index is as it was afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from bench.retrieval import LeftOut, messages, outside, phrasings
from knowledge.search.index import Index
from tests.knowledge.samples import ENTRIES, STEPS, TEA
from tests.knowledge.search.test_index import small


@pytest.fixture
def index() -> Index:
    return small(*ENTRIES)


@pytest.fixture
def left_out(index: Index) -> LeftOut:
    return LeftOut.of(index)


def place_of(text: str, index: LeftOut) -> int:
    return next(place for place, passage in enumerate(index._passages) if passage.text == text)


def everything_found(index: Index) -> list[object]:
    asked = ["what is tea", "make tea", "leaves", "herbs in hot water", "who won the cup", "teh making", "moon"]
    return [index.search(text) for text in asked]


@pytest.mark.parametrize("text", ["herbs in hot water", "teh making", "kettle leaves then what"])
def test_a_phrasing_does_not_find_itself(left_out: LeftOut, text: str) -> None:
    present, absent = left_out.search(text), left_out.asked_phrasing(place_of(text, left_out))
    assert present.hits[0].passage == text
    assert text not in [hit.passage for hit in absent.hits]
    assert absent.evidence.best < present.evidence.best


def test_a_word_of_that_phrasing_alone_is_no_longer_known(left_out: LeftOut) -> None:
    absent = left_out.asked_phrasing(place_of("kettle leaves then what", left_out))
    assert absent.evidence.strange > left_out.search("kettle leaves then what").evidence.strange
    assert absent.evidence.unmentioned > left_out.search("kettle leaves then what").evidence.unmentioned


def test_the_map_speaks_less_for_an_entry_whose_phrasing_is_left_out(left_out: LeftOut) -> None:
    for place in np.flatnonzero(left_out._is_asked):
        owner, vector = int(left_out._owner[place]), left_out._rows.vectors[place]
        assert left_out._fitted_without(vector, owner)[owner] < (left_out._map @ vector)[owner]


def test_nothing_of_the_index_is_changed_afterwards(index: Index, left_out: LeftOut) -> None:
    before = everything_found(index)
    assert everything_found(left_out) == before
    assert len(list(phrasings(left_out, 1))) == sum(1 + len(entry.phrasings) for entry in (TEA, STEPS))
    list(outside(left_out))
    assert everything_found(left_out) == before
    assert everything_found(index) == before


def test_an_outside_question_left_out_is_less_known_to_be_outside(left_out: LeftOut) -> None:
    text = left_out.background_texts[0]
    present = left_out.search(text).evidence
    left_out.outsider = 0
    absent = left_out.search(text).evidence
    assert present.outside == pytest.approx(1.0, abs=1e-3)
    assert absent.outside == 0.0
    assert absent.inside > present.inside
    assert absent.telling >= present.telling


def test_each_phrasing_is_asked_for_its_own_entry(left_out: LeftOut) -> None:
    cases = list(phrasings(left_out, 2))
    assert {name for case in cases for name in case.right} == {TEA.id, STEPS.id}
    assert all(0.0 <= case.readings[0][0].unmentioned <= 1.0 for case in cases)


def test_outside_questions_have_no_right_answer(left_out: LeftOut) -> None:
    assert all(not case.right for case in outside(left_out))


def test_messages_for_training_name_what_answers_them(index: Index) -> None:
    cases = list(messages(index))
    assert cases
    assert all(case.right and case.readings for case in cases)
