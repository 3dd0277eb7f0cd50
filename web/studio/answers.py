"""The list of all answers, and the page of one: what readers are shown, and what happened to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from knowledge.answer import Answerer
from knowledge.blocks import paragraphs, steps
from knowledge.editing.acts import approvers_needed
from knowledge.model import TOPICS, Entry, Revision
from web.errors import Refused
from web.studio.access import HOME, Studio, Visit, authors, for_staff, publishers, staff
from web.studio.listing import ORDERS, PAGE, STATE_WORDS, Wanted, filtered, rows
from web.studio.trail import lines

TOPIC_WORDS = {
    "lupus": "Lupus",
    "car_t": "CAR-T cell therapy",
    "first_study": "The first study",
    "trials": "Clinical trials",
    "cpr": "CPR and AED",
    "heart": "Heart health",
    "assistant": "About the assistant",
    "cards": "Emergency cards",
}
HISTORY = 30
WORDS_SHOWN = 10


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(HOME, listed, staff, studio),
        for_staff("/studio/entries/{locale}/{id}", entry_page, staff, studio),
        for_staff("/studio/entries/{locale}/{id}/change", change, authors, studio, ["POST"], act="draft"),
        for_staff("/studio/entries/{locale}/{id}/withdraw", withdraw, publishers, studio, ["POST"], act="withdraw"),
        for_staff("/studio/entries/{locale}/{id}/retire", retire, publishers, studio, ["POST"], act="retire"),
        for_staff("/studio/entries/{locale}/{id}/restore", restore, publishers, studio, ["POST"], act="restore"),
    ]


def listed(visit: Visit) -> Response:
    wanted = _wanted(visit)
    parts = visit.studio.parts
    knowledge, today = parts.knowledge, visit.studio.clock().date()
    figures = visit.studio.figures
    found = filtered(
        rows(
            knowledge.live().release,
            knowledge.store.drafts(),
            figures.used(),
            figures.missed_near(),
            figures.opinions(),
        ),
        wanted,
        today,
        visit.studio.remembered,
    )
    pages = max(1, -(-len(found) // PAGE))
    page = min(wanted.page, pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    by_grade = wanted.order == "hard"
    return visit.page(
        "answers.html",
        "Answers",
        said=visit.given("said"),
        wanted=wanted,
        rows=shown,
        grades=visit.studio.remembered.grades({row.content_hash: row.entry for row in shown}) if by_grade else {},
        count=len(found),
        page=page,
        pages=pages,
        address=lambda number: f"{HOME}?{urlencode({**_query(wanted), 'page': number})}",
        topics={topic: TOPIC_WORDS[topic] for topic in TOPICS},
        states=STATE_WORDS,
        orders=ORDERS,
        today=today,
    )


def _wanted(visit: Visit) -> Wanted:
    asked = visit.request.query_params
    number = asked.get("page", "1")
    return Wanted(
        words=asked.get("words", "").strip()[:200],
        topic=asked.get("topic", "") if asked.get("topic") in TOPICS else "",
        state=asked.get("state", "") if asked.get("state") in STATE_WORDS else "",
        due=asked.get("due", "") if asked.get("due") in ("overdue", "soon") else "",
        order=asked.get("order", "") if asked.get("order") in ORDERS else "question",
        page=int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 6 else 1,
    )


def _query(wanted: Wanted) -> dict[str, str]:
    shown = {"words": wanted.words, "topic": wanted.topic, "state": wanted.state, "due": wanted.due}
    return {name: value for name, value in {**shown, "order": wanted.order}.items() if value}


# One entry -----------------------------------------------------------------------------------------------------


def entry_page(visit: Visit) -> Response:
    key, knowledge = _key(visit), visit.studio.parts.knowledge
    answerer = knowledge.live()
    shown, withdrawn = found(answerer, key)
    draft = knowledge.store.draft_of(key)
    revision = shown or withdrawn or knowledge.store.revision(*key)
    if revision is None:
        if draft is None:
            raise Refused(404, "not_found", "There is no such answer. It may be a draft that was thrown away.")
        return visit.go(f"/studio/drafts/{draft.id}")
    entry = revision.entry
    return visit.page(
        "entry.html",
        entry.question,
        said=visit.given("said"),
        entry=entry,
        revision=revision,
        state="live" if shown else "withdrawn" if withdrawn else "",
        state_words=STATE_WORDS,
        topic=TOPIC_WORDS.get(entry.topic, "Glossary"),
        draft=draft,
        preview=preview(entry, visit.studio.parts.site.region or None, answerer),
        sources=answerer.sources(revision),
        needed=approvers_needed(entry),
        others=[row.entry for row in answerer.release.revisions if row.entry.id == entry.id and row.entry.key != key],
        history=lines(knowledge.store.audit_of(key, HISTORY)),
        opinions=[one for one in visit.studio.figures.opinions() if (one.locale, one.entry) == key][::-1],
        words=visit.studio.figures.words_of(key, WORDS_SHOWN),
        kept_days=visit.studio.parts.retention.days,
        today=visit.studio.clock().date(),
    )


def found(answerer: Answerer, key: tuple[str, str]) -> tuple[Revision | None, Revision | None]:
    """The live revision of an entry, and the withdrawn one; at most one of them is there."""
    live = answerer.entry(key[1], key[0])
    return live, next((row for row in answerer.release.withdrawn if row.entry.key == key), None)


def preview(entry: Entry, region: str | None, answerer: Answerer) -> dict[str, Any]:
    """The parts of a text as the chat shows them: their blocks, with slots filled."""
    slots = answerer.slots(entry, region)
    return {
        "answer": (*paragraphs(entry.answer, slots), *steps(entry.steps, slots), *answerer.cautions(entry)),
        "simpler": paragraphs(entry.simpler, slots) if entry.simpler else (),
        "more": paragraphs(entry.more, slots) if entry.more else (),
    }


def change(visit: Visit) -> Response:
    """Begins a draft of the text that readers have, or goes on with the one that there is."""
    key, knowledge = _key(visit), visit.studio.parts.knowledge
    draft = knowledge.store.draft_of(key)
    if draft is None:
        revision = knowledge.store.revision(*key)
        if revision is None:
            raise Refused(404, "not_found", "There is no such answer.")
        draft = knowledge.editing.draft(revision.entry, by=visit.person, at=visit.studio.clock())
    return visit.go(f"/studio/drafts/{draft.id}/edit")


def withdraw(visit: Visit) -> Response:
    key = _key(visit)
    editing, at = visit.studio.parts.knowledge.editing, visit.studio.clock()
    editing.withdraw([key], by=visit.person, at=at, reason=visit.given("reason"))
    return visit.go(_path(key), "withdrawn")


def retire(visit: Visit) -> Response:
    key = _key(visit)
    editing, at = visit.studio.parts.knowledge.editing, visit.studio.clock()
    editing.retire(key, by=visit.person, at=at, reason=visit.given("reason"))
    return visit.go(_path(key), "retired")


def restore(visit: Visit) -> Response:
    key = _key(visit)
    editing, at = visit.studio.parts.knowledge.editing, visit.studio.clock()
    editing.restore(key, by=visit.person, at=at, reason=visit.given("reason"))
    return visit.go(_path(key), "restored")


def _key(visit: Visit) -> tuple[str, str]:
    key = visit.request.path_params["locale"][:8], visit.request.path_params["id"][:80]
    if not all(part.isascii() and part.isprintable() for part in key):
        raise Refused(404, "not_found", "There is no such answer.")
    return key


def _path(key: tuple[str, str]) -> str:
    return f"/studio/entries/{key[0]}/{key[1]}"
