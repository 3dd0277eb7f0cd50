"""./lantern content: check, inventory, fmt, import --seed, migrate."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.errors import explained
from knowledge import inventory, review
from knowledge.editing import seed
from knowledge.errors import KnowledgeError
from knowledge.files import read_folder, write_entry
from knowledge.glossary import read_glossaries
from knowledge.settings import Settings
from knowledge.store.repository import KnowledgeStore
from safety import EMERGENCY_RULES, cards_named
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.errors import StorageError

if TYPE_CHECKING:
    from knowledge.wiring import Desk


SECONDS_BETWEEN = 3.0
"""Between two lines of progress."""


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    acts.add_parser("check", help="name every fault of every content file, with its line")
    acts.add_parser("inventory", help="the state of the content in figures: sources, dates, reading levels, glossary")
    acts.add_parser("fmt", help="write every content file in its canonical form")
    publish = acts.add_parser("import", help="publish the content files")
    publish.add_argument(
        "--seed", action="store_true", required=True, help="as starter content, which no clinician has approved"
    )
    acts.add_parser("migrate", help="bring the knowledge database up to date")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        settings = Settings.from_environment(environment)
        if options.act == "check":
            cards = cards_named(EMERGENCY_RULES)
            content, _ = review.examine(settings.content, cards, _today(), _embed(environment))
            counts = f"{len(content.entries)} entries, {len(content.sources)} sources, {len(content.facts)} facts"
            print(f"{counts}: no faults.")
        elif options.act == "inventory":
            content, glossaries = read_folder(settings.content), read_glossaries(settings.content)
            for line in inventory.inventory(content, glossaries, _today()):
                print(line)
        elif options.act == "fmt":
            changed = format_files(settings)
            print(f"{changed} file{'s' * (changed != 1)} rewritten.")
        elif options.act == "migrate":
            _store(environment).migrate()
            print("The knowledge database is up to date.")
        else:
            publish(environment)
    return 0


def format_files(settings: Settings) -> int:
    """Writes each file anew, by rename, where its canonical form differs. Returns how many changed."""
    content = read_folder(settings.content)
    changed = 0
    for entry in content.entries:
        file, text = content.files[entry.key], write_entry(entry)
        if file.read_text(encoding="utf-8") != text:
            fresh = file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(file)
            changed += 1
    return changed


def publish(environment: Mapping[str, str]) -> None:
    """Publishes the content folder as starter content and refreshes the live cards. Says what it did."""
    settings = Settings.from_environment(environment)
    home = storage_settings.Settings.from_environment(environment).home
    desk = _desk(environment)
    desk.store.migrate()
    before = desk.store.newest_release()
    if not before:
        print("Reading the starter content; the first time this takes half a minute ...", flush=True)
    now = dt.datetime.now(dt.timezone.utc)
    release = seed.import_seed(desk.store, settings.content, desk.embedder, desk.aliases, at=now, tell=_Progress())
    seed.write_cards(release, home / "cards")
    word = "is live now" if release.number != before else "was live already; nothing changed"
    terms = sum(revision.entry.answer_kind == "term" for revision in release.revisions)
    print(f"Release {release.number} with {len(release.revisions) - terms} entries and {terms} words {word}.")


class _Progress:
    """Says how far a long reading is, every few seconds; a short one says nothing."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() - self._said > SECONDS_BETWEEN:
            self._said = time.monotonic()
            print(f"{done} of {of} texts read ...", flush=True)


def has_release(environment: Mapping[str, str]) -> bool:
    """Whether anything has been published in this home; brings the database up to date on the way."""
    store = _store(environment)
    store.migrate()
    return store.newest_release() > 0


def _today() -> dt.date:
    return dt.datetime.now(dt.timezone.utc).date()


def _embed(environment: Mapping[str, str]) -> review.Embed | None:
    """Vectors of questions, from the cache where they are published. None, said on stderr, before there is a model."""
    home = storage_settings.Settings.from_environment(environment).home
    missing = None if (home / "model").is_dir() else "the model is not prepared; ./lantern model does it"
    try:
        if missing is None:
            desk = _desk(environment)
            desk.store.require_current()
            return lambda texts: desk.embedder.embed([desk.aliases.plain(text) for text in texts])
    except (KnowledgeError, StorageError) as error:
        missing = str(error)
    print(f"Near-duplicate questions were not looked for: {missing}", file=sys.stderr)
    return None


def _store(environment: Mapping[str, str]) -> KnowledgeStore:
    return KnowledgeStore(open_engine(storage_settings.Settings.from_environment(environment).url("knowledge")))


def _desk(environment: Mapping[str, str]) -> Desk:
    # Loads the embedding model, which the other acts do not need.
    from knowledge.wiring import build_desk

    return build_desk(environment)
