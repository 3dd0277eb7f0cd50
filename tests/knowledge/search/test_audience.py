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
        ("my 3-month-old", ("infant",)),
        ("a six year old", ("child",)),
        ("aged 5", ("child",)),
        ("a 14 month old", ("child",)),
        ("my 2yo and her babys", ("infant", "child")),
        ("the bairn and a little girl", ("infant", "child")),
        ("my 40 year old brother", ()),
        ("since one year, old scars", ()),
        ("childhood memories of a babysitter", ()),
    ],
)
def test_whom_a_question_is_about(text: str, groups: tuple[str, ...]) -> None:
    assert age_groups(text) == groups
