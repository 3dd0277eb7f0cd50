"""`POST /webhooks/rest/webhook`: Rasa's REST shape for servers of integrators, and for the demo page on this machine.

In: `{"sender", "message", "metadata"?: {"region", "locale", "message_id"}}`.
Out: `[{"recipient_id", "text", "buttons"?, "custom"?}]`, at least one; `custom` is the answer (`answer.v1.json`).
Errors: `{"error": code, "detail": sentence}` with 400, 401, 405, 413 or 415.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeGuard

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from knowledge.codec import answer_to_json
from knowledge.render import as_text
from web import chat
from web.errors import Refused
from web.messages import LOCALES, Reply, Turn
from web.parts import Parts

PATH = "/webhooks/rest/webhook"
LONGEST_SENDER = 200
"""Characters of a `sender` or a `message_id`."""

RELAYED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Headers of a proxy: the caller behind it is not on this machine, though the connection comes from here."""


def routes(parts: Parts) -> list[Route]:
    return [Route(PATH, endpoint(parts), methods=["POST"])]


def endpoint(parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    async def webhook(request: Request) -> Response:
        host = request.client.host if request.client else ""
        admit(host, request.headers, parts.settings.integrator_key)
        turn = parse(await read_json(request, parts.settings.body_bytes), parts.settings.region, parts.numbers.knows)
        replies = await chat.respond(turn, parts.conversations.of(turn.sender), parts)
        return JSONResponse([rendered(reply, turn.sender, parts) for reply in replies])

    return webhook


def admit(host: str, headers: Mapping[str, str], key: str) -> None:
    """Lets callers on this machine in, and others with the integrator's key. Raises `Refused` 401 otherwise.

    Whoever names a `sender` joins that conversation, so this door is not for strangers.
    """
    if on_this_machine(host) and not any(name in headers for name in RELAYED):
        return
    scheme, _, given = headers.get("authorization", "").partition(" ")
    # Header values are Latin-1; encoding them lets compare_digest take any of them.
    if key and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), key.encode()):
        return
    raise Refused(401, "key_needed", "Send the integrator's key of this service as 'Authorization: Bearer <key>'.")


def on_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


async def read_json(request: Request, most: int) -> Any:
    """The body as JSON, reading no more than `most` bytes of it. Raises `Refused` 400, 413 or 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "not_json", "Send the message as JSON, with 'Content-Type: application/json'.")
    try:
        body = await read_body(request, most)
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json", "The body is not valid JSON in UTF-8.") from None


async def read_body(request: Request, most: int) -> bytes:
    """The body, reading no more than `most` bytes of it. Raises `Refused` 413 or 415."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "encoded", "Send the body as it is, without Content-Encoding.")
    too_large = Refused(413, "too_large", f"The body is larger than {most} bytes.")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise too_large
    return bytes(body)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse(body: Any, region: str = "", knows: Callable[[str], bool] = bool) -> Turn:
    """The turn in a request body. `region` holds where the message names none that `knows` knows. Raises `Refused` 400.

    Only the whitelisted metadata is read; a value that is not understood is left out, because a wrong hint must never
    keep a person from an answer.
    """
    if not isinstance(body, dict):
        raise Refused(400, "bad_shape", 'The body must be an object such as {"sender": "...", "message": "..."}.')
    sender, message, metadata = body.get("sender"), body.get("message"), body.get("metadata")
    if not _is_id(sender):
        raise Refused(
            400, "bad_sender", f"'sender' is needed: text of 1 to {LONGEST_SENDER} characters naming the conversation."
        )
    if not isinstance(message, str):
        raise Refused(400, "bad_message", "'message' is needed and must be text.")
    if metadata is not None and not isinstance(metadata, dict):
        raise Refused(400, "bad_metadata", "'metadata' must be an object or left out.")
    hints = metadata or {}
    message_id = hints.get("message_id")
    return Turn(
        sender=sender,
        text=message,
        message_id=message_id if _is_id(message_id) else uuid.uuid4().hex,
        region=_country(hints.get("region"), knows) or region or None,
        locale=_locale(hints.get("locale")),
    )


def _is_id(value: Any) -> TypeGuard[str]:
    # Lone surrogates are text to Python but cannot be written anywhere; printable text has none.
    return isinstance(value, str) and value.isprintable() and 1 <= len(value) <= LONGEST_SENDER and bool(value.strip())


def _country(value: Any, knows: Callable[[str], bool]) -> str | None:
    return value.upper() if isinstance(value, str) and re.fullmatch("[A-Za-z]{2}", value) and knows(value) else None


def _locale(value: Any) -> str:
    language = value[:2].lower() if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{2}([-_]\w+)*", value) else ""
    return language if language in LOCALES else LOCALES[0]


def rendered(reply: Reply, recipient: str, parts: Parts) -> dict[str, Any]:
    """One message in Rasa's REST shape. The payload of a button is ordinary text, to be sent back as a message."""
    row: dict[str, Any] = {"recipient_id": recipient, "text": reply.text}
    if reply.answer is not None:
        row["text"] = reply.text or as_text(reply.answer, parts.phrases)
        row["custom"] = answer_to_json(reply.answer)
    if reply.offers():
        row["buttons"] = [{"title": offer.title, "payload": offer.message} for offer in reply.offers()]
    return row
