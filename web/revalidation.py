"""What a reader keeps and asks about before using it again: sent once, then only when it has changed."""

from __future__ import annotations

import gzip
import hashlib

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


def weak_tag(content: bytes) -> str:
    """A tag for the content in whatever encoding it is sent."""
    return f"W/{entity_tag(content)}"


def unless_known(request: Request, content: bytes, tag: str, gzipped: bytes | None = None) -> Response:
    """JSON with its weak tag, compressed for who takes that, or 304 where the reader has it. `gzipped` is the content
    compressed before, where it is sent often."""
    headers = {"Cache-Control": ASK_AGAIN, "ETag": tag, "Vary": "Accept-Encoding"}
    if shows(request, tag):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = gzipped or gzip.compress(content, mtime=0)
    return Response(content, headers=headers, media_type="application/json")
