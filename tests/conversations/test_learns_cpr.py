from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("how fast do i push in cpr", "cpr-how-fast"),
        ("do i have to do mouth to mouth", "cpr-mouth-to-mouth"),
        ("how do i do cpr on a baby", "cpr-infant-steps"),
        ("what is an AED", "cpr-aed-what-is"),
        ("can i break someones ribs doing cpr", "cpr-broken-ribs"),
    ],
)
def test_gets_the_entry_with_its_source_and_date(say: Say, question: str, entry: str) -> None:
    answered_by(say(question), entry)


def test_steps_are_numbered_and_begin_with_the_call_for_help(say: Say) -> None:
    reply = say("how do i do cpr on a baby")
    (steps,) = [block["items"] for block in reply.first["blocks"] if block["type"] == "steps"]
    assert reply.kind == "steps"
    assert len(steps) >= 4
    assert all(f"{number}. " in reply.texts[0] for number in range(1, len(steps) + 1))
    assert reply.texts[0].startswith("Call ")


@pytest.mark.parametrize(
    ("turns", "entries"),
    [
        (
            ("how do i do cpr", "what about a child", "and for a baby?"),
            ("cpr-adult-steps", "cpr-child-steps", "cpr-infant-steps"),
        ),
        (
            ("how do i do cpr on a baby", "and for a child?", "and an adult?"),
            ("cpr-infant-steps", "cpr-child-steps", "cpr-adult-steps"),
        ),
        (
            ("how deep do i push", "for a child", "for a baby?"),
            ("cpr-how-deep-adult", "cpr-how-deep-child", "cpr-how-deep-infant"),
        ),
    ],
)
def test_asks_the_same_for_someone_younger_or_older(say: Say, turns: tuple[str, ...], entries: tuple[str, ...]) -> None:
    for turn, entry in zip(turns, entries):
        answered_by(say(turn), entry)
