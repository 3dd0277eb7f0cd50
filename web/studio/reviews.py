"""Approving many texts at once: each that somebody has opened, exactly as it is, and none that they wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from knowledge.editing.acts import approvers_needed
from knowledge.errors import EditRefused
from knowledge.model import Draft
from web.studio.access import Studio, Visit, for_staff, reviewers
from web.studio.drafts import is_approved

REVIEWS = "/studio/reviews"


@dataclass(frozen=True)
class Waiting:
    """A text that somebody may approve. `is_read`: they have opened exactly this one."""

    draft: Draft
    is_read: bool


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(REVIEWS, reviews, reviewers, studio),
        for_staff(f"{REVIEWS}/approve", approve, reviewers, studio, ["POST"], act="approve"),
    ]


def reviews(visit: Visit) -> Response:
    return _page(visit)


def approve(visit: Visit) -> Response:
    """Approves what is ticked, each by an act of its own: what one of them is refused for keeps none of the others."""
    knowledge, now = visit.studio.parts.knowledge, visit.studio.clock()
    drafts = {draft.content_hash: draft for draft in knowledge.store.drafts()}
    ticked = list(dict.fromkeys(visit.form.get("hash", [])))
    read = visit.studio.people.reminders.has_read(visit.member.id, ticked)
    done, refused = [], []
    for content_hash in ticked:
        draft = drafts.get(content_hash)
        if draft is None:
            refused.append("One of the texts was changed or published meanwhile. Open it again.")
        elif content_hash not in read:
            refused.append(f"{draft.entry.question} You have not opened this text as it is now.")
        else:
            try:
                knowledge.editing.approve(draft.id, content_hash=content_hash, by=visit.person, at=now)
                done.append(draft.entry.question)
            except EditRefused as refusal:
                refused.append(f"{draft.entry.question} {refusal}")
    return _page(visit, done, list(dict.fromkeys(refused)), 409 if refused else 200)


def _page(visit: Visit, done: Iterable[str] = (), refused: Iterable[str] = (), status: int = 200) -> Response:
    return visit.page(
        "reviews.html",
        "Approve what you have read",
        status=status,
        waiting=_waiting(visit),
        done=done,
        refused=refused,
        needed=approvers_needed,
    )


def _waiting(visit: Visit) -> list[Waiting]:
    """What waits for this person, the longest first."""
    name = visit.member.name
    mine = [
        draft
        for draft in visit.studio.parts.knowledge.store.drafts()
        if draft.state == "in_review"
        and not is_approved(draft)
        and name not in (*draft.authors, *(approval.person for approval in draft.approvals))
    ]
    read = visit.studio.people.reminders.has_read(visit.member.id, [draft.content_hash for draft in mine])
    rows = [Waiting(draft, draft.content_hash in read) for draft in mine]
    return sorted(rows, key=lambda row: (row.draft.changed_at, row.draft.id))
