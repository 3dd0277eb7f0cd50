"""Signatures of requests: compared in constant time, one fixed algorithm each, and none that is too old."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence

from web.channels.errors import BadSignature

WINDOW = 300
"""Seconds that a signature holds, in either direction of our clock: the five minutes that Slack and Standard Webhooks
(standardwebhooks.com) name."""

_PLACEHOLDER = re.compile(
    # One in a thousand real secrets begins with "a-" or "A_", but none goes on in words alone.
    r"^(?:change[-_ ]?(?:me|this)|(?:your|my|the|a|some|test|app|bot|replace|insert|put|paste|enter)"
    r"(?:(?-i:(?:[-_ ][a-z]+)+)|(?-i:(?:[-_ ][A-Z]+)+))[-_ ]?[0-9]{0,4}$|x{4,}|"
    r".*(?:placeholder|example|password).*|.*[<>{}].*|.*\.\.\..*)",
    re.IGNORECASE,
)
"""What people leave standing from a guide. Whole words, so that no random secret of a provider looks like one."""
FEWEST_SIGNS = 6
"""Different signs that a random secret of sixteen hexadecimal digits has, but for one in a million."""


def equal(given: str, expected: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def require_recent(timestamp: str, now: float, window: float = WINDOW) -> None:
    """Raises `BadSignature` for what is not a time in unix seconds within `window` of `now`."""
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise BadSignature("no time")
    if abs(now - int(timestamp)) > window:
        raise BadSignature("too old, or from a clock that is wrong")


def hmac_hex(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def require_one_of(given: Sequence[str], expected: Sequence[str]) -> None:
    """Raises `BadSignature` unless one of the given signatures is one of the expected ones."""
    # Every pair is looked at, so that the time does not tell which key fits.
    matches = [equal(one, other) for one in given for other in expected]
    if not any(matches):
        raise BadSignature("no signature that fits")


# Standard Webhooks ---------------------------------------------------------------------------------------------

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
MOST_SIGNATURES = 10
_ID = re.compile(r"[!-~]{1,200}")


def webhook_signature(secret: bytes, message_id: str, timestamp: int | str, body: bytes) -> str:
    """A value of `webhook-signature`: `v1,` and HMAC-SHA256 over id, time and body in base64."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")


def signed_headers(keys: Sequence[bytes], message_id: str, now: float, body: bytes) -> dict[str, str]:
    """The headers of a request of ours. With two keys it is signed by both, so that a receiver can change over."""
    timestamp = int(now)
    signatures = [webhook_signature(secret, message_id, timestamp, body) for secret in keys]
    return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: " ".join(signatures)}


def require_webhook_signature(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """The id of a request that is signed with one of the keys. Raises `BadSignature`."""
    message_id, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not _ID.fullmatch(message_id):
        raise BadSignature("no id")
    require_recent(timestamp, now)
    given = headers.get(SIGNATURE, "").split(" ")[:MOST_SIGNATURES]
    require_one_of(given, [webhook_signature(secret, message_id, timestamp, body) for secret in keys])
    return message_id


# Values of settings --------------------------------------------------------------------------------------------


def webhook_secret(value: str) -> bytes:
    """Parses `whsec_` and 24 to 64 bytes in base64. Raises `ValueError`."""
    try:
        secret = base64.b64decode(value.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            f"give {PREFIX} and 24 to 64 random bytes in base64; './lantern channel add' makes one"
        ) from None
    if not 24 <= len(secret) <= 64 or len(set(secret)) < FEWEST_SIGNS:
        raise ValueError("it is not 24 to 64 random bytes; './lantern channel add' makes one")
    return secret


def new_webhook_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def new_token() -> str:
    """A token that is typed in at a provider: 192 random bits in letters and digits."""
    return secrets.token_hex(24)


def webhook_secrets(value: str) -> tuple[bytes, ...]:
    """Parses one secret, or two with a comma: while both ends change over, either is accepted."""
    words = [word for word in value.split(",") if word.strip()]
    if not 1 <= len(words) <= 2:
        raise ValueError("give one secret, or two with a comma while you change it")
    return tuple(webhook_secret(word) for word in words)


def provider_secret(value: str, fewest: int = 16) -> str:
    """A secret that a provider made. Raises `ValueError` for one that is too short, or that nobody has filled in."""
    secret = value.strip()
    if not re.fullmatch("[!-~]+", secret):
        raise ValueError("give it as it stands there, without spaces")
    if _PLACEHOLDER.search(secret):
        raise ValueError("this is a placeholder; give the real one")
    if len(secret) < fewest or len(set(secret)) < FEWEST_SIGNS:
        raise ValueError(f"it is too weak: it needs {fewest} random signs or more")
    return secret
