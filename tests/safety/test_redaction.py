"""Nothing that points to a person is left; everything the question needs is."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.numbers import FILE
from safety.redaction import PUBLIC_NUMBERS, redact

with (Path(__file__).parent / "redaction.tsv").open(encoding="utf-8", newline="") as table:
    ROWS = [
        {key: value.replace("\\n", "\n") for key, value in row.items()} for row in csv.DictReader(table, delimiter="\t")
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:60])
def test_what_points_to_a_person_goes_and_the_rest_stays(row: dict[str, str]) -> None:
    left = redact(row["text"])
    assert not row["gone"] or row["gone"] not in left
    assert row["kept"] in left
    assert bool(row["gone"]) == (left != row["text"])


def test_the_table_plants_enough() -> None:
    assert sum(bool(row["gone"]) for row in ROWS) >= 120


@given(st.text(max_size=300) | st.lists(st.sampled_from([row["text"] for row in ROWS]), max_size=4).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(st.text("abcdefghijklmnopqrstuvwxyz-_", max_size=20) | st.sampled_from(re.findall("[a-z-]+", str(ROWS).lower())))
@settings(max_examples=300, deadline=None)
def test_a_plain_word_is_left_alone_however_it_stands(word: str) -> None:
    assert redact(word) == word
    assert redact(f"{word}.") == f"{word}."


def test_every_help_line_we_show_survives() -> None:
    for region in json.loads(FILE.read_text(encoding="utf-8"))["regions"].values():
        if "crisis" in region:
            number = region["crisis"]["number"]
            assert number in redact(f"I called {number} yesterday")
            assert len(re.sub(r"\D", "", number)) < 7 or re.sub(r"\D", "", number) in PUBLIC_NUMBERS
