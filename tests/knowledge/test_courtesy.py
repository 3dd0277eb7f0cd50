from __future__ import annotations

import pytest

from knowledge.courtesy import only_thanks, without_courtesy


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("hi there, what is lupus", "what is lupus"),
        ("hi what is lupus", "what is lupus"),
        ("Hello! How do I do CPR?", "How do I do CPR?"),
        ("thanks but what about side effects", "what about side effects"),
        ("ok thanks, what about children with lupus", "what about children with lupus"),
        ("good morning, sorry to bother you, is it contagious", "is it contagious"),
        ("no, the other one. the urine test", "the urine test"),
        ("ha. ok, how deep do i push", "how deep do i push"),
    ],
)
def test_the_question_comes_after_the_manners(text: str, question: str) -> None:
    assert without_courtesy(text) == question


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "thanks a lot",
        "ok",
        "",
        "...",
        "right sided pain in my chest",
        "good foods for lupus",
        "no fever today",
        "ok in canada",
        "fine motor problems in lupus",
    ],
)
def test_what_only_begins_like_it_stays_whole(text: str) -> None:
    assert without_courtesy(text) == text


def test_a_rant_of_manners_takes_no_time() -> None:
    for word in ("ok ", "no, ", "thanks. ", "hi there "):
        assert without_courtesy(word * 5_000) is not None


@pytest.mark.parametrize(
    "text",
    [
        "thanks anyway",
        "oh lovely, many thanks",
        "thank you so much for answering me",
        "cheers for all your help",
        "ok thanks that was very useful",
        "danke sehr",
        "dank je wel, thank you",
        "I am so grateful. Bless you",
    ],
)
def test_thanks_and_nothing_else(text: str) -> None:
    assert only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "no thanks",
        "thanks for nothing",
        "thanks, show me more",
        "thank you but is it safe",
        "thanks for that and who pays",
        "thanks?",
        "thanks to the tablets i am well",
        "that is great",
        "danke, was ist lupus",
    ],
)
def test_thanks_with_more_behind_them_are_another_message(text: str) -> None:
    assert not only_thanks(text)
