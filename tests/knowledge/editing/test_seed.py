from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.editing import seed as editing
from knowledge.errors import ContentError, EditRefused
from knowledge.model import Release
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.store.repository import KnowledgeStore
from safety.cards import CardShelf
from tests.knowledge.samples import (
    CARD,
    NOON,
    STEPS,
    TEA,
    WordEncoder,
    change,
    demanded_cards,
    file_of,
    publication,
    write_folder,
    write_publishable_folder,
)

LATER = NOON + dt.timedelta(hours=1)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def seed(sqlite_store: KnowledgeStore, encoder: WordEncoder, content: Path):
    """Publishes the small content as it stands now."""

    def publish(at: dt.datetime = NOON) -> Release:
        embedder = Embedder(encoder, sqlite_store)
        return editing.import_seed(sqlite_store, content, embedder, Aliases({"cuppa": "tea"}), at=at)

    return publish


def live(release: Release) -> dict[str, int]:
    """Entry ids and revision numbers, without the cards that every folder must have."""
    demanded = {card.id for card in demanded_cards()}
    return {row.entry.id: row.number for row in release.revisions if row.entry.id not in demanded}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_publishable_folder(tmp_path / "content")


def test_content_files_become_the_live_release(seed, sqlite_store: KnowledgeStore) -> None:
    release = seed()
    assert live(release) == {"tea-what-is": 1, "tea-steps": 1, "scald": 1}
    assert (release.number, release.by, release.published_at) == (1, "starter", NOON)
    assert {revision.review for revision in release.revisions} == {"editorial"}
    assert set(sqlite_store.sources()) == {"place", "elsewhere"}


def test_publishing_unchanged_files_leaves_the_release_and_embeds_nothing(seed, encoder: WordEncoder) -> None:
    first = seed()
    assert encoder.encoded
    encoder.encoded.clear()
    assert seed(LATER) == first
    assert encoder.encoded == []


def test_a_changed_file_is_live_after_the_next_import(seed, content: Path, encoder: WordEncoder) -> None:
    seed()
    encoder.encoded.clear()
    change(file_of(content, STEPS), "Boil water, then", "Heat water, then")
    assert live(seed(LATER)) == {"tea-what-is": 1, "tea-steps": 2, "scald": 1}
    assert encoder.encoded == []  # only ways to ask are embedded


def test_a_new_way_to_ask_is_embedded_with_the_next_import_and_what_stands_beside_it(
    seed, content: Path, encoder: WordEncoder, sqlite_store: KnowledgeStore
) -> None:
    seed()
    encoder.encoded.clear()
    change(file_of(content, STEPS), STEPS.question, "How is tea made at sea?")
    beside = ["who won the cup", "is it hot"]
    editing.import_seed(sqlite_store, content, Embedder(encoder, sqlite_store), Aliases({}), at=LATER, beside=beside)
    assert encoder.encoded == ["how is tea made at sea", *beside]


def test_a_removed_file_is_not_live_any_more(seed, content: Path) -> None:
    seed()
    change(file_of(content, TEA), "related: [tea-steps]", "related: []")
    file_of(content, STEPS).unlink()
    assert live(seed(LATER)) == {"tea-what-is": 2, "scald": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("audience: everyone", "audience: cats"),
        ("related: [tea-steps]", "related: [tea-gone]"),
        ("facts: [TEA-001]", "facts: [TEA-002]"),
        ("---\n\n## Answer", "\n## Answer"),
    ],
)
def test_a_damaged_file_leaves_the_last_good_release_live(
    seed, content: Path, sqlite_store: KnowledgeStore, encoder: WordEncoder, old: str, new: str
) -> None:
    good = seed()
    encoder.encoded.clear()
    change(file_of(content, STEPS), "Boil water, then", "Heat water, then")
    change(file_of(content, TEA), old, new)
    with pytest.raises(ContentError) as error:
        seed(LATER)
    assert error.value.faults[0].file == file_of(content, TEA)
    assert sqlite_store.newest_release() == good.number
    assert sqlite_store.release(good.number) == good
    assert encoder.encoded == []


def test_starter_content_does_not_replace_what_people_have_published(seed, sqlite_store: KnowledgeStore) -> None:
    seed()
    approved = publication(base=1, author="dr-lee", review="clinician", origin="editing", at=LATER)
    sqlite_store.publish([TEA], {}, **approved)
    with pytest.raises(EditRefused, match="starter content may no longer replace it"):
        seed(LATER)
    assert live(sqlite_store.release(sqlite_store.newest_release())) == {"tea-what-is": 2}


def test_what_staff_publish_while_the_files_are_read_is_not_replaced(
    seed, content: Path, sqlite_store: KnowledgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed()
    read = editing.checked

    def slowly(folder: Path) -> object:
        sqlite_store.publish([TEA], {}, **publication(base=1, author="dr-lee", review="clinician", origin="editing"))
        return read(folder)

    monkeypatch.setattr(editing, "checked", slowly)
    change(file_of(content, STEPS), "Boil water, then", "Heat water, then")
    with pytest.raises(EditRefused, match="release 2 was published meanwhile"):
        seed(LATER)
    assert live(sqlite_store.release(sqlite_store.newest_release())) == {"tea-what-is": 2}


def test_cards_lie_where_they_answer_without_a_database(seed, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    editing.write_cards(seed(), folder)
    names = {f"{card.locale}/{card.id}.md" for card in (CARD, *demanded_cards())}
    assert {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} == names
    card = CardShelf([folder]).card("scald", "en")
    assert (card.call, card.steps) == (CARD.answer, CARD.steps)
    assert (card.revision, card.review, card.checked_on) == (1, "editorial", CARD.checked_on)


def test_a_card_that_changed_is_replaced_and_one_that_is_gone_is_removed(seed, content: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    write_folder(content, [replace(CARD, id="sting", question="What about a sting?")])
    editing.write_cards(seed(), folder)
    untouched = (folder / "en" / "sting.md").stat()
    change(file_of(content, CARD), "1. Boil water.", "1. Cool it with water.")
    editing.write_cards(seed(LATER), folder)
    assert CardShelf([folder]).card("scald", "en").steps[0] == "Cool it with water."
    assert (folder / "en" / "sting.md").stat().st_ino == untouched.st_ino
    (content / "en" / "cards" / "sting.md").unlink()
    editing.write_cards(seed(LATER), folder)
    assert not (folder / "en" / "sting.md").exists()
    assert (folder / "en" / "scald.md").exists()


def test_a_reader_of_a_card_never_meets_half_a_file(seed, content: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    editing.write_cards(seed(), folder)
    with (folder / "en" / "scald.md").open(encoding="utf-8") as reader:
        change(file_of(content, CARD), "1. Boil water.", "1. Cool it with water.")
        editing.write_cards(seed(LATER), folder)
        # The file that was opened is still the old one, whole: the new one took its name.
        assert "1. Boil water." in reader.read()
    assert list(folder.rglob("*.new")) == []
