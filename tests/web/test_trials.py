"""The trial registry as pages: a list that narrows without script, and a page for each study."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from knowledge.model import Release, Revision
from knowledge.phrases import Phrases
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import Change, RegistryCopy, Site, Study
from tests.trials_registry import NEWEST, records, registry_copy
from tests.web.conftest import HOST, SmallKnowledge
from tests.web.test_pages import Outline
from web.app import build
from web.parts import Parts

LIST = "/library/trials/"
BROWSER = {"Accept": "text/html"}
STATUS = "Recruiting|Not yet recruiting|Active, not recruiting|Completed|Terminated|Withdrawn|Suspended|Enrolling by"
DATED = re.compile(rf"(?:{STATUS})[a-z ]* \((?:as of [A-Z][a-z]+ [0-9, ]*[0-9]{{4}}|date unknown)\)")

MOVED = Study(
    "NCT99999991",
    "Cells <for> lupus & more",
    status="COMPLETED",
    status_as_of=dt.date(2026, 9, 1),
    conditions=("Lupus Nephritis",),
    phases=("PHASE1", "PHASE2"),
    sites=(
        Site("A <clinic>", "Bergen", country="Norway", status="RECRUITING"),
        Site(city="Oslo", country="Norway"),
        Site("Somewhere"),
    ),
    checked_on=dt.date(2026, 11, 20),
    changes=(
        Change("RECRUITING", "COMPLETED", dt.date(2026, 9, 1), dt.date(2026, 9, 3)),
        Change(None, "RECRUITING", None, dt.date(2026, 2, 1)),
    ),
)
GONE = Study("NCT99999911", "Gone", status="RECRUITING", missing_since=dt.date(2026, 10, 1), checked_on=NEWEST)


@pytest.fixture
def studies(knowledge: SmallKnowledge, phrases: Phrases) -> TrialAnswers:
    """A synced copy of 62 studies."""
    copy = registry_copy(records(60))
    knowledge.answerer.trials = TrialAnswers(replace(copy, studies=(*copy.studies, MOVED, GONE)), phrases.of("en"))
    return knowledge.answerer.trials


def numbers(text: str) -> list[str]:
    """The studies of a list, in its order."""
    return re.findall(r'<li><a href="/library/trials/(NCT[0-9]{8})"', text)


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize(
    "address", ["", "?page=2", "?country=Albania", "?country=atlantis", "NCT99999991", "NCT99999992", "NCT123", "x"]
)
def test_pages_are_whole_and_need_no_script(client: TestClient, address: str) -> None:
    outline = Outline()
    outline.feed(client.get(LIST + address).text)
    assert not outline.open
    names = [tag for tag, _ in outline.tags]
    assert names.count("h1") == names.count("main") == 1
    assert "script" not in names
    assert not any("style" in attributes for _, attributes in outline.tags)


def test_the_list_turns_its_pages_and_holds_each_study_once(client: TestClient, studies: TrialAnswers) -> None:
    seen: list[str] = []
    address: str | None = LIST
    while address:
        text = client.get(address).text
        assert "Studies in our copy: 62" in text
        seen += numbers(text)
        following = re.search(r'<a href="([^"]*)" rel="next">', text)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [study.nct_id for study in studies.shelf.studies]


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "1e9", "9" * 50])
def test_a_page_that_does_not_exist_is_the_nearest_one(client: TestClient, page: str) -> None:
    shown = numbers(client.get(LIST, params={"page": page}).text)
    assert shown in (numbers(client.get(LIST).text), numbers(client.get(LIST, params={"page": "3"}).text))


def test_the_list_narrows_by_a_form_without_script(client: TestClient, studies: TrialAnswers) -> None:
    form = {"condition": "lupus nephritis", "country": "Norway", "phase": "PHASE1", "recruiting_only": ""}
    text = client.get(LIST, params=form).text
    assert numbers(text) == ["NCT99999991"]
    assert "Studies in our copy that fit lupus nephritis, Norway, Phase 1: 1" in plain(text)
    for name in ("condition", "country", "phase", "recruiting_only"):
        assert f'name="{name}"' in text
    assert "<option selected>Norway</option>" in text
    assert '<option value="PHASE1" selected>Phase 1</option>' in text
    recruiting = client.get(LIST, params={**form, "country": "", "phase": "", "recruiting_only": "true"}).text
    expected = {s.nct_id for s in studies.shelf.studies if s.recruiting and "Lupus Nephritis" in s.conditions}
    assert set(numbers(recruiting)) == expected
    assert " checked>" in recruiting


@pytest.mark.usefixtures("studies")
def test_an_empty_list_says_so_and_offers_wider_ones(client: TestClient) -> None:
    text = client.get(LIST, params={"country": "Albania", "recruiting_only": "true"}).text
    assert "No study in our copy fits Albania, recruiting only." in plain(text)
    assert '<a href="/library/trials/?recruiting_only=true">Any country</a>' in text
    assert '<a href="/library/trials/?country=Albania">Not only recruiting</a>' in text
    assert 'href="https://clinicaltrials.gov/search?locStr=Albania' in text
    assert re.search(r"lists no countries for some studies that fit otherwise: \d+", plain(text))


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?country=atlantis", 404),
        ("?condition=%3Cscript%3E", 404),
        ("?phase=PHASE9", 400),
        ("?recruiting_only=perhaps", 400),
        ("?country=" + "x" * 300, 400),
    ],
)
def test_a_list_of_something_unknown_is_no_list_of_everything(client: TestClient, query: str, code: int) -> None:
    response = client.get(LIST + query, headers=BROWSER)
    assert response.status_code == code
    assert numbers(response.text) == []
    assert 'name="country"' in response.text
    assert "atlantis" not in response.text
    assert "<script" not in response.text


def test_countries_are_counted_with_dates(client: TestClient, studies: TrialAnswers) -> None:
    text = client.get(LIST, params={"condition": "lupus"}).text
    table = text[text.index("<table") : text.index("</table>")]
    assert "in our copy of November 20, 2026" in plain(table)
    rows = {plain(row).split(" ", 1)[0]: plain(row) for row in re.findall("<tr>.*?</tr>", table, re.DOTALL)[1:]}
    found = [s for s in studies.shelf.studies if any("Lupus" in name for name in s.conditions)]
    german = [study for study in found if "Germany" in study.countries]
    recruiting = [study for study in german if study.recruiting]
    assert rows["Germany"].startswith(f"Germany {len(german)} {len(recruiting)} as of ")
    assert 'href="/library/trials/?condition=lupus&amp;country=Germany"' in table
    for row in rows.values():
        assert re.search(r" \d+ 0$| as of [A-Z][a-z]+ \d+, \d{4}| date unknown: \d+$", row), row


@pytest.mark.usefixtures("studies")
def test_no_page_shows_a_status_without_its_date(client: TestClient, studies: TrialAnswers) -> None:
    pages = [LIST, LIST + "?page=2", *(LIST + study.nct_id for study in studies.shelf.studies[::5])]
    for address in (*pages, LIST + "NCT99999991", LIST + "NCT99999911", LIST + "NCT99999992"):
        text = plain(re.sub(r"<form.*?</form>|<a [^>]*rel=.*?</a>|<title>.*?</title>", " ", client.get(address).text))
        # The sentence about a change names two statuses and has both dates of the change.
        text = re.sub(
            r"Changed from [A-Za-z, ]*\. (?:Date in the registry: [^.]*|The registry gives no date)\.", " ", text
        )
        for found in re.finditer(rf"(?<!Only )\b(?:Status: |: )({STATUS})", text):
            assert DATED.match(text, found.start(1)), (address, text[found.start() : found.start() + 60])


@pytest.mark.usefixtures("studies")
def test_a_study_tells_what_our_copy_knows_of_it(client: TestClient) -> None:
    text = client.get(LIST + "NCT99999991").text
    said = plain(text)
    assert "<h1>Cells &lt;for&gt; lupus &amp; more</h1>" in text
    for sentence in (
        "Status: Completed (as of September 1, 2026)",
        "This is not a recommendation. Only the study team can decide who can join.",
        "Phase: Phase 1/Phase 2",
        "The registry last sent us this record on November 20, 2026.",
        "Norway (2) A &lt;clinic&gt;, Bergen: Recruiting (as of September 1, 2026) Oslo",
        "Country not in our copy (1) Somewhere",
        "Status changed from Recruiting to Completed (registry date September 1, 2026, "
        "in our copy since September 3, 2026)",
        "Status changed from no status to Recruiting (registry date unknown, in our copy since February 1, 2026)",
        "Source: ClinicalTrials.gov, US National Library of Medicine.",
        "Our copy is of November 20, 2026",
        "Not in our copy: sponsor Not in our copy: ages",
    ):
        assert sentence in said
    assert 'href="https://clinicaltrials.gov/study/NCT99999991"' in text


@pytest.mark.usefixtures("studies")
def test_a_study_that_the_registry_lost_says_so(client: TestClient) -> None:
    for address in (LIST + "NCT99999911", LIST + "?page=3", LIST + "?page=2", LIST):
        text = plain(client.get(address).text)
        if "NCT99999911" in text:
            assert "Not seen in the registry since October 1, 2026." in text
            break
    assert "The registry last sent us" not in plain(client.get(LIST + "NCT99999911").text)


def test_the_shipped_copy_says_how_it_came_about(client: TestClient) -> None:
    text = plain(client.get(LIST + "NCT05938725").text)
    assert "Our copy was put together on November 22, 2026 from public copies of the records" in text
    assert "The registry last sent us" not in text
    assert "Our copy has seen no change so far." in text


def test_what_a_status_means_comes_from_its_entry(client: TestClient, knowledge: SmallKnowledge) -> None:
    name = "trials-status-active-not-recruiting"
    live = knowledge.answerer.release
    answer = "The study goes on.\n\nNot this."
    meaning = replace(live.revisions[0].entry, id=name, topic="trials", question="What is active?", answer=answer)
    revision = Revision(meaning, 1, "hash", "starter", (), "editorial", dt.datetime(2026, 11, 22))
    knowledge.answerer.release = Release(8, (*live.revisions, revision), live.published_at, "starter")
    text = client.get(LIST + "NCT05938725").text
    assert "<p>The study goes on.</p>" in text
    assert "Not this" not in text
    assert f'<a href="/library/{name}">What is active?</a>' in text


@pytest.mark.parametrize("written", ["nct05938725", "NCT 0593 8725", "05938725", "nct-o5938725"])
def test_a_number_in_another_spelling_leads_to_its_page(client: TestClient, written: str) -> None:
    away = client.get(LIST + written, follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (307, "/library/trials/NCT05938725")


def test_the_list_is_found_without_its_slash(client: TestClient) -> None:
    assert client.get("/library/trials", follow_redirects=False).headers["location"] == LIST


@pytest.mark.parametrize(
    ("written", "meant"),
    [("NCT05938726", ["NCT05938725"]), ("NCT0593872", ["NCT05938725"]), ("NCT05938275", ["NCT05938725"])],
)
def test_an_unknown_number_suggests_one_that_is_a_slip_away(client: TestClient, written: str, meant: list[str]) -> None:
    response = client.get(LIST + written, headers=BROWSER)
    assert response.status_code == 404
    assert "Did you mean this one?" in response.text
    assert numbers(response.text) == meant


@pytest.mark.parametrize("written", ["NCT11111111", "NCT1", "who", "<script>", "%00", "%0d%0aA: b", "x" * 2000])
def test_an_unknown_number_is_a_calm_page(client: TestClient, written: str) -> None:
    response = client.get(LIST + written, headers=BROWSER)
    assert response.status_code == 404
    assert "<script" not in response.text
    assert f'href="{LIST}"' in response.text
    assert ("https://clinicaltrials.gov/study/NCT11111111" in response.text) == (written == "NCT11111111")


def test_a_search_of_the_library_leads_to_the_pages_of_studies(
    client: TestClient, knowledge: SmallKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    answerer = knowledge.answerer
    assert LIST + "NCT" not in client.post("/library/", data={"q": "is lupus contagious"}).text
    monkeypatch.setattr(answerer, "answer", lambda asked: answerer.trials.by_search(asked.text, None)[0])
    text = client.post("/library/", data={"q": "lupus nephritis trials in the united states"}).text
    assert '<a href="/library/trials/NCT05938725">NCT05938725: KYSA-1' in text


def test_the_library_and_the_sitemap_lead_to_the_studies(client: TestClient, studies: TrialAnswers) -> None:
    assert f'href="{LIST}"' in client.get("/library/").text
    found = ElementTree.fromstring(client.get("/library/sitemap.xml").content)
    space = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    rows = {row.findtext("m:loc", "", space): row.findtext("m:lastmod", None, space) for row in found}
    assert f"{HOST}{LIST}" in rows
    assert rows[f"{HOST}{LIST}NCT99999991"] == "2026-09-03"
    assert rows[f"{HOST}{LIST}NCT99999911"] == "2026-10-01"
    assert {f"{HOST}{LIST}{study.nct_id}" for study in studies.shelf.studies} <= set(rows)


@pytest.mark.usefixtures("studies")
def test_search_engines_keep_the_whole_list_only(client: TestClient) -> None:
    assert "noindex" not in client.get(LIST).text
    for narrowed in ("?country=Germany", "?page=2"):
        assert '<meta name="robots" content="noindex">' in client.get(LIST + narrowed).text


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize("address", ["", "?country=Germany", "NCT99999991", "changes.atom", "NCT99999991/changes.atom"])
def test_nothing_is_kept_about_a_reader(client: TestClient, address: str) -> None:
    assert "set-cookie" not in client.get(LIST + address).headers


def test_a_small_page_is_a_setting(parts: Parts, studies: TrialAnswers) -> None:
    small = replace(parts, settings=replace(parts.settings, trials_page=5))
    with TestClient(build(small), HOST) as client:
        assert numbers(client.get(LIST).text) == [study.nct_id for study in studies.shelf.studies[:5]]


def test_a_copy_without_a_study_has_a_list_that_says_so(
    client: TestClient, knowledge: SmallKnowledge, phrases: Phrases
) -> None:
    knowledge.answerer.trials = TrialAnswers(RegistryCopy((), NEWEST, 1), phrases.of("en"))
    assert "There is no study in our copy." in client.get(LIST).text
