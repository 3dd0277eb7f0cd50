from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, phrase


@pytest.mark.parametrize(
    "asked", ["say it more simply", "simpler please", "Say it more simply", "i dont understand, easier words"]
)
def test_hears_it_more_simply(say: Say, asked: str) -> None:
    full = say("is lupus contagious")
    simpler = say(asked)
    answered_by(simpler, "lupus-contagious")
    assert simpler.texts[0] != full.texts[0]


@pytest.mark.parametrize("asked", ["where is this from", "where does that come from?", "what is your source"])
def test_hears_where_it_comes_from_with_addresses(say: Say, asked: str) -> None:
    full = say("is lupus contagious")
    sources = say(asked)
    assert (sources.entry, sources.sources) == ("lupus-contagious", full.sources)
    addresses = [source["address"] for source in sources.first["sources"] if source["address"]]
    assert addresses
    assert all(address in sources.texts[0] for address in addresses)


def test_hears_more_and_then_the_same_again(say: Say) -> None:
    full = say("is lupus contagious")
    assert say("say that again").texts[0] == full.texts[0]
    more = say("tell me more")
    answered_by(more, "lupus-contagious")
    assert say("say that again").texts[0] == more.texts[0], "what was said last"


@pytest.mark.parametrize("asked", ["say it more simply", "tell me more"])
def test_before_any_answer_there_is_nothing_to_repeat(say: Say, asked: str) -> None:
    reply = say(asked)
    assert reply.entry is None
    assert reply.texts[0] == phrase("nothing_yet")


def test_before_any_answer_the_source_of_all_of_them_is_meant(say: Say) -> None:
    answered_by(say("where is this from"), "assistant-where-answers")


def test_after_a_reply_without_an_answer_the_older_one_is_not_meant(say: Say) -> None:
    say("is lupus contagious")
    assert say("what is the weather tomorrow").kind == "abstain"
    assert say("say it more simply").texts[0] == phrase("nothing_yet")


def test_buttons_do_what_they_say(say: Say) -> None:
    reply = say("how do i do cpr")
    answered_by(say(reply.press("Say it more simply")), "cpr-adult-steps")
