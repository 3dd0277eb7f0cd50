"""HTML pages from templates. Every value is escaped; a template that names an unknown value fails its test."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from knowledge.phrases import spoken_date
from web.parts import Parts

TEMPLATES = Path(__file__).parent / "templates"


class Views:
    """The templates, with what every page shows: the service's name and the emergency number of its region."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._pages.filters["day"] = _day
        self._pages.tests["dialled"] = _can_be_dialled
        self._pages.globals.update(
            site=settings.site_name,
            region=settings.region,
            emergency_number=parts.numbers.emergency_number(settings.region or None, "en"),
            lang="en",
            query="",
        )

    def xml(self, template: str, media_type: str = "application/xml", **values: Any) -> Response:
        return Response(self._pages.get_template(template).render(**values), media_type=media_type)

    def page(self, template: str, title: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(self._pages.get_template(template).render(title=title, **values), status)


def _can_be_dialled(number: str) -> bool:
    """Whether this is a number as it stands; for an unknown region it is advice in words."""
    return re.fullmatch("[0-9]{2,6}", number) is not None


def _day(date: dt.date) -> str:
    return spoken_date(date, "en")
