"""Pages that people read: the library, the demo page, the page for integrators."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from knowledge.model import TOPICS
from tests.web.conftest import COLLAPSED, HOST, SmallKnowledge
from web.app import HERE, REFUSALS, build
from web.library import HEADINGS
from web.metrics import CODES
from web.parts import Parts
from web.protection import HEADERS

BROWSER = {"Accept": "text/html"}
PAGES = ("/", "/docs/", "/library/", "/library/lupus-contagious", "/library/unknown")
ADDRESSES = (*PAGES, "/static/lantern.css", "/widget/lantern-chat.js", "/healthz", "/readyz", "/nowhere")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_response_has_the_security_headers(client: TestClient, address: str) -> None:
    response = client.get(address, headers=BROWSER)
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert "no-" in response.headers["cache-control"]


class Outline(HTMLParser):
    """What a strict browser and a screen reader need of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_whole_and_keep_to_the_content_policy(client: TestClient, address: str) -> None:
    outline = Outline()
    outline.feed(client.get(address).text)
    assert not outline.open
    names = [tag for tag, _ in outline.tags]
    assert names.count("h1") == names.count("main") == 1
    assert ("html", {"lang": "en"}) in outline.tags
    assert ("a", {"class": "skip", "href": "#main"}) in outline.tags
    for tag, attributes in outline.tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "script" or attributes["src"]


@pytest.mark.parametrize("address", [page for page in PAGES if page != "/"])
def test_the_emergency_number_stands_on_every_page(client: TestClient, address: str) -> None:
    assert '<a href="tel:911">Call 911</a>' in client.get(address).text


def test_where_the_region_is_not_known_the_pages_say_whom_to_call(parts: Parts) -> None:
    anywhere = replace(parts, settings=replace(parts.settings, region=""))
    with TestClient(build(anywhere), HOST) as client:
        for address in ("/", "/library/"):
            text = client.get(address).text
            assert "your local emergency number (112" in text
            assert "tel:" not in text


def test_the_library_lists_every_question_by_topic(client: TestClient) -> None:
    text = client.get("/library/").text
    for name in ("lupus-contagious", "lupus-what-is", "car-t-approved"):
        assert f'href="/library/{name}"' in text
    assert text.index("<h2") < text.index("Lupus</h2>") < text.index("CAR-T cell therapy</h2>")


def test_every_topic_has_a_heading() -> None:
    assert set(HEADINGS) == set(TOPICS)


def test_an_entry_shows_answer_source_dates_and_review(client: TestClient) -> None:
    text = client.get("/library/lupus-contagious").text
    assert "No, lupus is not contagious." in text
    assert "<li>Not by touch.</li>" in text
    assert "You cannot catch it." in text
    assert 'href="https://example.org/lupus"' in text
    assert "A page &lt;about&gt; lupus" in text
    assert "Checked on November 22, 2026" in text
    assert "not yet approved by a clinician" in text
    assert 'href="/library/lupus-what-is"' in text
    assert "/library/gone" not in text, "a related entry that is not live is left out"


def test_slots_are_filled_and_signs_survive(client: TestClient) -> None:
    assert "No, not as of November 22, 2026. Emergency: 911." in client.get("/library/car-t-approved").text
    text = client.get("/library/lupus-what-is").text
    assert "&lt;b&gt;platelets&lt;/b&gt; &lt; 50 &amp; anti_ds_DNA" in text


@pytest.mark.parametrize("name", ["unknown", "..%2f..%2fetc%2fpasswd", "<script>", "a/b", "LUPUS-CONTAGIOUS"])
def test_an_unknown_page_offers_the_search(client: TestClient, name: str) -> None:
    response = client.get(f"/library/{name}", headers=BROWSER)
    assert response.status_code == 404
    assert 'role="search"' in response.text
    assert "<script>" not in response.text


def test_the_search_leads_to_the_answer(client: TestClient) -> None:
    text = client.post("/library/", data={"q": "is lupus contagious"}).text
    assert "1 answer for" in text
    assert 'href="/library/lupus-contagious"' in text
    assert 'href="/library/lupus-what-is"' not in text


def test_the_search_finds_words_of_questions(client: TestClient) -> None:
    text = client.post("/library/", data={"q": "LUPUS approved"}).text
    assert 'href="/library/car-t-approved"' in text
    assert "I do not have a checked answer" not in text


def test_the_search_says_when_it_found_nothing(client: TestClient) -> None:
    text = client.post("/library/", data={"q": "cheese"}).text
    assert "No answer for" in text
    assert "I do not have a checked answer" in text
    assert 'href="/library/lupus-what-is"' in text, "all questions are offered instead"


def test_a_search_that_tells_of_an_emergency_shows_the_card(client: TestClient) -> None:
    text = client.post("/library/", data={"q": COLLAPSED}).text
    assert re.search(r'<section class="urgent".*911', text, re.DOTALL)


@pytest.mark.parametrize("query", ["<script>alert(1)</script>", '"><b>', "{{7*7}}", "\x00", "x" * 6000, "%ff"])
def test_a_search_is_shown_as_text(client: TestClient, query: str) -> None:
    response = client.post("/library/", data={"q": query})
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert '"><b>' not in response.text
    assert ">49<" not in response.text


def test_the_demo_page_names_the_region(client: TestClient) -> None:
    text = client.get("/").text
    assert 'region="US" emergency-number="911"' in text
    assert '<script type="module" src="/widget/lantern-chat.js">' in text


def test_the_chat_element_builds_nodes_only(client: TestClient) -> None:
    script = client.get("/widget/lantern-chat.js").text
    for unsafe in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "cssText",
        "http://",
        "https://",
    ):
        assert unsafe not in script


def test_every_code_of_an_error_is_explained_to_integrators(client: TestClient) -> None:
    text = client.get("/docs/").text
    sources = "".join(file.read_text(encoding="utf-8") for file in HERE.glob("*.py"))
    given = set(re.findall(r'Refused\(\s*\d+,\s*"(\w+)"', sources))
    assert {"bad_json", "key_needed", "too_many", "records_away"} <= given
    for code in (*given, *(code for code, _ in REFUSALS.values())):
        assert f"<code>{code}</code>" in text
        assert code in CODES, "it is counted under its own name"


@pytest.mark.parametrize("address", ["/library/", "/library/lupus-contagious"])
def test_a_fault_of_ours_is_a_calm_page_without_its_cause(
    client: TestClient, knowledge: SmallKnowledge, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    knowledge.fault = RuntimeError("secret cause")
    response = client.get(address, headers=BROWSER)
    assert response.status_code == 500
    assert "emergency number" in response.text
    assert "secret cause" not in response.text + caplog.text
    assert "Traceback" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert client.get(address).json()["error"] == "failed"
