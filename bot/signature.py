"""The signed private wire between the gateway and the assistant."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

WINDOW_SECONDS = 300
"""A request older or newer than this, in seconds, is refused: a recorded one cannot be played back later."""
SECRET_BYTES = 32


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Value of `X-Lantern-Signature` for one request."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Whether the signature is right and fresh. `now` and `timestamp` are Unix seconds."""
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode("utf-8", "replace"))


def shared_secret(file: Path) -> bytes:
    """The secret in `file`, made on first use, or when it is not whole, with rights for the owner only."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileNotFoundError, ValueError):
        secret = bytes.fromhex(file.read_text(encoding="ascii").strip())
        if len(secret) == SECRET_BYTES:
            return secret
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as written:
        written.write(secrets.token_hex(SECRET_BYTES))
    fresh.replace(file)
    return shared_secret(file)
