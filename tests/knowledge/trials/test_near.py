from __future__ import annotations

import pytest

from knowledge.trials.near import near_numbers

KNOWN = {"NCT05938725", "NCT05938752", "NCT06342960"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NCT05938726", ["NCT05938725"]),
        ("NCT0593872", ["NCT05938725", "NCT05938752"]),
        ("NCT05938775", ["NCT05938725"]),
        ("NCT059387725", ["NCT05938725"]),
        ("NCT063429600", ["NCT06342960"]),
        ("NCT06349260", ["NCT06342960"]),
        ("NCT05938725", ["NCT05938752"]),
        ("NCT0593872599", []),
        ("NCT11111111", []),
        ("NCT", []),
        ("", []),
    ],
)
def test_numbers_one_slip_away_are_found(written: str, meant: list[str]) -> None:
    assert list(near_numbers(written, KNOWN.__contains__)) == meant
