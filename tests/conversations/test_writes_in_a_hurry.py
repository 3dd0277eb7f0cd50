from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by


@pytest.mark.parametrize(
    ("written", "entry"),
    [
        ("wat r teh symtoms of lupus", "lupus-symptoms"),
        ("hydroxycloroquine side efects", "lupus-hydroxychloroquine-side-effects"),
        ("cytokin relese syndrom", "car-t-crs-what-is"),
        ("crs", "car-t-crs-what-is"),
        ("lupus", "lupus-what-is"),
        ("cpr babby", "cpr-infant-steps"),
        ("IS LUPUS CONTAGIOUS???", "lupus-contagious"),
        ("is   lupus\n\ncontagious", "lupus-contagious"),
    ],
)
def test_is_understood(say: Say, written: str, entry: str) -> None:
    answered_by(say(written), entry)


def test_is_asked_back_rather_than_guessed_at(say: Say) -> None:
    reply = say("kidneys")
    assert reply.kind in ("clarify", "steps")
    assert len(reply.offers) <= 4
