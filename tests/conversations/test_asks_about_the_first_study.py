from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("how many people were in the first lupus car t study", "study-how-many-people"),
        ("did their b cells come back", "study-b-cells-return"),
        ("how old were the people in the first study", "study-ages"),
        ("what are the limits of the first lupus car-t study", "study-limits"),
    ],
)
def test_gets_the_entry_with_its_source_and_date(say: Say, question: str, entry: str) -> None:
    answered_by(say(question), entry)


def test_a_second_question_needs_no_subject(say: Say) -> None:
    answered_by(say("how many people were in the first lupus car t study"), "study-how-many-people")
    answered_by(say("how old were they?"), "study-ages")
