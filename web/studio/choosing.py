"""Finding and choosing what a text rests on, from its editor: facts, sources, and sources that are not known yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from knowledge.editing.refusals import NotAllowed, StaleDraft, UnfitText
from knowledge.errors import EditRefused
from knowledge.model import Source
from web.studio.access import Studio, Visit, authors, first, for_staff, staff
from web.studio.drafts import MOST_WORDS, NEW_SOURCE, both_texts, editor, save, saved
from web.studio.grounds import facts_with, sources_with
from web.studio.naming import free_source_key

CHOSEN = ("facts", "sources", "phrasings")
"""Fields of the editor to which buttons add lines."""


def routes(studio: Studio) -> list[Route]:
    draft = "/studio/drafts/{draft}"
    return [
        for_staff("/studio/facts", facts, staff, studio),
        for_staff("/studio/sources", sources, staff, studio),
        for_staff(f"{draft}/choose", choose, authors, studio, ["POST"], keeps_text=True, act="edit"),
        for_staff(f"{draft}/new-source", new_source, authors, studio, ["POST"], keeps_text=True, act="add_source"),
    ]


def facts(visit: Visit) -> Response:
    """The facts that hold every word of what is looked for, with their sources."""
    words, grounds = visit.given("words"), visit.studio.parts.knowledge.editing.grounds()
    found, count = facts_with(words[:MOST_WORDS], grounds)
    return _found(visit, "facts", "Find a fact", facts=found, count=count, words=words)


def sources(visit: Visit) -> Response:
    """The sources that hold every word of what is looked for, those first that carry one of the given `facts`."""
    words, grounds = visit.given("words"), visit.studio.parts.knowledge.editing.grounds()
    found, count = sources_with(words[:MOST_WORDS], visit.given("facts")[:MOST_WORDS].split(), grounds)
    return _found(visit, "sources", "Find a source", sources=found, count=count, words=words)


def _found(visit: Visit, template: str, title: str, **values: Any) -> Response:
    if visit.by_script:
        part = visit.studio.pages.part(f"{template}.part.html", visit.session, draft=None, **values)
        return JSONResponse({"html": part})
    return visit.page(f"{template}.html", title, **values)


def choose(visit: Visit) -> Response:
    """Adds, takes out or puts first what a button names, and keeps the form; the page then holds what was looked for,
    too. The script of the page does it by itself; this is for who works without."""
    form = dict(visit.form)
    for name in CHOSEN:
        before = [line.strip() for line in first(form, name).splitlines() if line.strip()]
        added, taken = form.get(f"add_{name}", []), form.get(f"remove_{name}", [])
        foremost = [line for line in form.get(f"first_{name}", []) if line in before]
        if name == "sources":
            carriers = visit.studio.parts.knowledge.editing.grounds().carriers
            added = [*added, *(key for fact in form.get("add_facts", []) for key in carriers.get(fact, ()))]
        if added or taken or foremost:
            wanted = dict.fromkeys([*foremost, *before, *added])
            form[name] = ["\n".join(line for line in wanted if line not in taken)]
    return save(replace(visit, form=form))


def new_source(visit: Visit) -> Response:
    """Keeps the form, makes the source known that was entered beside it, and cites it."""
    knowledge, at = visit.studio.parts.knowledge, visit.studio.clock()
    try:
        draft, entry, refused, cells = saved(visit)
        source, faults = _entered(visit, knowledge.store.sources())
        kept = None
        if not faults and not refused:
            kept, faults = _added(visit, source)
        if kept is None:
            return editor(visit, draft, entry, status=422, refused=refused, cells=cells, source_faults=faults)
        if kept.key not in entry.sources:
            entry = replace(entry, sources=(*entry.sources, kept.key))
            draft = knowledge.editing.edit(draft.id, entry, version=draft.version, by=visit.person, at=at)
    except StaleDraft as stale:
        return both_texts(visit, stale)
    return editor(visit, draft, entry, said="source-added" if kept.key == source.key else "source-says-more")


def _entered(visit: Visit, known: Collection[str]) -> tuple[Source, list[tuple[str, str]]]:
    """The source that stands in the form, and what of it cannot be read."""
    title, organisation, year, address = (" ".join(visit.given(name).split()) for name in NEW_SOURCE)
    is_year = year.isascii() and year.isdecimal() and len(year) == 4
    source = Source(
        key=free_source_key(organisation, title, known),
        title=title,
        organisation=organisation,
        year=int(year) if is_year else None,
        address=address or None,
        facts=tuple(dict.fromkeys(visit.form.get("carried", []))),
    )
    return source, [("year", "has four digits")] if year and not is_year else []


def _added(visit: Visit, source: Source) -> tuple[Source | None, list[tuple[str, str]]]:
    """The source as it is known from now on, or None and why it is not, by field."""
    editing = visit.studio.parts.knowledge.editing
    try:
        return editing.add_source(source, by=visit.person, at=visit.studio.clock()), []
    except UnfitText as unfit:
        return None, list(unfit.faults)
    except NotAllowed:
        raise
    except EditRefused as refusal:
        return None, [("", str(refusal))]
