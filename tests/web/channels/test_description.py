"""The description of the generic channel is true: a tester that knows nothing else finds no reply that differs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from records.wiring import Records
from tests.web.channels.conftest import Channel, opened
from web.channels.signatures import ID, signed_headers, webhook_secrets
from web.openapi import description
from web.parts import Parts

schema = schemathesis.openapi.from_dict(description()).include(path="/channels/webhook")


@pytest.fixture
def channel(channel_parts: Parts, records: Records) -> Iterator[Channel]:
    with opened("webhook", channel_parts, records) as channel:
        yield channel


@schema.parametrize()
@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_reply_is_as_described(case: schemathesis.Case, channel: Channel) -> None:
    base = str(channel.client.base_url).rstrip("/")
    case.call_and_validate(base_url=base)


def test_whatever_body_is_signed_it_is_kept_or_refused_with_a_reason(channel: Channel) -> None:
    keys = webhook_secrets(channel.simulated.settings["LANTERN_WEBHOOK_SECRET"])
    bodies = [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"sender": 1, "text": "x"}',
        b'{"sender": "a"}',
        b'{"sender": " ", "text": ""}',
    ]
    for number, body in enumerate(bodies):
        headers = signed_headers(keys, f"odd-{number}", time.time(), body)
        told = channel.client.post("/channels/webhook", content=body, headers=headers)
        assert (told.status_code, told.json()["error"]) == (400, "bad_shape"), headers[ID]
    assert channel.deliveries() == 0
