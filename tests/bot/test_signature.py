from __future__ import annotations

import pytest

from bot.signature import WINDOW_SECONDS, is_signed, sign

SECRET = b"0123456789abcdef0123456789abcdef"
BODY = b'{"text": "hello"}'
NOW = 1_800_000_000.0
STAMP = "1800000000"


def test_a_signed_request_is_let_in() -> None:
    assert is_signed(SECRET, STAMP, BODY, sign(SECRET, STAMP, BODY), NOW)


@pytest.mark.parametrize(
    ("secret", "timestamp", "body"),
    [(b"another", STAMP, BODY), (SECRET, "1800000001", BODY), (SECRET, STAMP, BODY + b" "), (SECRET, STAMP, b"")],
)
def test_a_signature_fits_one_request_only(secret: bytes, timestamp: str, body: bytes) -> None:
    assert not is_signed(SECRET, STAMP, BODY, sign(secret, timestamp, body), NOW)


@pytest.mark.parametrize("age", [WINDOW_SECONDS + 1, -WINDOW_SECONDS - 1])
def test_a_recorded_request_cannot_be_played_back(age: int) -> None:
    signature = sign(SECRET, STAMP, BODY)
    assert not is_signed(SECRET, STAMP, BODY, signature, NOW + age)
    assert is_signed(SECRET, STAMP, BODY, signature, NOW + age - (age > 0) + (age < 0))


@pytest.mark.parametrize(
    "timestamp", ["", "soon", "-1", "1e9", "١٨٠٠٠٠٠٠٠٠", " 1800000000", "9" * 400, "9" * 5000], ids=len
)
def test_a_timestamp_that_is_none_is_refused(timestamp: str) -> None:
    assert not is_signed(SECRET, timestamp, BODY, sign(SECRET, timestamp, BODY), NOW)


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=abc", "ü\ud800", "sha256=" + "0" * 64])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    assert not is_signed(SECRET, STAMP, BODY, signature, NOW)
