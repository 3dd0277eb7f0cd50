from __future__ import annotations

import numpy as np
import pytest

from knowledge.search.usage import Usage, uses

TEXTS = {
    0: ["how deep do I push", "depth of pushes", "push how deep", "is it deep enough"],
    1: ["how fast do I push", "speed of pushes", "push how fast", "is it fast enough"],
    2: ["what is tea", "tea meaning", "is tea a drink", "what is in it"],
}


@pytest.fixture
def usage() -> Usage:
    rows = [(owner, text) for owner, texts in TEXTS.items() for text in texts]
    return Usage([uses(text) for _, text in rows], np.array([owner for owner, _ in rows]), len(TEXTS))


def likeliest(text: str, usage: Usage) -> int:
    return int(usage.scores(uses(text)).argmax())


@pytest.mark.parametrize(("text", "entry"), [("how deep is it", 0), ("pushing too fast", 1), ("what is this tea", 2)])
def test_a_word_points_to_the_entry_whose_word_it_is(usage: Usage, text: str, entry: int) -> None:
    assert likeliest(text, usage) == entry


def test_the_order_of_words_counts(usage: Usage) -> None:
    straight, turned = usage.scores(uses("what is in it")), usage.scores(uses("it in is what"))
    assert straight[2] - straight[0] > turned[2] - turned[0]


def test_words_that_no_text_holds_say_nothing(usage: Usage) -> None:
    assert usage.scores(uses("zebra giraffe")).tolist() == [0.0] * 3
    assert usage.scores(uses("")).tolist() == [0.0] * 3
    many = [f"zebra{number}" for number in range(500)]
    assert np.allclose(usage.scores(uses(" ".join([*many, "tea"]))), usage.scores(uses("zebra tea")))


def test_a_text_holds_each_word_once(usage: Usage) -> None:
    assert np.array_equal(uses("tea tea tea"), np.unique(uses("tea tea tea")))
    assert np.isin(uses("tea tea"), uses("tea tea tea")).all()


def test_where_nothing_is_published_no_entry_is_told() -> None:
    assert Usage([], np.zeros(0, np.int64), 0).scores(uses("tea")).shape == (0,)
