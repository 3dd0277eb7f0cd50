from __future__ import annotations

import datetime as dt

import pytest

from knowledge.blocks import callout, paragraphs, spoken, steps
from knowledge.model import Answer, Block, Run, Source
from knowledge.phrases import Phrases
from knowledge.render import as_text, source_line
from tests.shipped import shipped_phrases

PLACES = tuple(Source(f"key-{number}", f"Page {number}", f"Place {number}") for number in range(1, 5))


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return shipped_phrases()


def test_a_reply_reads_well_as_plain_text(phrases: Phrases) -> None:
    answer = Answer(
        "steps",
        (
            *paragraphs("Call {number} now.\n\nYou need:\n\n- a phone\n- a friend", {"number": "911"}),
            *steps(("Sit down.", "Call {number}."), {"number": "911"}),
            callout("Take care."),
            Block("link", runs=(Run("More: "), Run("a page", href="https://example.org/"))),
            Block("trial", items=((Run("One"),), (Run("https://example.org/1", href="https://example.org/1"),))),
        ),
        sources=PLACES[:1],
        checked_on=dt.date(2026, 11, 22),
        review="editorial",
    )
    assert as_text(answer, phrases) == (
        "Call 911 now.\n\nYou need:\n\n- a phone\n- a friend\n\n1. Sit down.\n2. Call 911.\n\nTake care.\n\n"
        "More: a page https://example.org/\n\nOne\nhttps://example.org/1\n\n"
        "Source: Place 1, Page 1. Checked November 22, 2026. Starter content, not yet approved by a clinician."
    )


def test_a_list_right_below_its_sentence_is_still_a_list() -> None:
    assert paragraphs("You need:\n- a phone\n- a friend", {}) == (
        Block("paragraph", runs=(Run("You need:"),)),
        Block("list", items=((Run("a phone"),), (Run("a friend"),))),
    )


def test_many_sources_are_named_in_short(phrases: Phrases) -> None:
    answer = Answer("answer", (spoken("x"),), sources=PLACES, checked_on=dt.date(2026, 11, 22), review="clinician")
    line = source_line(answer, phrases)
    assert "Place 3" in line
    assert "Place 4" not in line
    assert line.endswith("Approved by a clinician.")


def test_a_reply_without_sources_still_says_when_it_was_checked(phrases: Phrases) -> None:
    answer = Answer("answer", (spoken("x"),), checked_on=dt.date(2026, 11, 22), review="editorial", locale="es")
    assert source_line(answer, phrases).startswith("Comprobado el 22 de noviembre de 2026. Contenido inicial")


def test_a_spoken_reply_has_no_source_line(phrases: Phrases) -> None:
    assert as_text(Answer("abstain", (spoken("I do not know."),)), phrases) == "I do not know."
