"""Texts from a spreadsheet or a content file: shown row by row first, then begun as drafts, all of them or none."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Route

from knowledge.editing import exchange
from knowledge.editing.acts import texts_of
from knowledge.editing.difference import Piece, entries_between
from knowledge.editing.rows import Reading
from knowledge.errors import ContentError, EditRefused, Fault
from knowledge.model import Entry, Release
from web.bodies import Upload
from web.errors import Refused
from web.studio.access import Studio, Visit, authors, for_staff, staff
from web.studio.drafts import FIELD_WORDS, WORK

IMPORT = "/studio/import"
CONTENT_FILE, GLOSSARY_FILE = ".md", ".yml"
LANGUAGES = {"en": "English", "es": "Spanish"}
"""Languages that a content file, or one of the glossary, may be of: it does not say so itself, its folder does."""
ROWS_SHOWN = 200
"""Rows that the preview shows of each kind; all are counted."""
KEPT_SHARE = 2 / 3
"""Share of the largest form that a file may have: between preview and import it travels with the page, as base64."""


@dataclass(frozen=True)
class Line:
    """One row as the preview shows it. `differences`: what a changed one would change, by field. `unfit`: what forbids
    to publish it as it is; it may be a draft all the same."""

    number: int
    entry: Entry
    differences: Mapping[str, Sequence[Piece]]
    unfit: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Compared:
    """What an import would do. `refused`: number of the row or line, column where it is one cell, and what to do."""

    new: tuple[Line, ...] = ()
    changed: tuple[Line, ...] = ()
    unchanged: int = 0
    refused: tuple[tuple[int, str, str], ...] = ()
    hindrances: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        return not self.refused and not self.hindrances and bool(self.new or self.changed)


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(IMPORT, choose, authors, studio),
        for_staff(f"{IMPORT}/preview", preview, authors, studio, ["POST"], takes_file=True, act="draft_all"),
        for_staff(IMPORT, bring, authors, studio, ["POST"], act="draft_all"),
        for_staff("/studio/answers.xlsx", export, staff, studio),
    ]


def choose(visit: Visit) -> Response:
    return _page(visit)


def preview(visit: Visit) -> Response:
    if visit.upload is None:
        return _page(visit, said="Choose a file first.", status=422)
    if len(visit.upload.content) > _most_bytes(visit):
        raise Refused(413, "too_large", f"A file may have {_most_bytes(visit) / 1_000_000:.1f} MB; import it in parts.")
    return _shown(visit, visit.upload, visit.given("locale"))


def bring(visit: Visit) -> Response:
    """Begins the drafts that the preview showed; where something else is live by now, it shows the preview again."""
    upload, locale = Upload(visit.given("name")[:200], _content(visit)), visit.given("locale")
    release = visit.studio.parts.knowledge.live().release
    if visit.given("beside") != str(release.number):
        return _shown(visit, upload, locale, "Another text was published meanwhile. Look at the changes once more.")
    try:
        read, faults = _read(visit, upload, locale)
    except ContentError as error:
        read, faults = [], list(error.faults)
    entries = [row.entry for row in read if row.entry is not None]
    if faults or len(entries) < len(read):
        return _shown(visit, upload, locale)
    now = visit.studio.clock()
    try:
        drafts = visit.studio.parts.knowledge.editing.draft_all(
            entries, by=visit.person, at=now, reason=f"imported from {upload.name}"
        )
    except EditRefused as refusal:
        return _shown(visit, upload, locale, str(refusal))
    return visit.go(WORK, "imported" if drafts else "nothing-imported")


def export(visit: Visit) -> Response:
    """All that readers are shown, to be changed in a spreadsheet and brought back."""
    name = "answers.xlsx"
    raw = exchange.file_bytes(exchange.shown(visit.studio.parts.knowledge.live().release), Path(name))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(
        raw, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=headers
    )


def _shown(visit: Visit, upload: Upload, locale: str, said: str = "") -> Response:
    knowledge = visit.studio.parts.knowledge
    release = knowledge.live().release
    try:
        read, faults = _read(visit, upload, locale)
    except ContentError as error:
        read, faults = [], list(error.faults)
    compared = _compared(visit, release, read, faults)
    kept = base64.b64encode(upload.content).decode() if compared.is_possible else ""
    return _page(visit, said=said, upload=upload, compared=compared, kept=kept, beside=release.number, locale=locale)


def _compared(visit: Visit, release: Release, read: Sequence[Reading], faults: Sequence[Fault]) -> Compared:
    knowledge, current = visit.studio.parts.knowledge, texts_of(release)
    numbers = {row.entry.key: row.number for row in read if row.entry is not None}
    entries = [row.entry for row in read if row.entry is not None]
    found = exchange.preview(entries, current, knowledge.store.drafts(), knowledge.editing.grounds())

    unfit: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for entry, fault in found.unfit:
        unfit.setdefault(entry.key, []).append((fault.field, fault.message))

    def line(entry: Entry) -> Line:
        live = current.get(entry.key)
        differences = entries_between(live, entry) if live else {}
        return Line(numbers[entry.key], entry, differences, tuple(unfit.get(entry.key, ())))

    refused = [(fault.line, "", fault.message) for fault in faults]
    refused += [(row.number, column, message) for row in read for column, message in row.faults]
    return Compared(
        tuple(line(entry) for entry in found.new),
        tuple(line(entry) for entry, _ in found.changed),
        len(found.unchanged),
        tuple(sorted(refused)),
        found.hindrances,
    )


def _read(visit: Visit, upload: Upload, locale: str) -> tuple[list[Reading], list[Fault]]:
    """Every row of the file. Raises `ContentError` where there is none."""
    file = Path(Path(upload.name.replace("\\", "/").replace("\0", "")).name)
    if file.suffix.lower() == CONTENT_FILE:
        return [Reading(1, exchange.read_content_file(upload.content, file, _language(locale)))], []
    if file.suffix.lower() == GLOSSARY_FILE:
        grounds = visit.studio.parts.knowledge.editing.grounds()
        return exchange.read_words(upload.content, file, _language(locale), grounds.facts, grounds.sources), []
    if file.suffix.lower() not in exchange.SUFFIXES:
        kinds = ", ".join((*exchange.SUFFIXES, CONTENT_FILE, GLOSSARY_FILE))
        raise ContentError([Fault(file, 1, f"must end with one of {kinds}; save it as one of these")])
    return exchange.read_rows(upload.content, file)


def _language(given: str) -> str:
    return given if given in LANGUAGES else next(iter(LANGUAGES))


def _content(visit: Visit) -> bytes:
    try:
        return base64.b64decode(visit.given("content"), validate=True)
    except (binascii.Error, ValueError):
        raise EditRefused("the file did not come back whole; choose it again") from None


def _most_bytes(visit: Visit) -> int:
    return int(visit.studio.parts.settings.studio_body_bytes * KEPT_SHARE)


def _page(
    visit: Visit,
    *,
    said: str = "",
    status: int = 200,
    upload: Upload | None = None,
    compared: Compared | None = None,
    kept: str = "",
    beside: int = 0,
    locale: str = "",
) -> Response:
    return visit.page(
        "import.html",
        "Import",
        status=status,
        hint=said,
        upload=upload,
        compared=compared,
        kept=kept,
        beside=beside,
        locale=_language(locale),
        languages=LANGUAGES,
        accepted=",".join((*exchange.SUFFIXES, CONTENT_FILE, GLOSSARY_FILE)),
        most=f"{_most_bytes(visit) / 1_000_000:.1f} MB",
        rows_shown=ROWS_SHOWN,
        field_words=FIELD_WORDS,
    )
