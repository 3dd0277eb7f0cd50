"""Which number is shown where."""

from __future__ import annotations

import json

import pytest

from safety.numbers import FILE, Numbers

NUMBERS = Numbers.load()
REGIONS = json.loads(FILE.read_text(encoding="utf-8"))["regions"]


@pytest.mark.parametrize(
    ("region", "number"), [("US", "911"), ("us", "911"), ("GB", "999"), ("DE", "112"), ("AU", "000"), ("IN", "112")]
)
def test_a_known_country_gets_its_digits(region: str, number: str) -> None:
    assert NUMBERS.emergency_number(region, "en") == number


@pytest.mark.parametrize("region", [None, "", "ZZ", "United States"])
def test_an_unknown_country_gets_a_sentence_that_is_true_anywhere(region: str | None) -> None:
    assert NUMBERS.emergency_number(region, "en").startswith("your local emergency number (112")
    assert NUMBERS.emergency_number(region, "es").startswith("su número local de emergencias (112")
    assert NUMBERS.emergency_number(region, "fr") == NUMBERS.emergency_number(region, "en")
    assert "help line" in NUMBERS.crisis_line(region, "en")
    assert "línea de ayuda" in NUMBERS.crisis_line(region, "es")


@pytest.mark.parametrize("region", ["UA", "PE", "PK", "LK"])
def test_a_number_that_sources_dispute_carries_its_warning(region: str) -> None:
    said = NUMBERS.emergency_number(region, "en")
    assert said.startswith(REGIONS[region]["emergency"])
    assert "numbers differ here" in said


def test_a_crisis_line_is_named_with_its_number() -> None:
    assert NUMBERS.crisis_line("US", "en") == "988 Suicide & Crisis Lifeline, 988"


def test_a_less_certain_crisis_line_stands_behind_the_emergency_number() -> None:
    assert NUMBERS.crisis_line("ES", "es").startswith("112; ")
    assert "024" in NUMBERS.crisis_line("ES", "es")


@pytest.mark.parametrize("region", ["PL", "PE", "UY", "TH"])
def test_a_crisis_line_nobody_could_confirm_is_not_shown(region: str) -> None:
    assert "crisis" not in REGIONS.get(region, {})
    assert NUMBERS.crisis_line(region, "en") == NUMBERS.crisis_line(None, "en")


def test_the_table_says_where_it_comes_from_and_of_when_it_is() -> None:
    table = json.loads(FILE.read_text(encoding="utf-8"))
    assert table["as_of"]
    assert table["emergency_sources"]
    assert table["crisis_sources"]
