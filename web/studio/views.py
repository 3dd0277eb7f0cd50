"""HTML pages of the studio. Every value is escaped; a template that names an unknown value fails its test."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from knowledge.phrases import spoken_date
from records.staff import Session
from web.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
SHARED = Path(__file__).parent.parent / "templates"

SAID = {
    "signed-out": "You are signed out.",
    "password": "Your new password counts from now on.",
    "codes-on": "From now on you sign in with a one-time code, too.",
    "codes-off": "You sign in with your password alone.",
    "account": "The account is changed.",
    "submitted": "It waits for approval now. Whoever may approve finds it under Drafts and reviews.",
    "approved": "You approved exactly this text.",
    "changed-meanwhile": "The text was changed while you were reading, so nothing was approved. This is the newer one.",
    "settled": "Noted. It counts once two people have said so.",
    "sent-back": "It went back to its authors.",
    "discarded": "The draft was thrown away.",
    "published": "It is live now: the next reply already says it.",
    "planned": "The publication is planned.",
    "plan-cancelled": "The plan was taken back; its texts stay approved.",
    "rolled-back": "The earlier release is live again.",
    "withdrawn": "Withdrawn: nobody is shown this text any more.",
    "topic-withdrawn": "Every text of the topic is withdrawn, emergency cards left out.",
    "retired": "Taken out for good.",
    "all-restored": "What was ticked is live again, each text as it was live last.",
    "restored": "The text that was live last is live again.",
    "calendar-ended": "The address of your calendar opens nothing any more.",
    "mail-set": "You get a mail when reviews are due, at most one a week.",
    "mail-ended": "You get no mail.",
    "imported": "The drafts are here. Open each and ask for approval.",
    "nothing-imported": "Nothing was imported: all of it says what is live.",
    "phrasing": "Added to the draft as another way to ask it. Ask for approval to make it count.",
    "answered": "The contact detail is erased.",
    "gone": "It is not there any more: a colleague was quicker, or the person took it back.",
    "measuring": "The worker measures it within some minutes. Look here again then.",
    "set": "It is set, and counts from the next message on.",
    "sent-again": "They are sent again within a minute. Look here again to see what became of them.",
    "sent-again-later": "The database does not answer just now. They are sent again as soon as it does.",
    "nothing-to-send": "There is nothing any more that could be sent again.",
    "set-aside": "Set aside: these words do not come up here again.",
}
"""What a page says at its top after an act, by the name in its address: no address puts words of its own there."""


class Pages:
    """The templates, with what every page of the studio shows."""

    def __init__(self, settings: Settings) -> None:
        self._pages = Environment(
            loader=FileSystemLoader([TEMPLATES, SHARED]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters["day"] = _day
        self._pages.filters["short_day"] = _short_day
        self._pages.filters["moment"] = spoken_moment
        self._pages.globals.update(site=settings.site_name, said_words=SAID)

    def compile(self) -> None:
        """Reads all templates, which takes a second in all, so that nobody waits for one."""
        for file in TEMPLATES.glob("*.html"):
            self._pages.get_template(file.name)

    def page(self, template: str, title: str, session: Session | None, *, status: int = 200, **values: Any) -> Response:
        """A page that no browser keeps. `session` None: nobody is signed in."""
        html = self.part(template, session, title=title, **values)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    def part(self, template: str, session: Session | None, **values: Any) -> str:
        member, mark = (session.member, session.form_mark) if session else (None, "")
        shown = {"member": member, "form_mark": mark, "said": "", "here": "", **values}
        return self._pages.get_template(template).render(**shown)


def _day(date: dt.date) -> str:
    return spoken_date(date, "en")


def _short_day(date: dt.date) -> str:
    return f"{date:%b} {date.day}, {date.year}"


def spoken_moment(moment: dt.datetime) -> str:
    return f"{_short_day(moment.date())}, {moment:%H:%M} UTC"
