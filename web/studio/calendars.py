"""When texts are due for review: as a list, month by month, as a calendar that a program subscribes to, and by mail."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from knowledge.editing.calendar import due
from knowledge.model import Entry
from web.callers import by_https
from web.errors import Refused
from web.studio.access import Studio, Visit, for_anybody, for_staff, staff

CALENDAR = "/studio/calendar"
LISTED_DAYS = 90
FEED_DAYS = 366
"""How far a list, and a calendar, look ahead."""
MOST_LISTED = 200
NAMED_A_DAY = 3
FOLDED = 74
"""Longest line of a calendar in bytes, without its end (RFC 5545, 3.1: 75 with the blank of a folded line)."""


@dataclass(frozen=True)
class Day:
    """A day of the month that is shown, with what is due on it."""

    date: dt.date
    entries: tuple[Entry, ...]


def routes(studio: Studio) -> list[Route]:
    def feed(request: Request, form: dict[str, list[str]]) -> Response:
        """The calendar of whoever has its address. It names texts and days, and no person."""
        if not studio.people.reminders.is_calendar(request.path_params["secret"]):
            raise Refused(404, "not_found", "There is no such calendar; its owner may have made another address.")
        live, today = studio.parts.knowledge.live().release, studio.clock()
        entries = due(live, today.date(), FEED_DAYS)
        body = "\r\n".join(calendar_lines(entries, _site(request, studio), studio.parts.settings.site_name, today))
        return Response(body + "\r\n", media_type="text/calendar; charset=utf-8", headers={"Cache-Control": "no-store"})

    return [
        for_staff(CALENDAR, shown, staff, studio),
        for_staff(f"{CALENDAR}/address", new_address, staff, studio, ["POST"]),
        for_staff(f"{CALENDAR}/end", end, staff, studio, ["POST"]),
        for_staff(f"{CALENDAR}/mail", mail, staff, studio, ["POST"]),
        for_anybody(CALENDAR + "/{secret}.ics", feed, studio, ["GET"]),
    ]


def shown(visit: Visit) -> Response:
    return _page(visit)


def new_address(visit: Visit) -> Response:
    """Makes an address, and says it this one time; the one before opens nothing any more."""
    secret = visit.studio.people.reminders.new_calendar(visit.member.id)
    return _page(visit, f"{_site(visit.request, visit.studio)}{CALENDAR}/{secret}.ics")


def end(visit: Visit) -> Response:
    visit.studio.people.reminders.end_calendar(visit.member.id)
    return visit.go(CALENDAR, "calendar-ended")


def mail(visit: Visit) -> Response:
    visit.studio.people.reminders.set_mail(visit.member.id, visit.given("mail")[:300])
    return visit.go(CALENDAR, "mail-set" if visit.given("mail").strip() else "mail-ended")


def _page(visit: Visit, address: str = "") -> Response:
    release, today = visit.studio.parts.knowledge.live().release, visit.studio.clock().date()
    first = _month(visit.given("month"), today)
    has_calendar, mailed_to = visit.studio.people.reminders.of(visit.member.id)
    listed = due(release, today, LISTED_DAYS)
    dated = due(release, today, (_next(first) - today).days - 1)
    return visit.page(
        "calendar.html",
        "Reviews that are due",
        said=visit.given("said"),
        today=today,
        listed=listed[:MOST_LISTED],
        count=len(listed),
        overdue=sum(entry.review_due < today for entry in listed),
        days=LISTED_DAYS,
        weeks=weeks(first, dated),
        in_month=any(entry.review_due >= first for entry in dated),
        month=f"{first:%B %Y}",
        before=(first - dt.timedelta(days=1)).strftime("%Y-%m") if first.year > dt.MINYEAR + 1 else "",
        after=_next(first).strftime("%Y-%m"),
        weekdays=calendar.day_name,
        named=NAMED_A_DAY,
        has_calendar=has_calendar,
        address=address,
        mail=mailed_to,
    )


def weeks(first: dt.date, entries: Sequence[Entry]) -> list[list[Day | None]]:
    """The days of a month by weeks from Monday on; None for days of other months."""
    by_day: dict[dt.date, list[Entry]] = {}
    for entry in entries:
        by_day.setdefault(entry.review_due, []).append(entry)
    return [
        [Day(day, tuple(by_day.get(day, ()))) if day.month == first.month else None for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]


def _month(given: str, today: dt.date) -> dt.date:
    """The first day of the month that is asked for, of this one for what is none."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", given)
    return dt.date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def _next(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=31)).replace(day=1)


def _site(request: Request, studio: Studio) -> str:
    """The studio's address as its caller knows it: it may have a port of its own."""
    scheme = "https" if by_https(request.scope, studio.parts.settings.trusted_proxies) else "http"
    return f"{scheme}://{request.headers.get('host', '')}"


# As a calendar (RFC 5545) --------------------------------------------------------------------------------------


def calendar_lines(entries: Sequence[Entry], site: str, name: str, now: dt.datetime) -> Iterator[str]:
    """The lines of a calendar in which each review is an event of a whole day. `site` is the address of the studio."""
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lantern//Reviews//EN", "METHOD:PUBLISH")
    yield from _folded(f"X-WR-CALNAME:{_escaped(name)} reviews")
    yield "REFRESH-INTERVAL;VALUE=DURATION:PT12H"
    for entry in entries:
        late = "Overdue review" if entry.review_due < now.date() else "Review"
        yield "BEGIN:VEVENT"
        yield from _folded(f"UID:{entry.locale}-{entry.id}@review.lantern")
        yield f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}"
        yield f"DTSTART;VALUE=DATE:{entry.review_due:%Y%m%d}"
        yield from _folded(f"SUMMARY:{_escaped(f'{late}: {entry.question}')}")
        yield from _folded(f"URL:{site}/studio/entries/{entry.locale}/{entry.id}")
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """A line in parts of at most 75 bytes, of which no character is cut in two."""
    part, size = "", 0
    for sign in line:
        length = len(sign.encode("utf-8", "replace"))
        if size + length > FOLDED:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + length
    yield part
