"""What differs between two texts is drawn word by word, and both texts can be read from it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.editing import difference
from knowledge.editing.difference import drawn, entries_between, words_between
from tests.knowledge.samples import STEPS, TEA


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", ""),
        ("Tea is good.", "Tea is good.", "Tea is good."),
        ("", "Tea.", "{+Tea.+}"),
        ("Tea.", "", "[-Tea.-]"),
        ("Tea is a drink.", "Tea is a hot drink.", "Tea is a {+hot +}drink."),
        ("at 1.50 mg", "at 1.55 mg", "at [-1.50-]{+1.55+} mg"),
        ("Don't stop it.", "Do not stop it.", "[-Don't-]{+Do not+} stop it."),
        ("take one old pill now", "take two new pills now", "take [-one old pill-]{+two new pills+} now"),
        ("Eat.\n- salt\n- tea", "Eat.\n- tea", "Eat.\n- [-salt\n- -]tea"),
        ("no", "no ", "no{+ +}"),
    ],
)
def test_what_differs_is_marked_by_the_word(old: str, new: str, said: str) -> None:
    assert drawn(words_between(old, new)) == said


few = st.lists(st.sampled_from(["tea", "hot", "not", " ", "\n", "70", ".", ",", "é"]), max_size=30).map("".join)


@settings(max_examples=300, deadline=None)
@given(old=few | st.text(), new=few | st.text())
def test_both_texts_can_be_read_from_the_pieces(old: str, new: str) -> None:
    pieces = words_between(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "old") == new
    assert all(piece.text for piece in pieces)
    assert old != new or {piece.kind for piece in pieces} <= {"same"}


def test_of_two_entries_the_fields_that_differ_are_compared() -> None:
    found = entries_between(STEPS, replace(STEPS, phrasings=STEPS.phrasings[1:], steps=("Boil water.", "Wait.")))
    assert {name: drawn(pieces) for name, pieces in found.items()} == {
        "phrasings": "[-make tea\n-]" + "\n".join(STEPS.phrasings[1:]),
        "steps": "Boil water.\n[-Pour it on the leaves.\n-]Wait.",
    }
    assert entries_between(TEA, TEA) == {}


@pytest.mark.parametrize("words", [difference.MOST_WORDS // 2, 100_000])
def test_the_longest_text_keeps_nobody_waiting(words: int) -> None:
    old, new = "hot tea " * (words // 2), "tea, hot " * (words // 2)
    begun = time.process_time()
    pieces = words_between(old, new)
    assert time.process_time() - begun < 2
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
