"""Bodies of requests: read up to a limit, as JSON that means one thing only."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from web.errors import Refused


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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
