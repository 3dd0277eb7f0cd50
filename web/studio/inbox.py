"""People who want to be written to. What they left is erased as soon as somebody has written to them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from web.studio.access import Studio, Visit, for_staff, reviewers

INBOX = "/studio/inbox"


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(INBOX, inbox, reviewers, studio),
        for_staff(f"{INBOX}/answered", answered, reviewers, studio, ["POST"]),
    ]


def inbox(visit: Visit) -> Response:
    parts = visit.studio.parts
    return visit.page(
        "inbox.html",
        "Inbox",
        said=visit.given("said"),
        waiting=parts.kept.inbox(),
        days=parts.retention.contact_days,
        offered=bool(parts.site.contact),
    )


def answered(visit: Visit) -> Response:
    """Somebody has written to the person: their contact detail is not needed any more."""
    gone = visit.studio.parts.kept.forget_contact(visit.given("id")[:64])
    return visit.go(INBOX, "answered" if gone else "gone")
