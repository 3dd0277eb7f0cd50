"""The description of the HTTP interface is true: a tester that knows nothing else finds no reply that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.web.conftest import KEY
from tests.web.test_serve import door
from web.limits import Limits, Rate
from web.openapi import description
from web.parts import Parts

# The generic channel is described, too, and tried where it is switched on: tests/web/channels/test_description.py.
schema = schemathesis.openapi.from_dict(description()).exclude(path="/channels/webhook")


@pytest.fixture
def address(parts: Parts) -> Iterator[str]:
    unlimited = Limits(Rate(0), Rate(0), lambda: 0.0, parts.metrics.limited)
    with door(replace(parts, limits=unlimited)) as (host, port):
        yield f"http://{host}:{port}"


@schema.parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_reply_is_as_described(case: schemathesis.Case, address: str) -> None:
    if case.path == "/api/v1/conversation" and case.headers.get("Authorization"):
        case.headers["Authorization"] = f"Bearer {KEY}"
    case.call_and_validate(base_url=address)
