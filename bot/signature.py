"""The signed private wire between the gateway and the assistant."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

WINDOW_SECONDS = 300
"""A request older or newer than this, in seconds, is refused: a recorded one cannot be played back later."""


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Value of `X-Lantern-Signature` for one request."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Whether the signature is right and fresh. `now` and `timestamp` are Unix seconds."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode("utf-8", "replace"))


def shared_secret(file: Path) -> bytes:
    """The secret in `file`, made on first use with rights for the owner only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32), encoding="ascii")
    return bytes.fromhex(file.read_text(encoding="ascii").strip())
