"""`POST /webhooks/rest/webhook`: Rasa's REST shape, for servers of integrators.

In: `{"sender", "message", "metadata"?: {"region", "locale", "message_id"}}`.
Out: `[{"recipient_id", "text", "buttons"?, "custom"?}]`, at least one; `custom` is the answer (`answer.v1.json`).
Errors: `{"error": code, "detail": sentence}` with 400, 401, 405, 408, 413, 415 or 429.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any, TypeGuard

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from knowledge.render import as_text
from web import chat
from web.bodies import read_json
from web.errors import Refused
from web.guards import guarded, servers
from web.messages import LOCALES, Reply, Turn
from web.parts import Parts

PATH = "/webhooks/rest/webhook"
CHANNEL = "rest"
LONGEST_ID = 200
"""Characters of a `sender` or a `message_id`."""

_NOT_BLANK = re.compile(r"[^\x00-\x20]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def routes(parts: Parts) -> list[Route]:
    async def webhook(request: Request) -> Response:
        body = await read_json(request, parts.settings.body_bytes)
        sender = read_sender(body)
        turn = read_turn(body, body.get("metadata"), parts.identify(CHANNEL, sender), CHANNEL, parts.numbers.knows)
        replies = await chat.respond(turn, parts)
        return JSONResponse([{"recipient_id": sender, **rendered(reply, parts)} for reply in replies])

    return [guarded(PATH, webhook, servers, parts, ["POST"])]


def read_sender(body: Any) -> str:
    """Whose conversation it is, in a request body. Raises `Refused` 400."""
    if not isinstance(body, dict):
        raise Refused(400, "bad_shape", 'The body must be an object such as {"sender": "...", "message": "..."}.')
    sender = body.get("sender")
    if not is_id(sender):
        raise Refused(
            400, "bad_sender", f"'sender' is needed: text of 1 to {LONGEST_ID} characters naming the conversation."
        )
    return sender


def read_turn(
    body: dict[str, Any],
    hints: Any,
    conversation: str,
    channel: str,
    knows_region: Callable[[str], bool],
    address: str = "",
) -> Turn:
    """The turn in a request body. Raises `Refused` 400."""
    message = body.get("message")
    if not isinstance(message, str):
        raise Refused(400, "bad_message", "'message' is needed and must be text.")
    if hints is not None and not isinstance(hints, dict):
        raise Refused(400, "bad_metadata", "'metadata' must be an object or left out.")
    hints = hints or {}
    message_id = hints.get("message_id")
    region, locale = read_hints(hints, knows_region)
    return Turn(
        conversation=conversation,
        text=message,
        message_id=message_id if is_id(message_id) else _new_id(),
        region=region,
        locale=locale,
        channel=channel,
        address=address,
    )


def _new_id() -> str:
    """Unlike any other in its conversation; it keeps nothing secret. `uuid4` would ask the system for it, and so give
    the interpreter away."""
    return f"{random.getrandbits(128):032x}"


def read_hints(hints: dict[str, Any], knows_region: Callable[[str], bool]) -> tuple[str | None, str | None]:
    """Region and locale. One that is not understood is None, because a wrong hint must never keep a person from an
    answer."""
    return _country(hints.get("region"), knows_region), _locale(hints.get("locale"))


def is_id(value: Any) -> TypeGuard[str]:
    # Lone surrogates are text to Python but cannot be sent back.
    return (
        isinstance(value, str)
        and 1 <= len(value) <= LONGEST_ID
        and _NOT_BLANK.search(value) is not None
        and _LONE_SURROGATE.search(value) is None
    )


def _country(value: Any, knows: Callable[[str], bool]) -> str | None:
    return value.upper() if isinstance(value, str) and re.fullmatch("[A-Za-z]{2}", value) and knows(value) else None


def _locale(value: Any) -> str | None:
    language = value[:2].lower() if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{2}([-_]\w+)*", value) else ""
    return language if language in LOCALES else None


def rendered(reply: Reply, parts: Parts) -> dict[str, Any]:
    """One message in Rasa's REST shape. The payload of a button is ordinary text, to be sent back as a message."""
    row: dict[str, Any] = {"text": reply.text}
    if reply.answer is not None:
        row["text"] = reply.text or reply.plain or as_text(reply.answer, parts.phrases)
        row["custom"] = reply.custom
    if reply.offers():
        row["buttons"] = [{"title": offer.title, "payload": offer.message} for offer in reply.offers()]
    return row
