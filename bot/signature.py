"""The signed private wire between the gateway and the assistant."""

from __future__ import annotations

import hashlib
import hmac
import re

WINDOW_SECONDS = 300
"""A request older or newer than this, in seconds, is refused: a recorded one cannot be played back later."""


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Value of `X-Lantern-Signature` for one request."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Whether the signature is right and fresh. `now` and `timestamp` are Unix seconds."""
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode("utf-8", "replace"))
