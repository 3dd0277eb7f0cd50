"""The cards as programs get them: the published ones, word by word, with the numbers of the region."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from safety import EMERGENCY_RULES, cards_named
from tests.web.conftest import COLLAPSED, HOST
from web.app import build
from web.parts import Parts
from web.revalidation import ASK_AGAIN

CARDS = "/api/v1/cards"


def cards(client: TestClient, **asked: str) -> dict[str, Any]:
    response = client.get(CARDS, params=asked)
    assert response.status_code == 200
    return {row["id"]: row for row in response.json()["cards"]}


def test_what_people_look_up_comes_first_and_nothing_is_missing(client: TestClient) -> None:
    ids = list(cards(client))
    first = ["emergency", "cpr-adult", "cpr-child", "cpr-infant", "choking", "choking-infant", "aed"]
    assert ids[: len(first)] == first
    assert set(ids) == cards_named(EMERGENCY_RULES) | set(first)


@pytest.mark.parametrize(("region", "locale"), [("US", "en"), ("GB", "en"), ("ES", "es"), ("", "en")])
def test_a_card_is_what_a_message_gets(client: TestClient, region: str, locale: str) -> None:
    text = COLLAPSED if locale == "en" else "mi papá se cayó y no respira"
    said = client.post("/api/v1/messages", json={"message": text, "region": region, "locale": locale}).json()
    answer = said["messages"][0]["answer"]
    assert answer["kind"] == "emergency"
    assert cards(client, region=region, locale=locale)[answer["entry"]]["answer"] == answer


def test_it_says_where_it_comes_from_and_who_looked_at_it(client: TestClient) -> None:
    for locale in ("en", "es"):
        for card in cards(client, locale=locale).values():
            answer = card["answer"]
            assert (answer["entry"], answer["locale"], answer["topic"]) == (card["id"], locale, "cards")
            assert answer["kind"] == ("crisis" if card["id"] == "crisis" else "emergency")
            assert answer["checked_on"]
            assert answer["review"] == "editorial"
            assert card["title"]


def test_a_region_that_is_not_named_is_the_one_of_the_service(parts: Parts) -> None:
    parts = replace(parts, settings=replace(parts.settings, region="GB"))
    with TestClient(build(parts), HOST) as client:
        assert client.get(CARDS).json()["region"] == "GB"
        assert "999" in client.get(CARDS).text
        assert client.get(CARDS, params={"region": "nonsense", "locale": "xx"}).json() == client.get(CARDS).json()


def test_it_is_sent_again_only_when_it_has_changed(client: TestClient) -> None:
    first = client.get(CARDS)
    assert first.headers["cache-control"] == ASK_AGAIN
    tag = first.headers["etag"]
    again = client.get(CARDS, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get(CARDS, params={"locale": "es"}, headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag
    assert other.headers["content-encoding"] == "gzip"
    plain = client.get(CARDS, params={"locale": "es"}, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert (plain.content, plain.headers["etag"]) == (other.content, other.headers["etag"])
