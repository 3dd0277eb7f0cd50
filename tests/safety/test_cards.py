"""Cards answer from files, whatever else is gone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safety.cards import CardShelf, fill, parse_card

CARD = """---
id: choking
question: Someone is choking. What do I do?
sources: [cpr-ems1, cpr-epoc]
checked_on: 2026-11-22
---

## Answer

Call {emergency_number} now.

## More

A note.

## Steps

1. First.
2. Then.
"""


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_card_says_the_call_first_then_steps_then_the_note() -> None:
    card = parse_card(CARD, "choking", "en")
    assert card.title == "Someone is choking. What do I do?"
    assert card.call == "Call {emergency_number} now."
    assert card.steps == ("First.", "Then.")
    assert card.note == "A note."
    assert card.sources == ("cpr-ems1", "cpr-epoc")
    assert card.review == "editorial"
    assert card.revision is None


def test_the_live_card_wins_over_the_one_in_the_repository(tmp_path: Path) -> None:
    write(tmp_path / "repository" / "en" / "cards" / "choking.md", CARD)
    live = CARD.replace("id: choking", "id: choking\nrevision: 7\nreview: clinician").replace("First.", "Live.")
    write(tmp_path / "live" / "en" / "choking.md", live)
    card = CardShelf([tmp_path / "live", tmp_path / "repository"]).card("choking", "en")
    assert card.steps[0] == "Live."
    assert (card.revision, card.review) == (7, "clinician")


def test_an_edited_card_is_said_at_once(tmp_path: Path) -> None:
    file = write(tmp_path / "en" / "choking.md", CARD)
    shelf = CardShelf([tmp_path])
    assert shelf.card("choking", "en").steps[0] == "First."
    write(file, CARD.replace("First.", "Changed."))
    os.utime(file, ns=(1, 1))
    assert shelf.card("choking", "en").steps[0] == "Changed."


def test_with_a_clock_an_edited_card_is_said_within_a_second(tmp_path: Path) -> None:
    file, now = write(tmp_path / "en" / "choking.md", CARD), [100.0]
    shelf = CardShelf([tmp_path], lambda: now[0])
    assert shelf.card("choking", "en").steps[0] == "First."
    write(file, CARD.replace("First.", "Changed."))
    os.utime(file, ns=(1, 1))
    now[0] += 1
    assert shelf.card("choking", "en").steps[0] == "Changed."
    file.unlink()
    now[0] += 1
    assert shelf.card("choking", "en").steps == ()


@pytest.mark.parametrize("damage", ["", "---\nid: choking\n", "\x00", "---\nid: x\n---\n\n## Steps\n\n1. Lost.\n"])
def test_a_damaged_card_gives_way_to_the_next_folder(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "live" / "en" / "choking.md", damage)
    write(tmp_path / "repository" / "en" / "cards" / "choking.md", CARD)
    assert CardShelf([tmp_path / "live", tmp_path / "repository"]).card("choking", "en").steps[0] == "First."


def test_a_missing_translation_is_said_in_english(tmp_path: Path) -> None:
    write(tmp_path / "en" / "choking.md", CARD)
    card = CardShelf([tmp_path]).card("choking", "es")
    assert (card.id, card.locale) == ("choking", "en")


def test_with_every_file_gone_only_the_call_is_left(tmp_path: Path) -> None:
    card = CardShelf([tmp_path]).card("cpr-adult", "es")
    assert card.call == "Llame ahora a emergencias: {emergency_number}."
    assert not card.steps
    assert not card.note


def test_only_declared_slots_are_filled_and_values_are_never_read_again() -> None:
    values = {"emergency_number": "911", "name": "{emergency_number}"}
    assert (
        fill("Call {emergency_number}; {unknown} {name} {0} {", values)
        == "Call 911; {unknown} {emergency_number} {0} {"
    )


@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_shipped_card_opens_with_the_number_to_call(shipped_cards: Path, locale: str) -> None:
    files = sorted((shipped_cards / locale / "cards").glob("*.md"))
    assert files
    for file in files:
        card = CardShelf([shipped_cards]).card(file.stem, locale)
        assert (card.id, card.locale) == (file.stem, locale)
        assert "{emergency_number}" in card.call
