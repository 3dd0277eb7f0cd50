"""What a reader keeps and asks about before using it again: sent once, then only when it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

ASK_AGAIN = "public, max-age=0, must-revalidate"
"""Whoever has it may keep it for the time without network; with one they ask each time whether it is still the same."""


def entity_tag(content: bytes) -> str:
    """Another one for each content."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def shows(request: Request, tag: str) -> bool | None:
    """Whether the reader has the content of this tag already; None where it names no tag."""
    shown = request.headers.get("if-none-match")
    if shown is None:
        return None
    tags = {word.strip().removeprefix("W/") for word in shown.split(",")}
    return tag.removeprefix("W/") in tags or "*" in tags


def unless_known(request: Request, content: bytes, tag: str, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, or 304 where the reader has it. `headers` are those of the encoding."""
    headers = {"Cache-Control": ASK_AGAIN, "ETag": tag, **(headers or {})}
    if shows(request, tag):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
