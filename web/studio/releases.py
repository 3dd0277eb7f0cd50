"""Publishing, now and later; taking back; and the pages that show what was done: releases, audit trail, recall."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from knowledge.editing.acts import approvers_needed
from knowledge.editing.refusals import EditConflict, NotCheckedYet, StaleDraft, UnfitText, UnsafeText
from knowledge.editing.spreadsheets import guarded
from knowledge.errors import EditRefused
from knowledge.model import TOPICS, AuditRow, Entry
from knowledge.store.audit import entries_of
from web.errors import Refused
from web.studio.access import HOME, Studio, Visit, for_staff, publishers, staff
from web.studio.answers import found, preview
from web.studio.drafts import FIELD_WORDS, topics
from web.studio.trail import lines

RELEASES, AUDIT = "/studio/releases", "/studio/audit"
RELEASES_SHOWN = 30
WITHDRAWALS = 200
"""The newest acts by which texts were withdrawn: those of an older one stand together, without its reason."""
AUDIT_PAGE = 100
RECALLED_SHOWN = 200


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff("/studio/publish", publish, publishers, studio, ["POST"], act="publish"),
        for_staff("/studio/plans", plan, publishers, studio, ["POST"], act="plan"),
        for_staff("/studio/plans/{plan}/cancel", cancel_plan, publishers, studio, ["POST"], act="cancel_plan"),
        for_staff(RELEASES, releases, staff, studio),
        for_staff(f"{RELEASES}/{{release}}/roll-back", roll_back, publishers, studio, ["POST"], act="roll_back"),
        for_staff(f"{RELEASES}/withdraw-topic", withdraw_topic, publishers, studio, ["POST"], act="withdraw"),
        for_staff(f"{RELEASES}/restore", restore, publishers, studio, ["POST"], act="restore"),
        for_staff(AUDIT, audit, staff, studio),
        for_staff(f"{AUDIT}.csv", audit_file, staff, studio),
        for_staff("/studio/recall/{locale}/{id}", recall, staff, studio),
        for_staff("/studio/entries/{locale}/{id}/sign-off", sign_off, staff, studio),
    ]


# Publishing ----------------------------------------------------------------------------------------------------


def publish(visit: Visit) -> Response:
    ids = _draft_ids(visit)
    knowledge = visit.studio.parts.knowledge
    drafts = [knowledge.store.draft(draft_id) for draft_id in ids]
    try:
        knowledge.editing.publish(ids, by=visit.person, at=visit.studio.clock())
    except (EditConflict, NotCheckedYet, StaleDraft, UnfitText, UnsafeText) as refusal:
        return _not_published(visit, refusal)
    if len(drafts) == 1:
        return visit.go("/studio/entries/" + "/".join(drafts[0].entry.key), "published")
    return visit.go(RELEASES, "published")


def _not_published(visit: Visit, refusal: EditRefused) -> Response:
    differences: dict[str, Any] = {}
    detail = str(refusal)
    if isinstance(refusal, EditConflict):
        detail, differences = refusal.sentence, refusal.differences
    return visit.page(
        "not_published.html",
        "This was not published",
        status=409,
        detail=detail,
        differences=differences,
        faults=refusal.faults if isinstance(refusal, UnfitText) else (),
        field_words=FIELD_WORDS,
    )


def plan(visit: Visit) -> Response:
    try:
        due_at = dt.datetime.fromisoformat(visit.given("due_at")).replace(tzinfo=dt.timezone.utc)
    except ValueError:
        raise EditRefused("give a day and a time, such as 2027-01-31T08:00") from None
    ids, now = _draft_ids(visit), visit.studio.clock()
    try:
        visit.studio.parts.knowledge.editing.plan(ids, due_at=due_at, by=visit.person, at=now)
    except (EditConflict, NotCheckedYet, UnfitText, UnsafeText) as refusal:
        return _not_published(visit, refusal)
    return visit.go("/studio/work", "planned")


def cancel_plan(visit: Visit) -> Response:
    editing = visit.studio.parts.knowledge.editing
    editing.cancel_plan(visit.number("plan"), by=visit.person, at=visit.studio.clock())
    return visit.go("/studio/work", "plan-cancelled")


def _draft_ids(visit: Visit) -> list[int]:
    given = visit.form.get("draft", [])
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in given):
        raise Refused(404, "not_found", "There is no such draft.")
    return [int(text) for text in given]


# Taking back ---------------------------------------------------------------------------------------------------


def releases(visit: Visit) -> Response:
    knowledge = visit.studio.parts.knowledge
    rows = knowledge.store.releases(RELEASES_SHOWN)
    live, oldest = knowledge.live().release.number, min((row.number for row in rows), default=0)
    return visit.page(
        "releases.html",
        "Releases",
        said=visit.given("said"),
        releases=rows,
        live=max([live, *(row.number for row in rows[:1])]),
        made={number: lines([act])[0] for number, act in knowledge.store.acts_behind(oldest).items()},
        topics=topics(),
        withdrawn=withdrawn_together(
            [row.entry for row in knowledge.live().release.withdrawn], knowledge.store.acts("withdraw", WITHDRAWALS)
        ),
    )


def withdrawn_together(entries: Iterable[Entry], acts: Iterable[AuditRow]) -> list[tuple[AuditRow | None, list[Entry]]]:
    """What is withdrawn, by the act that did it; the newest act first. `acts`: the withdrawals, the newest first. None:
    of an act that is none of them."""
    left = {entry.key: entry for entry in entries}
    found: list[tuple[AuditRow | None, list[Entry]]] = []
    for row in acts:
        taken = [left.pop(key) for key in sorted(entries_of(row.locale, row.entry, row.detail)) if key in left]
        if taken:
            found.append((row, taken))
    return [*found, (None, list(left.values()))] if left else found


def restore(visit: Visit) -> Response:
    """Brings back what is ticked of what is withdrawn."""
    named = (text.partition("/") for text in visit.form.get("entry", []))
    keys = [(locale[:8], name[:80]) for locale, _, name in named]
    editing, at = visit.studio.parts.knowledge.editing, visit.studio.clock()
    editing.restore_all(keys, by=visit.person, at=at, reason=visit.given("reason"))
    return visit.go(RELEASES, "all-restored")


def roll_back(visit: Visit) -> Response:
    number, at = visit.number("release"), visit.studio.clock()
    visit.studio.parts.knowledge.editing.roll_back(number, by=visit.person, at=at, reason=visit.given("reason"))
    return visit.go(RELEASES, "rolled-back")


def withdraw_topic(visit: Visit) -> Response:
    topic = visit.given("topic")
    if topic not in TOPICS:
        raise EditRefused("choose a topic")
    editing, at = visit.studio.parts.knowledge.editing, visit.studio.clock()
    editing.withdraw_topic(topic, by=visit.person, at=at, reason=visit.given("reason"))
    return visit.go(RELEASES, "topic-withdrawn")


# What was done -------------------------------------------------------------------------------------------------


def audit(visit: Visit) -> Response:
    """The trail, the newest act first, with the verdict on its chain of hashes."""
    store, wanted = visit.studio.parts.knowledge.store, visit.given("entry").strip()[:100]
    newest = next(iter(store.newest_audit(1)), None)
    locale, slash, name = wanted.partition("/")
    found = list(store.audit((locale, name) if slash else ("en", wanted))) if wanted else None
    count = len(found) if found is not None else newest.number if newest else 0
    pages = max(1, -(-count // AUDIT_PAGE))
    asked = visit.given("page", "1")
    page = min(pages, max(1, int(asked))) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    skipped = (page - 1) * AUDIT_PAGE
    shown = store.newest_audit(AUDIT_PAGE, skipped) if found is None else found[::-1][skipped : skipped + AUDIT_PAGE]
    return visit.page(
        "audit.html",
        "Audit trail",
        lines=lines(shown),
        verdict=visit.studio.chain.verdict(newest.number if newest else 0),
        newest=newest,
        wanted=wanted,
        page=page,
        pages=pages,
    )


def audit_file(visit: Visit) -> Response:
    columns = ("number", "at", "act", "person", "entry", "release", "reason", "detail", "hash")
    rows = (
        (
            *(row.number, row.at.isoformat(), row.act, row.person),
            *(f"{row.locale}/{row.entry}" if row.entry else "", row.release, row.reason, row.detail, row.hash),
        )
        for row in visit.studio.parts.knowledge.store.audit()
    )
    return as_csv("audit-trail", columns, rows)


def as_csv(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """A file for a spreadsheet, in which no cell is taken for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([guarded("" if value is None else str(value)) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    # With the mark at its beginning, Excel reads the file as UTF-8.
    return Response("\ufeff" + written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def recall(visit: Visit) -> Response:
    """Which conversations were shown a text, by their ids: for a recall, or to see how far a mistake went."""
    key = (visit.request.path_params["locale"][:8], visit.request.path_params["id"][:80])
    number = visit.given("revision")
    revision = int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else None
    kept = list(visit.studio.parts.kept.recall(*key, revision))
    if visit.given("as") == "csv":
        rows = ((row.conversation, row.channel, row.at.isoformat(), row.text, row.revision) for row in kept)
        return as_csv("recall", ("conversation", "channel", "at", "text", "revision"), rows)
    text = visit.studio.parts.knowledge.store.revision(*key)
    if text is None:
        return RedirectResponse(HOME, 303)
    return visit.page(
        "recall.html",
        f"Who was shown: {text.entry.question}",
        entry=text.entry,
        newest=text.number,
        revision=revision,
        count=len(kept),
        people=len({row.conversation for row in kept}),
        rows=kept[::-1][:RECALLED_SHOWN],
        days=visit.studio.parts.retention.days,
    )


def sign_off(visit: Visit) -> Response:
    """A sheet to print: the text with its sources, and lines to sign on."""
    key = (visit.request.path_params["locale"][:8], visit.request.path_params["id"][:80])
    answerer = visit.studio.parts.knowledge.live()
    live, withdrawn = found(answerer, key)
    revision = live or withdrawn
    if revision is None:
        return RedirectResponse(HOME, 303)
    region = visit.studio.parts.site.region or None
    return visit.page(
        "sign_off.html",
        f"Sign-off: {revision.entry.question}",
        entry=revision.entry,
        revision=revision,
        preview=preview(revision.entry, region, answerer),
        sources=answerer.sources(revision),
        needed=approvers_needed(revision.entry),
    )
