"""The page that makes the lines to embed, and the page that needs no script, as far as no browser is needed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import HOST, StandInAssistant
from web.widget.files import Element
from web.widget.pages import Snippet


def lines(client: TestClient, **choices: str) -> str:
    """The lines to copy, as a site owner sees them."""
    text = client.get("/docs/embed", params=choices).text
    found = re.search(r'aria-label="Lines to copy"><code>(.*?)</code>', text, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_the_lines_name_the_script_and_its_hash(client: TestClient) -> None:
    element = Element()
    copied = lines(client)
    assert f'src="{HOST}{element.path}"' in copied
    assert f'integrity="{element.integrity}" crossorigin="anonymous"' in copied
    assert copied.endswith('<lantern-chat region="US"></lantern-chat>')


def test_what_is_chosen_becomes_attributes_and_the_usual_is_left_out(client: TestClient) -> None:
    choices = {"region": "gb", "lang": "es", "position": "start", "theme": "auto", "accent": "#0b6e4f"}
    copied = lines(client, **choices, contact='"A & B" <desk>', **{"hide-to": "https://weather.example/"})
    assert 'region="GB" lang="es" position="start" accent="#0b6e4f"' in copied
    assert 'contact="&quot;A &amp; B&quot; &lt;desk&gt;" hide-to="https://weather.example/"' in copied
    assert "theme" not in copied


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", "XX"),
        ("lang", "tlh"),
        ("position", "above"),
        ("theme", "pink"),
        ("accent", "red"),
        ("privacy", "javascript:alert(1)"),
        ("hide-to", "//evil.example"),
        ("hide-to", "https://["),
    ],
)
def test_what_makes_no_sense_is_told_and_left_out(client: TestClient, name: str, value: str) -> None:
    response = client.get("/docs/embed", params={name: value})
    assert f"no {name}." in unescape(response.text)
    assert f'{name}="' not in lines(client, **{name: value}).partition("<lantern-chat")[2].replace('region="US"', "")


@pytest.mark.parametrize("value", ['"><script>alert(1)</script>', "x" * 5000, "\x00", "{{7*7}}"])
def test_choices_are_shown_as_text(client: TestClient, value: str) -> None:
    for name in ("region", "lang", "accent", "contact", "privacy", "hide-to"):
        response = client.get("/docs/embed", params={name: value})
        assert response.status_code == 200
        assert "<script>alert" not in response.text
        assert ">49<" not in response.text


def test_a_tag_is_written_as_html_wants_it() -> None:
    assert Snippet({"contact": 'a "b" & <c>'}).tag == (
        '<lantern-chat contact="a &quot;b&quot; &amp; &lt;c&gt;"></lantern-chat>'
    )


def test_without_script_the_conversation_goes_on_by_its_token(client: TestClient, assistant: StandInAssistant) -> None:
    first = client.post("/ask", data={"message": "Is lupus contagious?"}).text
    found = re.search(r'name="token" value="([^"]+)"', first)
    assert found is not None
    second = client.post("/ask", data={"message": "", "pressed": "Tell me more", "token": found[1]}).text
    assert "You: <span>Tell me more</span>" in second
    assert [row["text"] for row in assistant.received] == ["Is lupus contagious?", "Tell me more"]
    assert len({row["sender"] for row in assistant.received}) == 1
    assert found[1] in second


def test_the_answers_of_a_person_are_kept_by_nobody_on_the_way(client: TestClient) -> None:
    for response in (client.get("/ask"), client.post("/ask", data={"message": "Is lupus contagious?"})):
        assert response.headers["cache-control"] == "no-store"
        assert "set-cookie" not in response.headers
