"""The words that are explained to readers: a list, new ones, and a sheet to sign. Each word is written, approved and
published as every text is (`web.studio.drafts`)."""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response
from starlette.routing import Route

from knowledge.errors import EditRefused
from knowledge.glossary import new_word
from knowledge.model import Revision
from web.messages import LOCALES
from web.studio.access import Studio, Visit, authors, for_staff, staff
from web.studio.listing import STATE_WORDS, Row, rows
from web.studio.naming import free_word_id

GLOSSARY = "/studio/glossary"
LANGUAGES = {"en": "English", "es": "Spanish"}
LONGEST_WORD = 80
FIRST_REVIEW = dt.timedelta(days=365)


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(GLOSSARY, listed, staff, studio),
        for_staff(f"{GLOSSARY}/new", begin, authors, studio, ["POST"], act="draft"),
        for_staff(f"{GLOSSARY}/sign-off", sheet, staff, studio),
    ]


def listed(visit: Visit) -> Response:
    """The words of one language, those that hold every word that is looked for."""
    knowledge, locale = visit.studio.parts.knowledge, _locale(visit)
    wanted = visit.given("words").strip()[:200]
    found = [
        row
        for row in rows(knowledge.live().release, knowledge.store.drafts(), {}, {}, words=True)
        if row.entry.locale == locale and _fits(row, wanted)
    ]
    return visit.page(
        "glossary.html",
        "Words explained",
        said=visit.given("said"),
        rows=sorted(found, key=lambda row: (row.entry.question.casefold(), row.entry.id)),
        wanted=wanted,
        locale=locale,
        languages={name: LANGUAGES.get(name, name) for name in LOCALES},
        states=STATE_WORDS,
        today=visit.studio.clock().date(),
    )


def _fits(row: Row, wanted: str) -> bool:
    said = "\n".join((row.entry.question, *row.entry.phrasings, row.entry.answer)).casefold()
    return all(word in said for word in wanted.casefold().split())


def begin(visit: Visit) -> Response:
    """A new word; what it means is written in the editor."""
    word, knowledge = " ".join(visit.given("word").split())[:LONGEST_WORD], visit.studio.parts.knowledge
    if not word:
        raise EditRefused("write the word first")
    today, name = visit.studio.clock().date(), free_word_id(word, knowledge.store)
    entry = new_word(word, name.removeprefix("word-"), _locale(visit), today, today + FIRST_REVIEW)
    draft = knowledge.editing.draft(entry, by=visit.person, at=visit.studio.clock())
    return visit.go(f"/studio/drafts/{draft.id}/edit")


def sheet(visit: Visit) -> Response:
    """All live words of one language to print, with lines to sign on."""
    answerer, locale = visit.studio.parts.knowledge.live(), _locale(visit)
    live = [row for row in answerer.release.revisions if _is_word(row, locale)]
    live.sort(key=lambda row: (row.entry.question.casefold(), row.entry.id))
    return visit.page(
        "glossary_sheet.html",
        f"Sign-off: words explained in {LANGUAGES.get(locale, locale)}",
        release=answerer.release.number,
        words=[(row, answerer.sources(row)) for row in live],
    )


def _is_word(row: Revision, locale: str) -> bool:
    return row.entry.answer_kind == "term" and row.entry.locale == locale


def _locale(visit: Visit) -> str:
    asked = visit.given("locale")
    return asked if asked in LOCALES else LOCALES[0]
