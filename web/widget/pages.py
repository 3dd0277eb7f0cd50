"""Pages with the chat element, and `/ask`, which does without script."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from knowledge.blocks import paragraphs
from web.api import UNKNOWN, Api
from web.chat import introduction
from web.errors import Refused
from web.guards import everyone, guarded, visitors
from web.library import form, site_address
from web.messages import LOCALES, Reply
from web.parts import Parts
from web.views import Views
from web.widget.files import Element

POSITIONS = {"end": "Bottom right", "start": "Bottom left", "inline": "In the page, where the tag stands"}
THEMES = {"auto": "As the reader's device is set", "light": "Always light", "dark": "Always dark"}
USUAL = {"position": "end", "theme": "auto", "accent": "#123a5e"}
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
LONGEST_CHOICE = 200


@dataclass(frozen=True)
class Snippet:
    """What a site owner chose. Each is an attribute of the tag; what is left at its default is not written."""

    attributes: Mapping[str, str]
    problems: tuple[str, ...] = ()

    @classmethod
    def chosen(cls, given: Mapping[str, str], parts: Parts) -> Snippet:
        """What of the fields of the form makes sense; `problems` are sentences about the rest."""
        values = {name: value.strip()[:LONGEST_CHOICE] for name, value in given.items() if value.strip()}
        region = values.get("region", "").upper()
        fits = {
            "region": parts.numbers.knows(region),
            "lang": values.get("lang") in LOCALES,
            "position": values.get("position") in POSITIONS,
            "theme": values.get("theme") in THEMES,
            "accent": _COLOUR.fullmatch(values.get("accent", "")) is not None,
            "contact": True,
            "privacy": _is_page(values.get("privacy", "")),
            "hide-to": _is_page(values.get("hide-to", "")),
        }
        attributes = {
            name: region if name == "region" else values[name]
            for name, fit in fits.items()
            if fit and name in values and values[name] != USUAL.get(name)
        }
        problems = tuple(f"{values[name]!r} is no {name}." for name, fit in fits.items() if name in values and not fit)
        return cls(attributes, problems)

    @property
    def tag(self) -> str:
        """The element as a site owner writes it."""
        written = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        return f"<lantern-chat{written}></lantern-chat>"


def _is_page(address: str) -> bool:
    try:
        parted = urlsplit(address if address.isprintable() else "")
    except ValueError:
        return False
    return parted.scheme in ("https", "http") and bool(parted.netloc)


def routes(parts: Parts, views: Views, element: Element) -> list[Route]:
    api = Api(parts)

    async def demo(request: Request) -> Response:
        return views.page("chat.html", "Ask", element=element)

    async def full(request: Request) -> Response:
        return views.page("chat-full.html", "Chat", element=element)

    async def embed(request: Request) -> Response:
        given = request.query_params
        region = {"region": parts.site.region} if "region" not in given else {}
        snippet = Snippet.chosen({**region, **given}, parts)
        return views.page(
            "embed.html",
            "Put the chat on your page",
            element=element,
            snippet=snippet,
            given=given,
            server=site_address(request, parts),
            positions=POSITIONS,
            themes=THEMES,
            locales=LOCALES,
        )

    def asking(token: str = "", question: str = "", replies: Sequence[Reply] = ()) -> Response:
        said = introduction(LOCALES[0], parts.site.region or None, parts)
        if operator := parts.settings.operator:
            said = f"{said}\n\n{parts.phrases.say(LOCALES[0], 'widget_operator', operator=operator)}"
        page = views.page(
            "ask.html",
            "Ask a question",
            token=token,
            mark=uuid.uuid4().hex,
            introduction=paragraphs(said, {}),
            question=question,
            replies=replies,
            reviews={state: parts.phrases.say(LOCALES[0], f"review_{state}") for state in ("editorial", "clinician")},
        )
        page.headers["Cache-Control"] = "no-store"
        return page

    async def ask(request: Request) -> Response:
        return asking()

    async def asked(request: Request) -> Response:
        given = await form(request, parts)
        # A button's own words are sent, whatever stands in the field.
        said = {"message": given.get("pressed") or given.get("message", ""), "message_id": given.get("mark")}
        turn, token = api.turn(said, request), given.get("token") or None
        try:
            replies, fresh = await api.say(turn, token)
        except Refused as refused:
            if refused.code != UNKNOWN.code:
                raise
            # The conversation was erased or has run out: whoever has no script cannot begin another by themselves.
            replies, fresh = await api.say(turn, None)
        return asking(fresh or token or "", turn.text, replies)

    return [
        guarded("/", demo, everyone, parts),
        guarded("/chat", full, everyone, parts),
        guarded("/ask", ask, everyone, parts),
        guarded("/ask", asked, visitors, parts, ["POST"]),
        guarded("/docs/embed", embed, everyone, parts),
    ]
