"""`/library/`: every live answer as a plain page that works without script and prints well."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from knowledge.answer import Answerer
from knowledge.blocks import paragraphs, steps
from knowledge.model import Context, Entry, Question, Topic
from web.bodies import read_body
from web.chat import card, clean, shortened
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

LOCALE = "en"


def routes(parts: Parts, views: Views) -> list[Route]:
    def listing(query: str) -> Response:
        answerer = parts.knowledge.live()
        found = search(query, answerer, parts) if query else {}
        return views.page("library.html", "All answers", query=query, topics=topics(answerer), **found)

    # Plain functions: Starlette runs them in a thread, because asking the store for its release may wait.
    def index(request: Request) -> Response:
        return listing("")

    # What a person looks for is sent in the body: an address would stay in histories and logs on the way.
    async def searched(request: Request) -> Response:
        body = await read_body(request, parts.settings.body_bytes)
        asked = parse_qs(body.decode("utf-8", "replace")).get("q", [""])[0]
        if parts.rules.check(asked) is None:
            count_address(request, parts)
        return await run_in_threadpool(listing, clean(asked).strip())

    def entry(request: Request) -> Response:
        answerer = parts.knowledge.live()
        revision = answerer.entry(request.path_params["id"], LOCALE)
        if revision is None:
            detail = "It may have been renamed or withdrawn. Search for your question, or see all questions."
            return views.page("missing.html", "This page does not exist", status=404, detail=detail)
        entry, region = revision.entry, parts.settings.region or None
        slots = answerer.slots(entry, region)
        return views.page(
            "entry.html",
            entry.question,
            lang=entry.locale,
            entry=entry,
            answer=paragraphs(entry.answer, slots),
            steps=steps(entry.steps, slots),
            simpler=paragraphs(entry.simpler, slots) if entry.simpler else (),
            more=paragraphs(entry.more, slots) if entry.more else (),
            sources=answerer.sources(revision),
            review=parts.phrases.say(entry.locale, f"review_{revision.review}"),
            related=[other.entry for name in entry.related if (other := answerer.entry(name, LOCALE))],
        )

    return [
        guarded("/library/", index, everyone, parts),
        guarded("/library/", searched, visitors, parts, ["POST"]),
        guarded("/library/{id}", entry, everyone, parts),
    ]


def topics(answerer: Answerer) -> list[tuple[str, list[Entry]]]:
    """Heading and entries of each topic that has any, emergency first, in the order of their questions."""
    entries = [revision.entry for revision in answerer.revisions() if revision.entry.locale == LOCALE]
    rows = [(heading, [entry for entry in entries if entry.topic == topic]) for topic, heading in HEADINGS.items()]
    return [(heading, sorted(row, key=lambda entry: entry.question.casefold())) for heading, row in rows if row]


def search(query: str, answerer: Answerer, parts: Parts) -> dict[str, Any]:
    """What the page shows for a query.

    `urgent`: a card, if the words call for one. `reply`: where a reply says more than a list. `found`: entries, first
    those of the answer, then those whose questions hold every word of the query.
    """
    region = parts.settings.region or None
    finding = parts.rules.check(query)
    urgent = card(finding, region, parts) if finding else None
    text = shortened(query, parts.settings.message_chars)
    reply = answerer.answer(Question(text, LOCALE, Context(region=region), "library"))
    named = [origin.id for origin in reply.provenance if origin.kind == "revision"]
    words = text.casefold().split()
    named += [
        revision.entry.id
        for revision in answerer.revisions()
        if all(word in " ".join((revision.entry.question, *revision.entry.phrasings)).casefold() for word in words)
    ]
    live = [answerer.entry(name, LOCALE) for name in dict.fromkeys(named)]
    found = [revision.entry for revision in live if revision]
    telling = reply.kind in SHOWN_IN_FULL or not found
    return {"urgent": urgent, "reply": reply if telling and not urgent else None, "found": found}
