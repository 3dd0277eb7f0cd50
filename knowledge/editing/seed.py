"""The acts that change what may be said. Nothing else writes revisions or releases."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from knowledge import glossary, review
from knowledge.errors import ContentError, EditRefused
from knowledge.files import ContentFolder, read_folder, write_entry
from knowledge.model import Entry, Release
from knowledge.search.embedder import Embedder
from knowledge.search.passages import passages
from knowledge.search.words import Aliases
from knowledge.store.repository import KnowledgeStore
from safety import EMERGENCY_RULES, cards_named

TEXTS_AT_ONCE = 250
"""Texts read between two words of progress: a second or two."""
STARTER = "starter"
"""Author of the content that comes with the project. No clinician has approved it, and every answer says so."""


def import_seed(
    store: KnowledgeStore,
    folder: Path,
    embedder: Embedder,
    aliases: Aliases,
    *,
    at: dt.datetime,
    beside: Sequence[str] = (),
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Release:
    """Publishes the content files as they are: the one act that needs no approval.

    All or nothing: raises `ContentError` with every fault, or `EditRefused` once people have published a release of
    their own; the live release then stays as it was. Vectors are computed before the transaction, so the switch
    itself is one short write. `beside`: what search embeds beside the texts of entries, so that whoever loads the
    release finds it done. `tell` hears how many texts are read, of how many. Returns the live release, which is the old
    one when nothing changed.
    """
    # Before all that takes time: what staff publish meanwhile is then refused to be replaced.
    base = store.newest_release()
    if store.has_origin("editing"):
        raise EditRefused("staff have published a release; starter content may no longer replace it")
    content, terms = checked(folder)
    asked = [row for entry in content.entries for row in passages(entry) if row.is_embedded]
    texts = [*(aliases.plain(row.text) for row in asked), *beside]
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        embedder.embed(texts[start : start + TEXTS_AT_ONCE])
        tell(min(start + TEXTS_AT_ONCE, len(texts)), len(texts))
    number = store.publish(
        (*content.entries, *terms), content.sources, base=base, author=STARTER, review="editorial", origin="seed", at=at
    )
    return store.release(number)


def checked(folder: Path) -> tuple[ContentFolder, tuple[Entry, ...]]:
    """The content folder and the terms of its glossaries, fit to publish. Raises `ContentError` with every fault of
    every file."""
    content, glossaries = read_folder(folder), glossary.read_glossaries(folder)
    faults = review.check(content, cards_named(EMERGENCY_RULES), glossaries)
    if faults:
        raise ContentError(faults)
    return content, glossary.published(glossaries, content.facts, content.sources)


def write_cards(release: Release, folder: Path) -> None:
    """Puts the live cards where they answer without any database: one file each, replaced by rename.

    The files are the canonical form with two more keys, `revision` and `review`. Cards that are no longer in the
    release are removed last, so at no moment is a live card missing.
    """
    wanted = set()
    for revision in release.revisions:
        if revision.entry.answer_kind != "card":
            continue
        file = folder / revision.entry.locale / f"{revision.entry.id}.md"
        wanted.add(file)
        extra = f"revision: {revision.number}\nreview: {revision.review}\n---\n"
        text = write_entry(revision.entry).replace("\n---\n", "\n" + extra, 1)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Each process that meets the release writes them; none may write into what another is about to rename.
            fresh = file.with_suffix(f".{os.getpid()}.new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(file)
    for file in folder.glob("*/*.md"):
        if file not in wanted:
            file.unlink(missing_ok=True)
