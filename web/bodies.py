"""Bodies of requests: read up to a limit, as JSON that means one thing only, or as a form with a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

from starlette.requests import Request

from web.errors import Refused


@dataclass(frozen=True)
class Upload:
    """A file as a browser sends it with a form. `name` is what it is called there, and believed for nothing."""

    name: str
    content: bytes


async def read_json(request: Request, most: int) -> Any:
    """The body as JSON, reading no more than `most` bytes of it. Raises `Refused` 400, 413 or 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "not_json", "Send JSON, with 'Content-Type: application/json'.")
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


def parse_form_with_file(body: bytes, content_type: str) -> tuple[dict[str, list[str]], Upload | None]:
    """The fields of a form sent as `multipart/form-data` (RFC 7578), and its file; None where none was chosen. Raises
    `Refused` 400."""
    # A form is laid out as a mail is, and the library of mails reads it; it stumbles over nothing, and notes faults.
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    form = message_from_bytes(head + body)
    parts: list[Any] = list(form.walk())[1:]
    is_form = form.get_content_type() == "multipart/form-data" and form.is_multipart() and not form.defects
    if not is_form or any(part.is_multipart() for part in parts):
        raise Refused(400, "bad_shape", "The form cannot be read; send it again.")
    fields: dict[str, list[str]] = {}
    upload = None
    for part in parts:
        content: bytes = part.get_payload(decode=True)
        said = _disposition(part)
        file = said.get_filename()
        if file is None:
            name = str(said.get_param("name", "", "content-disposition"))
            fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
        elif file:
            upload = Upload(file, content)
    return fields, upload


def _disposition(part: Message) -> Message:
    """What a part is called. Browsers write names in UTF-8, which mails may not have."""
    given = {name.lower(): str(value) for name, value in part.raw_items()}.get("content-disposition", "")
    said = Message()
    said["Content-Disposition"] = given.encode("ascii", "surrogateescape").decode("utf-8", "replace")
    return said


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
