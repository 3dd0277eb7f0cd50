"""Pages that people read: the library, the demo page, the page for integrators."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from knowledge.glossary import Glossary, Term, published
from knowledge.model import TOPICS, Fact
from records import wiring as records_wiring
from records.model import Report
from tests.web.conftest import COLLAPSED, HOST, SOURCES, WITHDRAWN, SmallKnowledge
from web.app import HERE, REFUSALS, build
from web.callers import networks
from web.library import HEADINGS
from web.limits import Limits, Rate
from web.metrics import CODES
from web.parts import Parts
from web.protection import HEADERS

BROWSER = {"Accept": "text/html"}
PAGES = (
    *("/", "/chat", "/ask", "/docs/", "/docs/embed"),
    *("/library/", "/library/lupus-contagious", "/library/unknown"),
    *("/library/glossary", "/library/sources"),
    *("/library/trials/", "/library/trials/NCT05938725", "/library/trials/NCT00000000"),
)
ADDRESSES = (*PAGES, "/static/lantern.css", "/healthz", "/readyz", "/nowhere")


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
        # A block of data for search engines is no script: nothing runs it.
        assert tag != "script" or attributes.get("src") or attributes == {"type": "application/ld+json"}


@pytest.mark.parametrize("address", [page for page in PAGES if page not in ("/", "/chat")])
def test_the_emergency_number_stands_on_every_page(client: TestClient, address: str) -> None:
    assert '<a href="tel:911">Call 911</a>' in client.get(address).text


def test_where_the_region_is_not_known_the_pages_say_whom_to_call(parts: Parts) -> None:
    anywhere = replace(parts, settings=replace(parts.settings, region=""))
    with TestClient(build(anywhere), HOST) as client:
        for address in ("/ask", "/library/"):
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


@pytest.fixture
def explained(knowledge: SmallKnowledge) -> None:
    """A release with one word explained."""
    touch = Term("touch", "touch", ("touching",), False, "To feel <with> the hand.", ("TOU-001",), 1)
    words = Glossary([touch], dt.date(2026, 11, 20), dt.date(2027, 11, 20))
    facts = {"TOU-001": Fact("TOU-001", "seen", ("place",), "One feels by touch.")}
    [entry] = published({"en": words}, facts, {"place": SOURCES[0]})
    live = knowledge.answerer.release
    revision = replace(live.revisions[0], entry=entry)
    knowledge.answerer.release = replace(live, revisions=(*live.revisions, revision))


def test_words_of_the_glossary_are_explained_on_the_page(client: TestClient) -> None:
    assert "Words on this page" not in client.get("/library/lupus-contagious").text


@pytest.mark.usefixtures("explained")
def test_the_words_of_a_page_are_explained_on_it_and_all_of_them_on_one_page(client: TestClient) -> None:
    text = client.get("/library/lupus-contagious").text
    assert '<li>Not by <a class="word" href="#word-touch">touch</a>.</li>' in text
    assert '<dt id="word-touch">touch</dt><dd>To feel &lt;with&gt; the hand.</dd>' in text
    assert text.count('id="word-touch"') == 1
    every = client.get("/library/glossary").text
    assert '<dt id="word-touch">touch <span class="forms">(touching)</span></dt>' in every
    assert "To feel &lt;with&gt; the hand." in every
    assert "A good place, 2025. Checked on November 20, 2026." in every
    assert "not yet approved by a clinician" in every


@pytest.mark.usefixtures("explained")
def test_a_word_is_no_answer(client: TestClient) -> None:
    away = client.get("/library/word-touch", follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (307, "/library/glossary#word-touch")
    assert "word-touch" not in client.get("/library/").text
    assert "word-touch" not in client.get("/library/sitemap.xml").text
    assert "word-touch" not in client.post("/library/", data={"q": "touch"}).text
    assert client.get("/api/v1/entries/word-touch").status_code == 404
    assert "word-touch" not in client.get("/api/v1/entries").text


def test_the_sources_are_listed_with_the_answers_that_rest_on_them(client: TestClient) -> None:
    text = client.get("/library/sources").text
    assert '<a href="https://example.org/lupus" rel="noopener noreferrer">A page &lt;about&gt; lupus</a>' in text
    assert "3 answers" in text
    for name in ("lupus-contagious", "lupus-what-is", "car-t-approved"):
        assert f'href="/library/{name}"' in text


def test_search_engines_find_every_page_at_its_public_address(parts: Parts) -> None:
    proxied = replace(parts, settings=replace(parts.settings, trusted_proxies=networks("10.0.0.1")))
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with TestClient(build(proxied), HOST, client=("10.0.0.1", 1)) as client:
        found = ElementTree.fromstring(client.get("/library/sitemap.xml", headers=headers).content)
        robots = client.get("/robots.txt", headers=headers).text
    space = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    rows = {row.findtext("m:loc", "", space): row.findtext("m:lastmod", "", space) for row in found}
    place = HOST.replace("http://", "https://")
    assert rows[f"{place}/library/lupus-contagious"] == "2026-11-22"
    assert f"{place}/library/glossary" in rows
    assert len([place for place in rows if "/trials/" not in place]) == 3 + 3
    assert f"Sitemap: {place}/library/sitemap.xml" in robots.splitlines()


def test_search_engines_are_told_the_answer_with_its_source_date_and_review(client: TestClient) -> None:
    text = client.get("/library/lupus-what-is").text
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    page = json.loads(block)
    assert (page["@type"], page["dateModified"], page["inLanguage"]) == ("FAQPage", "2026-11-22", "en")
    [question] = page["mainEntity"]
    told = question["acceptedAnswer"]["text"]
    assert question["name"] == "What is lupus?"
    assert told.startswith("A disease in which <b>platelets</b> < 50 & anti_ds_DNA matter.")
    assert "A good place" in told
    assert "November 22, 2026" in told
    assert "not yet approved by a clinician" in told
    assert "<b>" not in block, "nothing in a text can end the script element"


def reports(parts: Parts) -> list[Report]:
    """What readers reported, as it is kept."""
    assert parts.recorder.close(10) == 0
    return records_wiring.build({"LANTERN_HOME": str(parts.settings.home)}).store.reports()


def test_a_reader_reports_a_problem_and_names_are_not_kept(client: TestClient, parts: Parts) -> None:
    page = client.get("/library/lupus-contagious").text
    assert 'action="/library/lupus-contagious/report"' in page
    form = {"kind": "wrong", "revision": "1", "text": "my name is Zebulon Quillfeather, the year is old"}
    thanks = client.post("/library/lupus-contagious/report", data=form)
    assert thanks.status_code == 200
    assert "They cannot write back" in thanks.text
    [report] = reports(parts)
    assert (report.entry, report.locale, report.revision, report.kind) == ("lupus-contagious", "en", 1, "wrong")
    assert "the year is old" in report.text
    assert "Quillfeather" not in report.text


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ({}, (1, "other", "")),
        ({"kind": "<script>", "revision": "9" * 30, "text": "\x00 </textarea>"}, (1, "other", "</textarea>")),
        ({"kind": "unclear", "revision": "-1", "text": "x" * 9000}, (1, "unclear", "x" * 299 + " " + "x" * 700)),
    ],
    ids="empty odd long".split(),
)
def test_odd_reports_are_kept_calmly(
    client: TestClient, parts: Parts, form: dict[str, str], kept: tuple[int, str, str]
) -> None:
    assert client.post("/library/lupus-contagious/report", data=form).status_code == 200
    assert [(report.revision, report.kind, report.text) for report in reports(parts)] == [kept]


def test_whoever_reports_an_emergency_sees_the_card(client: TestClient) -> None:
    text = client.post("/library/lupus-contagious/report", data={"text": COLLAPSED}).text
    assert text.index("Call 911") < text.index("Thank you</h1>")
    assert 'class="urgent"' in text


def test_a_report_about_no_page_is_kept_nowhere(client: TestClient, parts: Parts) -> None:
    assert client.post("/library/nothing/report", data={"kind": "wrong"}).status_code == 404
    assert client.post("/library/lupus-contagious/report", content=b"&".join([b"a=1"] * 50)).status_code == 400
    assert reports(parts) == []


def test_too_many_reports_are_told_when_to_go_on(parts: Parts) -> None:
    few = replace(parts, limits=Limits(Rate(0), Rate(2, 60), lambda: 0.0, parts.metrics.limited))
    with TestClient(build(few), HOST) as client:
        codes = [client.post("/library/lupus-contagious/report", data={"text": "x"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


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


def test_the_page_of_a_withdrawn_text_says_that_it_is_being_reviewed(client: TestClient) -> None:
    page = client.get(f"/library/{WITHDRAWN}")
    assert page.status_code == 404
    assert "My text on that is being reviewed." in page.text


def test_cautions_stand_beside_the_answer(client: TestClient) -> None:
    assert "Please ask your care team." in client.get("/library/lupus-contagious").text
