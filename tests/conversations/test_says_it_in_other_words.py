"""Moves in a conversation as people put them, whom nobody told how; the words here stand in no example."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, phrase

ASKED = "is lupus contagious"


@pytest.mark.parametrize(
    "said", ["whoa, way over my head. kid version?", "i cant follow that, shorter words please doctor bot"]
)
def test_asks_for_simpler_words(say: Say, said: str) -> None:
    full = say(ASKED)
    simpler = say(said)
    answered_by(simpler, "lupus-contagious")
    assert simpler.texts[0] != full.texts[0]


@pytest.mark.parametrize("said", ["and who exactly claims that", "is that from a proper journal or what"])
def test_doubts_where_it_comes_from(say: Say, said: str) -> None:
    full = say(ASKED)
    assert (say(said).sources, say(said).entry) == (full.sources, "lupus-contagious")


def test_lost_sight_of_it(say: Say) -> None:
    full = say(ASKED)
    assert say("oh no my phone died, what was it you wrote").texts[0] == full.texts[0]


def test_is_afraid_and_gets_a_kind_word_and_a_number_to_call(say: Say) -> None:
    reply = say("i feel so scared about all of this")
    assert reply.kind == "smalltalk"
    kind_word, _, rest = phrase("manners_afraid", crisis_line="*").partition("*")
    assert reply.texts[0].startswith(kind_word)
    assert len(reply.texts[0]) > len(kind_word + rest), "whom to call"


def test_asks_for_the_source_before_anything_was_said(say: Say) -> None:
    answered_by(say("who writes the answers that you give"), "assistant-where-answers")


def test_a_question_that_looks_like_a_move_is_a_question(say: Say) -> None:
    say(ASKED)
    answered_by(say("tell me more about lupus flares"), "lupus-flare-what-is")


@pytest.mark.parametrize(
    ("asked", "said", "entry"),
    [
        ("What is CRS after CAR-T?", "and how do doctors treat that", "car-t-crs-treatment"),
        ("how is cpr done on an adult", "what about a baby", "cpr-infant-steps"),
        ("is lupus contagious", "so can it be cured at least", "lupus-cure"),
    ],
)
def test_asks_more_of_the_same_without_naming_it(say: Say, asked: str, said: str, entry: str) -> None:
    say(asked)
    answered_by(say(said), entry)
