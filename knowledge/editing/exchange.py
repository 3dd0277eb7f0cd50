"""Content out of the database and back: a folder of canonical files, .csv, .xlsx or .json.

What is exported is what readers are shown: the live texts of a release. The words of the glossary are lines of
`glossary.yml`, so a folder holds them and a single file does not. What comes back is compared (`preview`) and becomes
drafts (`Editing.draft_all`), never more.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from knowledge import glossary, review
from knowledge.editing import rows, spreadsheets
from knowledge.editing.acts import differing, hindrances
from knowledge.errors import ContentError, EditRefused, Fault
from knowledge.files import CONTROL, entries_below, parse_entry, write_entry, write_sources
from knowledge.model import Draft, Entry, Fact, Release, Source

SUFFIXES = (".csv", ".xlsx", ".json")
MOST_FILE_BYTES = 20_000_000
"""Longest file that is read; all starter content has about 1 MB."""
SOURCES = "sources.yml"
Names = Mapping[str, Collection[str]]
"""By locale: the ids of words that are names, which files alone say."""
_NAME = re.compile(r"[\w-]+")
_TOPIC = re.compile(r"^topic: *(\w+) *$", re.MULTILINE)


@dataclass(frozen=True)
class Preview:
    """What an import would do. `changed`: entries with the names of the fields that differ from the live text. `unfit`:
    what forbids to publish a new or changed entry, which may be a draft all the same. `hindrances`: why the import
    would be refused; none when the tuple is empty. Entries that the file does not name stay as they are."""

    new: tuple[Entry, ...]
    changed: tuple[tuple[Entry, tuple[str, ...]], ...]
    unchanged: tuple[Entry, ...]
    unfit: tuple[tuple[Entry, review.Found], ...]
    hindrances: tuple[str, ...]


def preview(
    entries: Sequence[Entry], current: Mapping[tuple[str, str], Entry], drafts: Iterable[Draft], grounds: review.Grounds
) -> Preview:
    """Compares entries with `current`, the texts of the live release by key, and with what is being worked on."""
    different = differing(entries, current)
    kept = {entry.key for entry in different}
    beside = review.Beside.of({**current, **{entry.key: entry for entry in entries}}.values())
    return Preview(
        new=tuple(entry for entry in different if entry.key not in current),
        changed=tuple(
            (entry, fields_between(current[entry.key], entry)) for entry in different if entry.key in current
        ),
        unchanged=tuple(entry for entry in entries if entry.key not in kept),
        unfit=tuple((entry, found) for entry in different for found in review.unfit(entry, grounds, beside)),
        hindrances=hindrances(different, current, drafts),
    )


def fields_between(old: Entry, new: Entry) -> tuple[str, ...]:
    """Names of the fields that differ."""
    return tuple(name for name in rows.COLUMNS if getattr(old, name) != getattr(new, name))


# Out -----------------------------------------------------------------------------------------------------------


def shown(release: Release) -> tuple[Entry, ...]:
    """The entries of a release that are exported, by locale and id; the words of the glossary are no entries here."""
    return tuple(entry for entry in _live(release) if entry.answer_kind != "term")


def words(release: Release) -> tuple[Entry, ...]:
    """The words of the glossary that are exported, by locale and id."""
    return tuple(entry for entry in _live(release) if entry.answer_kind == "term")


def _live(release: Release) -> list[Entry]:
    return sorted((revision.entry for revision in release.revisions), key=lambda entry: entry.key)


def file_bytes(entries: Sequence[Entry], file: Path) -> bytes:
    """Entries as one file of the kind that the ending of `file` says. Raises `ContentError` naming each text that this
    kind cannot hold."""
    if file.suffix.lower() == ".csv":
        return spreadsheets.write_csv(rows.table_of(entries, file), file)
    if file.suffix.lower() == ".xlsx":
        return spreadsheets.write_xlsx(rows.table_of(entries, file), file)
    return (json.dumps(rows.json_of(entries), ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def folder_files(
    entries: Sequence[Entry], sources: Mapping[str, Source], folder: Path, names: Names = MappingProxyType({})
) -> dict[Path, bytes]:
    """Path -> bytes of each canonical file below `folder`, `sources.yml` and those of the glossary included. Raises
    `ContentError` naming each entry that would come back from its file as another."""
    files: dict[Path, bytes] = {folder / SOURCES: write_sources(sources).encode()}
    faults: list[Fault] = []
    for locale in sorted({entry.locale for entry in entries if entry.answer_kind == "term"}):
        terms = [entry for entry in entries if entry.answer_kind == "term" and entry.locale == locale]
        file = folder / locale / glossary.FILE
        files[file] = _glossary_file(terms, names.get(locale, ()), file, faults)
    for entry in entries:
        if entry.answer_kind == "term":
            continue
        # What stands in a database must not choose a place outside the folder.
        if not all(map(_NAME.fullmatch, (*entry.key, entry.topic))):
            faults.append(Fault(folder, 1, f"{entry.id!r} in {entry.locale!r} is no name for a file"))
            continue
        file = folder / entry.locale / entry.topic / f"{entry.id}.md"
        text = write_entry(entry)
        try:
            if parse_entry(text, file, locale=entry.locale, folder=entry.topic) != entry:
                faults.append(Fault(file, 1, "would come back as another text; export as .json and mend the entry"))
        except ContentError as error:
            faults.extend(error.faults)
        files[file] = text.encode()
    if faults:
        raise ContentError(faults)
    return files


def _glossary_file(terms: Sequence[Entry], names: Collection[str], file: Path, faults: list[Fault]) -> bytes:
    """The file of one locale; a word that would come back as another is added to `faults`."""
    strange = [entry for entry in terms if not all(map(_NAME.fullmatch, (entry.id, entry.locale)))]
    faults += [Fault(file, 1, f"{entry.id!r} in {entry.locale!r} is no name for a word") for entry in strange]
    if strange:
        return b""
    text = glossary.write_glossary(terms, names)
    try:
        read = {
            entry.id: entry
            for entry in glossary.published({file.parent.name: glossary.parse_glossary(text, file)}, {}, {})
        }
    except ContentError as error:
        faults += error.faults
        return b""
    for entry in terms:
        # The sources of a word are those of its facts, which stand in a file of their own.
        if read.get(entry.id) != dataclasses.replace(entry, sources=()):
            faults.append(Fault(file, 1, f"{entry.id} would come back as another word; mend it in the studio first"))
    return text.encode()


def export(
    target: Path,
    entries: Sequence[Entry],
    sources: Mapping[str, Source],
    *,
    names: Names = MappingProxyType({}),
    replace: bool = False,
) -> None:
    """Writes entries to a file or, where `target` has none of the endings `SUFFIXES`, to a folder: beside it first,
    then by rename, so that nobody meets half of it. A folder takes words of the glossary, too.

    Raises `EditRefused` when there is something that `replace` does not allow to replace, or that is no export at all;
    `ContentError` when a text cannot be held. Then nothing has changed.
    """
    target = target.resolve()
    is_file = target.suffix.lower() in SUFFIXES
    _require_free(target, is_file, replace)
    files = {target: file_bytes(entries, target)} if is_file else folder_files(entries, sources, target, names)
    target.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for file, raw in files.items():
            fresh = workplace / "new" / file.relative_to(target)
            fresh.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(raw)
        if target.is_dir():
            target.replace(workplace / "old")
        (workplace / "new").replace(target)
    finally:
        if (workplace / "old").exists() and not target.exists():
            (workplace / "old").replace(target)
        shutil.rmtree(workplace, ignore_errors=True)


def _require_free(target: Path, is_file: bool, replace: bool) -> None:
    if not target.exists() or (target.is_dir() and not is_file and not any(target.iterdir())):
        return
    if target.is_file() != is_file:
        raise EditRefused(f"{target} is a {'folder' if is_file else 'file'}; take another name")
    if not replace:
        raise EditRefused(f"{target} exists; take another name, or add --replace")
    if not is_file:
        known = {target / SOURCES, *target.glob("*/*/*.md"), *target.glob(f"*/{glossary.FILE}")}
        others = sorted(file for file in target.rglob("*") if not file.is_dir() and file not in known)
        if others:
            raise EditRefused(f"{target} holds more than an export, such as {others[0]}; take another folder")


# Back ----------------------------------------------------------------------------------------------------------


def read_entries(
    source: Path, facts: Mapping[str, Fact] = MappingProxyType({}), sources: Mapping[str, Source] = MappingProxyType({})
) -> tuple[Entry, ...]:
    """The entries of a file, or of a folder of content files with its words of the glossary, whose `sources` are those
    of their `facts`. Raises `ContentError` with every fault and its row; for content files, its line."""
    if source.is_dir():
        return _read_folder(source, facts, sources)
    _require_suffix(source, SUFFIXES)
    read, faults = read_rows(_read(source), source)
    found = [*faults, *rows.faults_of(read, source)]
    if found:
        raise ContentError(sorted(found, key=lambda fault: fault.line))
    return tuple(row.entry for row in read if row.entry is not None)


def read_rows(raw: bytes, file: Path) -> tuple[list[rows.Reading], list[Fault]]:
    """Every row of a spreadsheet or of .json, read by itself, and what keeps the file from being read to its end.
    `file` says by its ending what `raw` is. Raises `ContentError` where there is no row to be read."""
    _require_suffix(file, SUFFIXES)
    suffix = file.suffix.lower()
    if suffix == ".csv":
        table, faults = spreadsheets.read_csv(raw, file)
        return rows.readings(rows.rows_of_table(table, file)), faults
    if suffix == ".xlsx":
        return rows.readings(rows.rows_of_table(spreadsheets.read_xlsx(raw, file), file)), []
    return rows.readings(rows.rows_of_json(_parsed(raw, file), file)), []


def read_content_file(raw: bytes, file: Path, locale: str) -> Entry:
    """The entry of one content file that stands in no folder: its topic is what it says, its language `locale`. Raises
    `ContentError` with every fault and its line."""
    text = _text_of(raw, file)
    topic = _TOPIC.search(text)
    return parse_entry(text, file, locale=locale, folder=topic[1] if topic else "")


def read_words(
    raw: bytes, file: Path, locale: str, facts: Mapping[str, Fact], sources: Mapping[str, Source]
) -> list[rows.Reading]:
    """Each word of one file of the glossary, whose language is `locale`, with the number of its line. Raises
    `ContentError` with every fault and its line."""
    read = glossary.parse_glossary(_text_of(raw, file), file)
    _require_days({file: read})
    lines = [term.line for term in read.terms.values()]
    return [rows.Reading(line, entry) for line, entry in zip(lines, glossary.published({locale: read}, facts, sources))]


def _text_of(raw: bytes, file: Path) -> str:
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ContentError([Fault(file, line, "is not UTF-8 text; save it as UTF-8")]) from error
    if control := CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise ContentError([Fault(file, line, f"holds the control character {control[0]!r}; remove it")])
    return text


def _require_days(read: Mapping[Path, glossary.Glossary]) -> None:
    """Raises `ContentError` for each file of the glossary that does not say when it was checked and is due."""
    faults = [
        Fault(file, 1, f"{name} is missing; write it before the terms, as {name}: 2026-11-22")
        for file, one in read.items()
        for name in glossary.DAYS
        if getattr(one, name) is None
    ]
    if faults:
        raise ContentError(faults)


def _require_suffix(file: Path, suffixes: Sequence[str]) -> None:
    if file.suffix.lower() not in suffixes:
        raise ContentError([Fault(file, 1, f"must be a folder or a file that ends with {', '.join(suffixes)}")])


def _read_folder(folder: Path, facts: Mapping[str, Fact], sources: Mapping[str, Source]) -> tuple[Entry, ...]:
    faults: list[Fault] = []
    entries, _ = entries_below(folder, faults)
    words: tuple[Entry, ...] = ()
    try:
        glossaries = glossary.read_glossaries(folder)
        _require_days({folder / locale / glossary.FILE: one for locale, one in glossaries.items()})
        words = glossary.published(glossaries, facts, sources)
    except ContentError as error:
        faults.extend(error.faults)
    if not entries and not words and not faults:
        faults.append(Fault(folder, 1, "holds no content files; they stand in <locale>/<topic>/<id>.md"))
    if faults:
        raise ContentError(faults)
    return (*entries, *words)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise ContentError([Fault(file, 1, f"cannot be read: {error.strerror}")]) from error
    if len(raw) > MOST_FILE_BYTES:
        raise ContentError([Fault(file, 1, f"is longer than {MOST_FILE_BYTES // 1_000_000} MB; import it in parts")])
    return raw


def _parsed(raw: bytes, file: Path) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ContentError([Fault(file, 1, f"key {key!r} stands twice in one object")])
            found[key] = value
        return found

    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=once)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ContentError([Fault(file, line, "is not UTF-8 text; save it as UTF-8")]) from error
    except json.JSONDecodeError as error:
        raise ContentError([Fault(file, error.lineno, f"is not JSON: {error.msg}")]) from error
    except (RecursionError, ValueError) as error:
        raise ContentError(
            [Fault(file, 1, "is not JSON that can be read: nested too deep, or too long a number")]
        ) from error
