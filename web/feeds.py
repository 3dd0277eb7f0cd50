"""Atom feeds (RFC 4287), and answers that are not sent again to whoever has them.

The id of a feed and of each of its entries is a tag (RFC 4151) of the site: it stays the same when an address changes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from knowledge.trials.wording import Line
from web.revalidation import entity_tag, shows

MEDIA_TYPE = "application/atom+xml"
TAGGED_IN = 2026
"""The year in which a site began to give out tags. It is part of each: changed, every entry would be new again."""

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True)
class FeedEntry:
    """`lines` are its text; `page` is the full address of the page that tells more."""

    id: str
    title: str
    updated: dt.date
    page: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Feed:
    """`address` is its own full address, `page` that of the page which shows the same. `updated` is the newest day of
    its entries, or that of the data where it has none."""

    id: str
    title: str
    subtitle: str
    updated: dt.date
    address: str
    page: str
    author: str
    rights: str
    entries: Sequence[FeedEntry]


def tag(site_address: str, specific: str) -> str:
    """A tag URI for something of the site, named by `specific`, whose signs are fit for addresses."""
    host = urlsplit(site_address).hostname or ""
    # A tag has no place for a bare IPv6 address or for a name that somebody made up.
    return f"tag:{host if _HOST_NAME.fullmatch(host) else 'localhost'},{TAGGED_IN}:{specific}"


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone.utc)


def unless_known(request: Request, response: Response, modified: dt.date) -> Response:
    """`response` with its marks of age, or 304 where the reader shows the mark of the same one.

    `modified` is the day of the data. A second change within it is told by the entity tag alone, which every reader
    that sends both marks is asked for first; one that sends only a date gets it a day later.
    """
    tag = entity_tag(bytes(response.body))
    marks = {"ETag": tag, "Last-Modified": format_datetime(midnight(modified), usegmt=True)}
    if _is_known(request, tag, midnight(modified)):
        return Response(status_code=304, headers=marks)
    response.headers.update(marks)
    return response


def _is_known(request: Request, tag: str, modified: dt.datetime) -> bool:
    known = shows(request, tag)
    if known is not None:
        return known
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (TypeError, ValueError, IndexError, OverflowError):
        return False
    return since.tzinfo is not None and since >= modified
