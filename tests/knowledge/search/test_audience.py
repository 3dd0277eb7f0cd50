from __future__ import annotations

import pytest

from knowledge.search.audience import age_groups


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("cpr on a baby", ("infant",)),
        ("CPR for babies and newborns", ("infant",)),
        ("choking toddler", ("child",)),
        ("is it the same for kids and adults", ("child", "adult")),
        ("a grown-up", ("adult",)),
        ("how deep do I push", ()),
        ("childhood memories of a babysitter", ()),
    ],
)
def test_whom_a_question_is_about(text: str, groups: tuple[str, ...]) -> None:
    assert age_groups(text) == groups
