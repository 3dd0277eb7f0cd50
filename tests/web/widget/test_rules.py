"""The rules as the chat element gets them: all that the server's own reading is made of, kept and asked about."""

from __future__ import annotations

import gzip
import json

import pytest
from starlette.testclient import TestClient

from safety import EMERGENCY_RULES, ORDINARY_WORDS
from web.revalidation import ASK_AGAIN
from web.widget.rules import FORM, PATH, shortened


def test_they_are_those_of_the_server(client: TestClient) -> None:
    served = client.get(PATH).json()
    rules = json.loads(EMERGENCY_RULES.read_text(encoding="utf-8"))
    assert served["form"] == FORM
    assert served["rules"] == {key: value for key, value in rules.items() if key not in ("about", "ordinary")}
    words = ORDINARY_WORDS.read_text(encoding="ascii").split()
    assert served["ordinary"] == "".join(shortened(words))


def test_a_word_is_written_as_how_it_differs_from_the_one_before() -> None:
    assert list(shortened(["care", "car", "cat", "dog", "dogs"])) == ["Acar", "De", "Ct", "Adog", "Ds"]
    assert list(shortened(["a" * 30, "a" * 30 + "b"]))[1] == "Z" + "a" * 5 + "b"


@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
def test_they_are_sent_again_only_when_they_have_changed(client: TestClient, encoding: str) -> None:
    first = client.get(PATH, headers={"Accept-Encoding": encoding})
    assert first.headers["cache-control"] == ASK_AGAIN
    assert first.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)
    assert first.headers["vary"] == "Accept-Encoding"
    for shown in (first.headers["etag"], f'"another", {first.headers["etag"]}', "*"):
        again = client.get(PATH, headers={"If-None-Match": shown, "Accept-Encoding": encoding})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get(PATH, headers={"If-None-Match": '"another"'}).status_code == 200


def test_they_weigh_less_than_a_picture(client: TestClient) -> None:
    assert len(gzip.compress(client.get(PATH).content, 9)) <= 160 * 1024
