from __future__ import annotations

import datetime as dt

import pytest

from knowledge.phrases import spoken_date
from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, phrase


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("how does car-t work", "car-t-how-it-works"),
        ("what is cytokine release syndrome", "car-t-crs-what-is"),
        ("is car-t approved for lupus", "car-t-approved-for-lupus"),
        ("What is ICANS?", "car-t-icans-what-is"),
        ("can i have children after car t", "car-t-fertility"),
    ],
)
def test_gets_the_entry_with_its_source_and_date(say: Say, question: str, entry: str) -> None:
    answered_by(say(question), entry)


def test_an_approval_is_told_with_the_day_it_was_true(say: Say) -> None:
    reply = say("is car-t approved for lupus")
    as_of = dt.date.fromisoformat(reply.first["as_of"])
    assert reply.texts[0].startswith("No.")
    assert f"As of {spoken_date(as_of, 'en')}" in reply.texts[0]


def test_results_of_few_people_are_called_early(say: Say) -> None:
    reply = say("how long does remission last after car-t")
    callouts = [block for block in reply.first["blocks"] if block["type"] == "callout"]
    assert phrase("caution_early_evidence") in [run["text"] for callout in callouts for run in callout["runs"]]
