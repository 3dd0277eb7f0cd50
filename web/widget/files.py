"""The built chat element as pages fetch it: `/widget/<version>/<file>`, the same bytes for as long as it is served.

A page that embeds it names a version and the hash of its bytes. So a version that was handed out is never changed, and
stays until two major versions later.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.errors import StartRefused
from web.guards import everyone, guarded
from web.parts import Parts

VERSIONS = Path(__file__).parent / "versions"
SCRIPT = "lantern-chat.js"
"""What a page loads; it loads what else it needs."""
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Script:
    """One file of a version. `integrity` is what browsers compare it with."""

    content: bytes
    gzipped: bytes
    integrity: str

    @classmethod
    def of(cls, content: bytes) -> Script:
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        # Without a date in it, every process sends the same bytes.
        return cls(content, gzip.compress(content, mtime=0), f"sha384-{digest}")


class Element:
    """All versions that are served, read once. They are small."""

    def __init__(self, folder: Path = VERSIONS) -> None:
        """Raises `StartRefused` where no version was built."""
        self._files: Mapping[tuple[str, str], Script] = {
            (file.parent.name, file.name): Script.of(file.read_bytes()) for file in folder.glob("*/*.js")
        }
        versions = {version for version, name in self._files if name == SCRIPT}
        if not versions:
            raise StartRefused(f"{folder} holds no built chat element; run: make widget")
        self.newest = max(versions, key=_order)

    def script(self, version: str, name: str = SCRIPT) -> Script | None:
        return self._files.get((version, name))

    @property
    def path(self) -> str:
        """Where the newest version is served."""
        return f"/widget/{self.newest}/{SCRIPT}"

    @property
    def integrity(self) -> str:
        """Hash of the newest version's script."""
        return self._files[self.newest, SCRIPT].integrity


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def routes(parts: Parts, element: Element) -> list[Route]:
    async def script(request: Request) -> Response:
        found = element.script(request.path_params["version"], request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        packed = "gzip" in request.headers.get("accept-encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(found.gzipped if packed else found.content, headers=headers, media_type="text/javascript")

    return [guarded("/widget/{version}/{name}", script, everyone, parts)]
