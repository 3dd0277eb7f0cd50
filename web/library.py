"""`/library/`: every live answer as a plain page that works without script and prints well."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from knowledge.answer import Answerer
from knowledge.blocks import paragraphs, steps
from knowledge.model import Answer, Context, Entry, Question, Revision, Source, Topic
from knowledge.render import as_text
from knowledge.trials.model import Study
from records.model import REPORT_KINDS, ReportKind
from web.bodies import read_body
from web.callers import by_https
from web.chat import RECORD_PATIENCE, card, clean, shortened
from web.errors import Refused
from web.guards import count_address, everyone, guarded, visitors
from web.parts import Parts
from web.views import Views

HEADINGS: dict[Topic, str] = {
    "cards": "In an emergency",
    "cpr": "CPR and AED",
    "lupus": "Lupus",
    "car_t": "CAR-T cell therapy",
    "first_study": "The first lupus CAR-T study",
    "trials": "Clinical trials",
    "heart": "Heart health",
    "assistant": "About this assistant",
}
SHOWN_IN_FULL = ("defer", "trials")
"""Kinds of replies that say more than the pages of their entries, so a search shows them as they are."""
REPORT_WORDS: dict[ReportKind, str] = {
    "wrong": "Something is wrong or out of date",
    "unclear": "It is hard to understand",
    "link": "A link does not work",
    "other": "Something else",
}

LOCALE = "en"


def routes(parts: Parts, views: Views) -> list[Route]:
    region = parts.site.region or None

    def listing(query: str) -> Response:
        answerer = parts.knowledge.live()
        found = search(query, answerer, parts) if query else {}
        return views.page("library.html", "All answers", query=query, topics=topics(answerer), **found)

    # Plain functions: Starlette runs them in a thread, because asking the store for its release may wait.
    def index(request: Request) -> Response:
        return listing("")

    # What a person looks for is sent in the body: an address would stay in histories and logs on the way.
    async def searched(request: Request) -> Response:
        asked = (await form(request, parts)).get("q", "")
        if parts.rules.check(asked) is None:
            count_address(request, parts)
        return await run_in_threadpool(listing, clean(asked).strip())

    def entry(request: Request) -> Response:
        answerer, name = parts.knowledge.live(), request.path_params["id"]
        revision = answerer.entry(name, LOCALE)
        if revision is None:
            withdrawn = answerer.withdrawn(name, LOCALE)
            return _being_reviewed(views, withdrawn) if withdrawn else _missing(views)
        if revision.entry.answer_kind == "term":
            return RedirectResponse(f"/library/glossary#{name}")
        return views.page("entry.html", revision.entry.question, **entry_page(revision, answerer, parts))

    async def reported(request: Request) -> Response:
        given = await form(request, parts)
        text = clean(given.get("text", "")).strip()
        finding = parts.rules.check(text)
        if finding is None:
            count_address(request, parts)
        answerer = await run_in_threadpool(parts.knowledge.live)
        revision = answerer.entry(request.path_params["id"], LOCALE)
        if revision is None:
            return _missing(views)
        kind = next((kind for kind in REPORT_KINDS if kind == given.get("kind")), REPORT_KINDS[-1])
        kept = shortened(text, parts.settings.message_chars)
        # The revision that was read, where the form says so: another one may have gone live since.
        number = int(given["revision"]) if given.get("revision", "").isdecimal() else revision.number
        writing = parts.recorder.report(revision.entry.id, LOCALE, min(number, revision.number), kind, kept)
        await parts.written(writing, RECORD_PATIENCE)
        urgent = card(finding, region, parts) if finding else None
        return views.page("reported.html", "Thank you", entry=revision.entry, urgent=urgent)

    def glossary(request: Request) -> Response:
        answerer = parts.knowledge.live()
        live = (revision for revision in answerer.revisions() if revision.entry.locale == LOCALE)
        rows = [revision for revision in live if revision.entry.answer_kind == "term"]
        rows.sort(key=lambda revision: revision.entry.question.casefold())
        terms = [(revision.entry, answerer.sources(revision)) for revision in rows]
        reviews = {parts.phrases.say(LOCALE, f"review_{revision.review}") for revision in rows}
        return views.page("glossary.html", "Words explained", terms=terms, reviews=sorted(reviews))

    def sources(request: Request) -> Response:
        rows = used_sources(parts.knowledge.live())
        return views.page("sources.html", "Where the answers come from", sources=rows)

    def sitemap(request: Request) -> Response:
        answerer = parts.knowledge.live()
        entries = [revision.entry for revision in answerer.asked(LOCALE)]
        studies = {study.nct_id: last_changed(study) for study in answerer.trials.shelf.studies}
        place = site_address(request, parts)
        return views.xml("sitemap.xml", site_address=place, entries=entries, studies=studies)

    def robots(request: Request) -> Response:
        address = site_address(request, parts)
        return PlainTextResponse(f"User-agent: *\nDisallow: /api/\n\nSitemap: {address}/library/sitemap.xml\n")

    return [
        guarded("/robots.txt", robots, everyone, parts),
        guarded("/library/", index, everyone, parts),
        guarded("/library/", searched, visitors, parts, ["POST"]),
        guarded("/library/glossary", glossary, everyone, parts),
        guarded("/library/sources", sources, everyone, parts),
        guarded("/library/sitemap.xml", sitemap, everyone, parts),
        guarded("/library/{id}", entry, everyone, parts),
        guarded("/library/{id}/report", reported, visitors, parts, ["POST"]),
    ]


async def form(request: Request, parts: Parts) -> dict[str, str]:
    """The first value of each field. Raises `Refused` 413 or 415."""
    body = await read_body(request, parts.settings.body_bytes)
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        raise Refused(400, "bad_shape", "The form has too many fields.") from None
    return {name: values[0] for name, values in fields.items()}


def entry_page(revision: Revision, answerer: Answerer, parts: Parts) -> dict[str, Any]:
    """What the page of an entry shows."""
    entry, region = revision.entry, parts.site.region or None
    slots, words = answerer.slots(entry, region), answerer.glossary(entry.locale)
    shown: dict[str, Any] = {
        "answer": words.marked(paragraphs(entry.answer, slots)),
        "steps": words.marked(steps(entry.steps, slots)),
        "simpler": words.marked(paragraphs(entry.simpler, slots)) if entry.simpler else (),
        "more": words.marked(paragraphs(entry.more, slots)) if entry.more else (),
    }
    return {
        "lang": entry.locale,
        "cautions": answerer.cautions(entry),
        "entry": entry,
        "number": revision.number,
        **shown,
        "words": words.used(block for blocks in shown.values() for block in blocks),
        "sources": answerer.sources(revision),
        "review": parts.phrases.say(entry.locale, f"review_{revision.review}"),
        "related": [other.entry for name in entry.related if (other := answerer.entry(name, LOCALE))],
        "structured": structured(revision, answerer, parts),
        "report_kinds": REPORT_WORDS,
    }


def structured(revision: Revision, answerer: Answerer, parts: Parts) -> str:
    """The page for search engines, as JSON-LD (schema.org/FAQPage). The text ends with its source, date and review
    state, because it may be shown without the page."""
    entry = revision.entry
    asked = Question(entry.question, entry.locale, Context(region=parts.site.region or None), "library")
    answer = {"@type": "Answer", "text": as_text(answerer.entry_answer(entry.id, asked), parts.phrases)}
    page = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "inLanguage": entry.locale,
        "dateModified": entry.checked_on.isoformat(),
        "mainEntity": [{"@type": "Question", "name": entry.question, "acceptedAnswer": answer}],
    }
    # Inside a script element nothing may close it, whatever a text holds.
    return json.dumps(page, ensure_ascii=False).replace("<", "\\u003c")


def topics(answerer: Answerer) -> list[tuple[str, list[Entry]]]:
    """Heading and entries of each topic that has any, emergency first, in the order of their questions."""
    entries = [revision.entry for revision in answerer.asked(LOCALE)]
    rows = [(heading, [entry for entry in entries if entry.topic == topic]) for topic, heading in HEADINGS.items()]
    return [(heading, sorted(row, key=lambda entry: entry.question.casefold())) for heading, row in rows if row]


def used_sources(answerer: Answerer) -> list[tuple[Source, list[Entry]]]:
    """Every source of a live answer, by its organisation, with the entries that rest on it."""
    used: dict[str, tuple[Source, list[Entry]]] = {}
    for revision in answerer.asked(LOCALE):
        for source in answerer.sources(revision):
            used.setdefault(source.key, (source, []))[1].append(revision.entry)
    return sorted(used.values(), key=lambda row: (row[0].organisation.casefold(), row[0].title.casefold()))


def site_address(request: Request, parts: Parts) -> str:
    """The address of this service that was set, or else as the caller knows it. Only names of `LANTERN_HOSTS` get as
    far as here."""
    if parts.settings.site_address:
        return parts.settings.site_address
    scheme = "https" if by_https(request.scope, parts.settings.trusted_proxies) else "http"
    return f"{scheme}://{request.headers.get('host', '')}"


def last_changed(study: Study) -> dt.date | None:
    """The newest day on which the page of a study changed, as far as our copy knows."""
    days = (study.status_as_of, study.missing_since, *(change.seen_on for change in study.changes))
    return max(filter(None, days), default=None)


def search(query: str, answerer: Answerer, parts: Parts) -> dict[str, Any]:
    """What the page shows for a query.

    `urgent`: a card, if the words call for one. `reply`: where a reply says more than a list. `found`: entries, first
    those of the answer, then those whose questions hold every word of the query. `studies`: those of the answer.
    """
    region = parts.site.region or None
    finding = parts.rules.check(query)
    urgent = card(finding, region, parts) if finding else None
    text = shortened(query, parts.settings.message_chars)
    reply = answerer.answer(Question(text, LOCALE, Context(region=region), "library"))
    named = [origin.id for origin in reply.provenance if origin.kind == "revision"]
    words = text.casefold().split()
    named += [
        revision.entry.id
        for revision in answerer.asked(LOCALE)
        if all(word in " ".join((revision.entry.question, *revision.entry.phrasings)).casefold() for word in words)
    ]
    live = [answerer.entry(name, LOCALE) for name in dict.fromkeys(named)]
    found = [revision.entry for revision in live if revision]
    telling = reply.kind in SHOWN_IN_FULL or not found
    shelf = answerer.trials.shelf
    studies = [shelf.by_number(origin.id) for origin in reply.provenance if origin.kind == "registry"]
    return {
        "urgent": urgent,
        "reply": reply if telling and not urgent else None,
        "found": found,
        "studies": [study for study in studies if study],
    }


def _being_reviewed(views: Views, said: Answer) -> Response:
    # The page comes back, so the address is not "gone": a search engine is to forget the text and ask again.
    return views.page("withdrawn.html", "This page is being reviewed", status=404, blocks=said.blocks)


def _missing(views: Views) -> Response:
    detail = "It may have been renamed or withdrawn. Search for your question, or see all questions."
    return views.page("missing.html", "This page does not exist", status=404, detail=detail)
