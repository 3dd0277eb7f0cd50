from __future__ import annotations

import datetime as dt

from knowledge.phrases import spoken_date
from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by

TWO = "Is lupus contagious? And how deep do I push on an adult in CPR?"


def test_gets_both_answers_each_with_its_own_sources_and_dates(say: Say) -> None:
    replies = say(TWO)
    both = replies.answers[:2]
    assert [answer["entry"] for answer in both] == ["lupus-contagious", "cpr-how-deep-adult"]
    for said, answer in zip(replies.texts, both):
        assert answer["sources"][0]["organisation"] in said
        assert spoken_date(dt.date.fromisoformat(answer["checked_on"]), "en") in said
        assert [origin["id"] for origin in answer["provenance"]] == [answer["entry"]]
    lupus, cpr = ({source["key"] for source in answer["sources"]} for answer in both)
    assert not lupus & cpr


def test_what_follows_refers_to_the_last_answer(say: Say) -> None:
    say(TWO)
    answered_by(say("and for a child?"), "cpr-how-deep-child")


def test_more_of_it_is_more_of_the_last_answer(say: Say) -> None:
    say(TWO)
    answered_by(say("say it more simply"), "cpr-how-deep-adult")
