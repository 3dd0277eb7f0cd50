"""Whatever is delivered: a verifier believes none of it, and a parser stumbles over none of it."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.channels.test_sending import Recording, said
from tests.web.channels.test_shapes import ADAPTERS, ROWS, SHAPES, URL, delivery
from web.channels.contract import Answered, Delivery, Message, Undelivered
from web.channels.errors import BadSignature, Malformed, NotSent
from web.channels.teams import Teams
from web.channels.webhook import Webhook

EVERY = {**ADAPTERS, "webhook": Webhook([b"s" * 32], "https://system.example.org")}
NAMES = sorted(EVERY)
HEADERS = (
    *("authorization", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "x-hub-signature-256"),
    *("x-slack-signature", "x-slack-request-timestamp", "x-twilio-signature", "x-telegram-bot-api-secret-token"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
VALUES = st.text(max_size=60) | st.sampled_from(
    [
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "sha256=",
        "md5=1",
        "nope=1",
        "v0=",
        "v1,",
        "1e5",
        "application/x-www-form-urlencoded",
    ]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Unreached(Recording):
    """Every address says something odd."""

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answered:
        return said(
            200, {"jwks_uri": "x", "keys": [{"kty": "RSA"}, 1, {"kid": "a", "kty": "RSA", "n": "!", "e": "AQAB"}]}
        )


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(headers=st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=5), body=st.binary(max_size=300))
def test_no_verifier_believes_or_stumbles(name: str, headers: dict[str, str], body: bytes) -> None:
    adapter = EVERY[name] if name != "teams" else Teams("id", "p", "t", ["https://smba.trafficmanager.net"], "", "")
    for method, query in (("POST", {}), ("GET", {"hub.mode": "subscribe", "hub.verify_token": "x"})):
        one = Delivery(method, f"{URL}/channels/{name}", headers, query, body, 1_000_000.0)
        with pytest.raises((BadSignature, NotSent)):
            asyncio.run(adapter.verify(one, Unreached([])))


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(body=JSON | st.binary(max_size=200))
def test_no_parser_stumbles_over_any_json(name: str, body: Any) -> None:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    for kind in ("application/json", "application/x-www-form-urlencoded", ""):
        headers = {"content-type": kind, "webhook-id": "m1"}
        understood(name, Delivery("POST", URL, headers, {}, encoded, 0.0))


@pytest.mark.parametrize(("name", "shape"), ROWS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), value=JSON)
def test_no_parser_stumbles_over_a_shape_that_changed(name: str, shape: str, seed: int, value: Any) -> None:
    body = json.loads((SHAPES / f"{name}.json").read_text(encoding="utf-8"))["shapes"][shape]
    changed = copy.deepcopy(body)
    chance = random.Random(seed)
    holder, key = chance.choice(list(places(changed)))
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = value
    if name == "twilio":
        changed = {str(row): str(said) for row, said in changed.items()}
    if name == "slack" and isinstance(changed.get("type"), str) is False:
        changed["type"] = "event_callback"
    understood(name, delivery(name, changed))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and by which key."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(rows):
        yield value, key
        yield from places(inner)


def understood(name: str, one: Delivery) -> None:
    """It is read, or refused as what it is; and what is read can be kept."""
    try:
        EVERY[name].greeting(one)
        events = EVERY[name].parse(one)
    except Malformed:
        return
    for event in events:
        if isinstance(event, Undelivered):
            assert isinstance(event.id, str)
            continue
        assert isinstance(event, Message)
        assert isinstance(event.id, str)
        assert event.id
        assert isinstance(event.sender, str)
        assert event.sender
        assert event.text is None or isinstance(event.text, str)
        json.dumps(event.address)
        assert event.sent_at is None or isinstance(event.sent_at, float)
