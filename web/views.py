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
        self._parts = parts
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._pages.filters["day"] = _day
        self._pages.tests["dialled"] = _can_be_dialled
        self._pages.globals.update(
            site=parts.settings.site_name,
            lang="en",
            query="",
        )

    def xml(self, template: str, media_type: str = "application/xml", **values: Any) -> Response:
        return Response(self._pages.get_template(template).render(**self._region(), **values), media_type=media_type)

    def page(self, template: str, title: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        shown = {**self._region(), "title": title, **values}
        return HTMLResponse(self._pages.get_template(template).render(**shown), status)

    def _region(self) -> dict[str, str]:
        region = self._parts.site.region
        return {"region": region, "emergency_number": self._parts.numbers.emergency_number(region or None, "en")}


def _can_be_dialled(number: str) -> bool:
    """Whether this is a number as it stands; for an unknown region it is advice in words."""
    return re.fullmatch("[0-9]{2,6}", number) is not None


def _day(date: dt.date) -> str:
    return spoken_date(date, "en")
