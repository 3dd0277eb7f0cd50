"""./lantern content: check, inventory, fmt, import, export, migrate."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import CommandFailed, explained
from bot.paths import named
from bot.progress import Progress
from knowledge import inventory, review
from knowledge.editing import seed
from knowledge.editing.acts import Editing, texts_of
from knowledge.errors import KnowledgeError
from knowledge.files import read_facts, read_folder, write_entry
from knowledge.glossary import FILE, published, read_glossaries, write_glossary
from knowledge.model import Person, Release
from knowledge.settings import Settings
from knowledge.store.repository import KnowledgeStore
from safety import EMERGENCY_RULES, cards_named
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.errors import StorageError

if TYPE_CHECKING:
    from knowledge.editing.exchange import Preview
    from knowledge.wiring import Desk


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    acts.add_parser("check", help="name every fault of every content file, with its line")
    acts.add_parser("inventory", help="the state of the content in figures: sources, dates, reading levels, glossary")
    acts.add_parser("fmt", help="write every content file in its canonical form")
    bring = acts.add_parser(
        "import",
        help="publish the content files, or take entries from a file as drafts",
        description="With --seed: publishes the content files. With FILE: compares its entries with the live ones "
        "(--preview), or makes drafts of those that are new or changed (--as-drafts).",
    )
    bring.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a .csv, .xlsx or .json as `export` writes it, or a folder"
    )
    how = bring.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--seed", action="store_true", help="publish the content files as starter content, approved by no clinician"
    )
    how.add_argument("--preview", action="store_true", help="say what FILE would change, and change nothing")
    how.add_argument("--as-drafts", action="store_true", help="make drafts of what is new or changed in FILE, or none")
    bring.add_argument("--by", metavar="NAME", help="who wrote the drafts, and so cannot approve them")
    take = acts.add_parser(
        "export", help="write the live entries to .csv, .xlsx or .json, or with the glossary to a folder of files"
    )
    take.add_argument("target", metavar="TARGET", help="a name that ends with .csv, .xlsx or .json, or a folder")
    take.add_argument("--release", type=int, metavar="N", help="an earlier release instead of the live one")
    take.add_argument("--replace", action="store_true", help="replace an earlier export of that name")
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
        elif options.act == "export":
            export(options, environment)
        else:
            bring(options, environment)
    return 0


def format_files(settings: Settings) -> int:
    """Writes each file anew, by rename, where its canonical form differs. Returns how many changed."""
    content = read_folder(settings.content)
    changed = 0
    canonical = {content.files[entry.key]: write_entry(entry) for entry in content.entries}
    for locale, glossary in read_glossaries(settings.content).items():
        if glossary.terms and glossary.checked_on and glossary.review_due:
            terms = published({locale: glossary}, content.facts, content.sources)
            names = [term.id for term in glossary.named]
            canonical[settings.content / locale / FILE] = write_glossary(terms, names)
    for file, text in canonical.items():
        if file.read_text(encoding="utf-8") != text:
            fresh = file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(file)
            changed += 1
    return changed


def publish(environment: Mapping[str, str]) -> None:
    """Publishes the content folder as starter content and refreshes the live cards. Says what it did."""
    from knowledge.wiring import beside_entries

    settings = Settings.from_environment(environment)
    home = storage_settings.Settings.from_environment(environment).home
    desk = _desk(environment)
    desk.store.migrate()
    before = desk.store.newest_release()
    if not before:
        print("Reading the starter content; the first time this takes half a minute ...", flush=True)
    now = dt.datetime.now(dt.timezone.utc)
    progress = Progress()
    release = seed.import_seed(
        desk.store,
        settings.content,
        desk.embedder,
        desk.aliases,
        at=now,
        beside=beside_entries(settings.content, desk.aliases),
        tell=lambda done, of: progress.say(f"{done} of {of} texts read ..."),
    )
    seed.write_cards(release, home / "cards")
    word = "is live now" if release.number != before else "was live already; nothing changed"
    terms = sum(revision.entry.answer_kind == "term" for revision in release.revisions)
    print(f"Release {release.number} with {len(release.revisions) - terms} entries and {terms} words {word}.")


def export(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    """Writes the entries of a release to a file, or with the words of the glossary to a folder. Says how many."""
    from knowledge.editing import exchange

    target = named(options.target, environment)
    if target.suffix and target.suffix.lower() not in exchange.SUFFIXES and not options.target.endswith("/"):
        kinds = ", ".join(exchange.SUFFIXES)
        raise CommandFailed(f"{target.suffix} is none of {kinds}; end the name of a folder with a /")
    store = _store(environment)
    store.require_current()
    release = _release(store, options.release)
    if release is None:
        raise CommandFailed("no release has been published yet; run: ./lantern content import --seed")
    entries, words = exchange.shown(release), exchange.words(release)
    if target.suffix:
        exchange.export(target, entries, store.sources(), replace=options.replace)
        left_out = f" Its {len(words)} words of the glossary are not: export to a folder." if words else ""
        print(f"{len(entries)} entries of release {release.number} are in {options.target}.{left_out}")
        return
    names = {
        locale: [term.id for term in glossary.named]
        for locale, glossary in read_glossaries(Settings.from_environment(environment).content).items()
    }
    exchange.export(target, (*entries, *words), store.sources(), names=names, replace=options.replace)
    told = f"{len(entries)} entries" + (f" and {len(words)} words" if words else "")
    print(f"{told} of release {release.number} are in {options.target}.")


def bring(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    """Publishes starter content, or takes entries from a file. Says what it did, or what it would do."""
    if options.seed and options.file:
        raise CommandFailed("--seed publishes the content files; leave out FILE, or write --preview or --as-drafts")
    if options.by is not None and not options.as_drafts:
        raise CommandFailed("--by belongs to --as-drafts")
    if options.seed:
        publish(environment)
        return
    if options.file is None:
        raise CommandFailed("name the FILE to be read: a .csv, .xlsx or .json, or a folder of content files")
    if options.as_drafts and not (options.by or "").strip():
        raise CommandFailed("say who wrote the texts: --by NAME")
    from knowledge.editing import exchange

    store = _store(environment)
    store.require_current()
    facts = read_facts(Settings.from_environment(environment).content / "facts.tsv")
    entries = exchange.read_entries(named(options.file, environment), facts, store.sources())
    if options.preview:
        current = texts_of(_release(store))
        compared = exchange.preview(entries, current, store.drafts(), review.Grounds(store.sources(), facts))
        for entry, _ in compared.changed:
            if number := store.number_of(entry):
                name = f"{entry.locale}/{entry.id}"
                print(f"earlier: {name} says what revision {number} said; is the file older than what is live?")
        print("\n".join(_told(compared)))
        return
    # A draft needs neither facts nor vectors; whoever submits and publishes it does.
    acts = Editing(store, dict, prepare=lambda entries: None)
    author, now = Person(options.by.strip(), frozenset({"author"})), dt.datetime.now(dt.timezone.utc)
    drafts = acts.draft_all(entries, by=author, at=now, reason=f"imported from {options.file.name}")
    for draft in drafts:
        print(f"draft {draft.id}: {draft.entry.locale}/{draft.entry.id}")
    kept = f"{len(entries) - len(drafts)} said what is live"
    print(f"{len(drafts)} draft{'s' * (len(drafts) != 1)} by {author.name}; {kept}. Nothing is published.")


def _told(compared: Preview) -> Iterator[str]:
    for entry in compared.new:
        yield f"new: {entry.locale}/{entry.id}"
    for entry, fields in compared.changed:
        yield f"changed: {entry.locale}/{entry.id} ({', '.join(fields)})"
    for entry, found in compared.unfit:
        yield f"not fit to publish: {entry.locale}/{entry.id} {found.field}: {found.message}"
    for hindrance in compared.hindrances:
        yield f"in the way: {hindrance}"
    counts = f"{len(compared.new)} new, {len(compared.changed)} changed, {len(compared.unchanged)} unchanged"
    yield f"{counts}; nothing was changed."


def _release(store: KnowledgeStore, number: int | None = None) -> Release | None:
    """The release with this number, without one the live one; None when nothing has been published."""
    newest = store.newest_release()
    wanted = newest if number is None else number
    try:
        return store.release(wanted) if newest else None
    except KeyError as error:
        raise CommandFailed(f"there is no release {wanted}; the live one is {newest}") from error


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
