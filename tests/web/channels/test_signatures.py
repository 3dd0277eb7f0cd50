"""Signatures against the examples that their authors publish, and what a secret must be."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.channels.contract import Delivery, Line
from web.channels.errors import BadSignature
from web.channels.signatures import (
    hmac_hex,
    new_webhook_secret,
    provider_secret,
    require_one_of,
    require_webhook_signature,
    signed_headers,
    webhook_secret,
    webhook_secrets,
    webhook_signature,
)
from web.channels.slack import Slack
from web.channels.twilio import Twilio
from web.channels.whatsapp import WhatsApp

NOBODY = cast(Line, None)


def verify(adapter: Any, at: float = 0.0, **delivery: Any) -> None:
    whole = {"method": "POST", "address": "", "headers": {}, "query": {}, "body": b"", **delivery}
    asyncio.run(adapter.verify(Delivery(at=at, **whole), NOBODY))


def test_standard_webhooks_example() -> None:
    """Svix, "Verifying webhooks manually", whose scheme Standard Webhooks took over."""
    secret = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body, at = b'{"test": 2432232314}', 1614265330
    signature = webhook_signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
    }
    assert require_webhook_signature([secret], headers, body, at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_slack_example() -> None:
    """Slack, "Verifying requests from Slack"."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    slack = Slack("8f742231b10e8888abcd99yyyzzz85a5", "xoxb", "https://slack.com/api")
    verify(slack, 1531420618, headers=headers, body=body)
    with pytest.raises(BadSignature):
        verify(slack, 1531420618 + 301, headers=headers, body=body)


def test_twilio_example() -> None:
    """Twilio, "Security", the request to myapp.php."""
    twilio = Twilio("AC", ["12345"], 1600, "https://api.twilio.com", "https://mycompany.com")
    body = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    headers = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    verify(twilio, headers=headers, body=body, address=address)
    with pytest.raises(BadSignature):
        verify(twilio, headers=headers, body=body, address=address.replace("bar=2", "bar=3"))


def test_twilio_signs_a_body_that_is_no_form_by_its_hash_in_the_address() -> None:
    twilio = Twilio("AC", ["12345"], 1600, "https://api.twilio.com", "https://mycompany.com")
    body = b'{"property": "value"}'
    digest = hashlib.sha256(body).hexdigest()
    address = f"https://mycompany.com/channels/twilio?bodySHA256={digest}"
    signature = base64.b64encode(hmac.new(b"12345", address.encode(), hashlib.sha1).digest()).decode()
    whole = {"headers": {"x-twilio-signature": signature}, "query": {"bodySHA256": digest}, "address": address}
    verify(twilio, body=body, **whole)
    for other in (body + b" ", b"", b"\xff"):
        with pytest.raises(BadSignature):
            verify(twilio, body=other, **whole)


def test_meta_example() -> None:
    """Meta's scheme is GitHub's, which publishes an example ("Validating webhook deliveries")."""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert hmac_hex("It's a Secret to Everybody", b"Hello, World!") == digest
    whatsapp = WhatsApp("1", "token", "It's a Secret to Everybody", "verify", "https://graph.facebook.com")
    verify(whatsapp, headers={"x-hub-signature-256": f"sha256={digest}"}, body=b"Hello, World!")


def test_a_secret_that_changes_is_accepted_from_either_side() -> None:
    old, new = webhook_secret(new_webhook_secret()), webhook_secret(new_webhook_secret())
    now = time.time()
    assert require_webhook_signature([new, old], signed_headers([old], "m1", now, b"x"), b"x", now) == "m1"
    assert require_webhook_signature([new], signed_headers([old, new], "m1", now, b"x"), b"x", now) == "m1"
    with pytest.raises(BadSignature):
        require_webhook_signature([new], signed_headers([old], "m1", now, b"x"), b"x", now)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_request_with_a_header_less_is_not_signed(header: str) -> None:
    secret, now = webhook_secret(new_webhook_secret()), time.time()
    headers = signed_headers([secret], "m1", now, b"x")
    del headers[header]
    with pytest.raises(BadSignature):
        require_webhook_signature([secret], headers, b"x", now)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_stands_in_the_headers_is_no_signature(message_id: str, timestamp: str, signature: str) -> None:
    secret = hashlib.sha256(b"secret").digest()
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    with pytest.raises(BadSignature):
        require_webhook_signature([secret], headers, b"x", 1_000_000.0)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_another_body_has_another_signature(body: bytes, other: bytes) -> None:
    secret = hashlib.sha256(b"secret").digest()
    signed = webhook_signature(secret, "m1", 1, body)
    assert (webhook_signature(secret, "m1", 1, other) == signed) == (body == other)
    expected = base64.b64encode(hmac.new(secret, b"m1.1." + body, hashlib.sha256).digest()).decode()
    assert signed == f"v1,{expected}"


def test_an_empty_signature_fits_nothing() -> None:
    for given_ in ([], [""], ["", ""]):
        with pytest.raises(BadSignature):
            require_one_of(given_, ["a"])
        with pytest.raises(BadSignature):
            require_one_of(given_, [])


@pytest.mark.parametrize(
    "value",
    [
        *("", "whsec_", "whsec_AAAA", "whsec_" + "A" * 44, "whsec_not base64 at all but long enough to pass", "secret"),
        "whsec_" + base64.b64encode(bytes(range(100))).decode(),
    ],
)
def test_a_weak_webhook_secret_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"whsec_|24 to 64|one secret"):
        webhook_secrets(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "short", "a" * 40, "changeme", "CHANGE_ME_PLEASE_NOW", "change-this-secret-1234", "your-app-secret-here"),
        *("<your app secret here>", "${APP_SECRET_OF_META_1}", "my_secret_token_abcdef", "xxxxxxxxxxxxxxxxxxxxxxxx"),
        *("two words of a secret", "an-example-secret-12345", "password1234567890abc", "abc...def...ghi...jkl...mno"),
    ],
)
def test_a_weak_secret_and_a_placeholder_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"placeholder|weak|without spaces"):
        provider_secret(value)


@pytest.mark.parametrize("secret", ["a-Xk3v9Q_bb1LmZ07uQ", "A_q8ZrT-0aLkW2pV5s", "my_7Kd92LmqpXw-31bT"])
def test_a_secret_that_begins_with_a_word_is_none_that_was_left_standing(secret: str) -> None:
    assert provider_secret(secret) == secret


@given(st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda secret: len(set(secret)) > 5))
def test_a_random_secret_is_taken_as_it_is(secret: str) -> None:
    assert provider_secret(secret) == secret
