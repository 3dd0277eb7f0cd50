"""Feeds of the trial registry: what RFC 4287 asks for, ids that stay, and nothing sent twice."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from knowledge.phrases import Phrases
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import Change, RegistryCopy
from tests.trials_registry import NEWEST, records, registry_copy
from tests.web.conftest import HOST, SmallKnowledge
from tests.web.test_trials import GONE, MOVED
from web.app import build
from web.parts import Parts

ALL = "/library/trials/changes.atom"
SITE = "https://lantern.hospital.example"
ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
TAG = re.compile(r"tag:[a-z0-9.-]+,[0-9]{4}:[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
FEEDS = (
    ALL,
    f"{ALL}?condition=lupus+nephritis&country=Norway",
    f"{ALL}?country=Albania",
    f"{ALL}?recruiting_only=true",
)


@pytest.fixture
def copy() -> RegistryCopy:
    made_up = registry_copy(records(40))
    return replace(made_up, studies=(*made_up.studies, MOVED, GONE))


@pytest.fixture
def client(parts: Parts, knowledge: SmallKnowledge, phrases: Phrases, copy: RegistryCopy) -> Iterator[TestClient]:
    """A door that knows its own address."""
    knowledge.answerer.trials = TrialAnswers(copy, phrases.of("en"))
    with TestClient(build(replace(parts, settings=replace(parts.settings, site_address=SITE))), HOST) as client:
        yield client


def feed(client: TestClient, address: str) -> ElementTree.Element:
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == "application/atom+xml"
    return ElementTree.fromstring(response.content)


def one(element: ElementTree.Element, name: str) -> str:
    [found] = element.findall(ATOM + name)
    return (found.text or "").strip()


def link(element: ElementTree.Element, relation: str) -> str:
    [found] = [row for row in element.findall(f"{ATOM}link") if row.get("rel") == relation]
    return str(found.get("href"))


def entries(client: TestClient, address: str) -> dict[str, ElementTree.Element]:
    return {one(entry, "id"): entry for entry in feed(client, address).findall(f"{ATOM}entry")}


def text(entry: ElementTree.Element) -> str:
    return "\n".join("".join(row.itertext()) for row in entry.iter(f"{XHTML}p"))


@pytest.mark.parametrize("address", [*FEEDS, "/library/trials/NCT99999991/changes.atom"])
def test_a_feed_has_what_the_standard_asks_for(client: TestClient, address: str) -> None:
    found = feed(client, address)
    assert found.tag == f"{ATOM}feed"
    assert one(found, "title")
    assert TAG.fullmatch(one(found, "id"))
    assert found.findtext(f"{ATOM}author/{ATOM}name") == "Lantern"
    assert link(found, "self") == SITE + address.replace("+", "%20")
    assert link(found, "alternate").startswith(SITE)
    assert "ClinicalTrials.gov, US National Library of Medicine" in one(found, "rights")
    days = [one(found, "updated")]
    ids = [one(found, "id")]
    for entry in found.findall(f"{ATOM}entry"):
        ids.append(one(entry, "id"))
        days.append(one(entry, "updated"))
        assert one(entry, "title")
        assert link(entry, "alternate").startswith(f"{SITE}/library/trials/NCT")
        [content] = entry.findall(f"{ATOM}content")
        assert content.get("type") == "xhtml"
        assert [child.tag for child in content] == [f"{XHTML}div"]
        assert "This is not a recommendation." in text(entry)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", day) for day in days)
    assert days[0] == max(days)
    assert all(TAG.fullmatch(name) for name in ids)
    assert len(set(ids)) == len(ids)


def test_both_dates_of_a_change_are_told(client: TestClient) -> None:
    told = entries(client, "/library/trials/NCT99999991/changes.atom")
    closed, opened = told.values()
    assert one(closed, "updated") == "2026-09-03T00:00:00Z", "there is news here since our copy has it"
    assert one(closed, "title") == "Completed (as of September 1, 2026): Cells <for> lupus & more"
    assert "(registry date September 1, 2026, in our copy since September 3, 2026)" in text(closed)
    assert one(opened, "title").startswith("Recruiting (date unknown): ")


def test_a_study_that_the_registry_lost_is_news(client: TestClient) -> None:
    told = entries(client, "/library/trials/NCT99999911/changes.atom")
    assert [one(entry, "title") for entry in told.values()] == ["Not seen in the registry since October 1, 2026: Gone"]


def test_who_follows_recruiting_studies_hears_that_one_stopped(client: TestClient) -> None:
    told = entries(client, f"{ALL}?recruiting_only=true&country=Norway")
    assert [one(entry, "updated")[:10] for entry in told.values()] == ["2026-09-03", "2026-02-01"]
    listed = client.get("/library/trials/?recruiting_only=true&country=Norway").text
    assert "NCT99999991" not in listed.partition("<ol")[2]


def test_ids_stay_when_more_happens_and_the_copy_is_another(
    client: TestClient, knowledge: SmallKnowledge, phrases: Phrases, copy: RegistryCopy
) -> None:
    before = entries(client, ALL)
    change = Change("COMPLETED", "TERMINATED", NEWEST, NEWEST)
    moved = replace(MOVED, status="TERMINATED", status_as_of=NEWEST, changes=(change, *MOVED.changes))
    later = replace(copy, studies=(*copy.studies[:-2], moved, GONE), made=dt.date(2026, 12, 1), number=9)
    knowledge.answerer.trials = TrialAnswers(later, phrases.of("en"))
    after = entries(client, ALL)
    assert set(before) < set(after)
    [new] = set(after) - set(before)
    assert one(after[new], "updated") == "2026-11-20T00:00:00Z"
    assert next(iter(after)) == new, "the newest comes first"


def test_ids_do_not_hang_on_the_name_by_which_the_site_was_called(client: TestClient) -> None:
    there = client.get(ALL, headers={"Host": "localhost"}).text
    assert there == client.get(ALL).text
    assert "tag:lantern.hospital.example,2026:trials/NCT99999991/2026-09-03/recruiting-completed" in there


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]:8080", "localhost"])
def test_without_a_set_address_ids_are_whole_tags_all_the_same(parts: Parts, host: str) -> None:
    with TestClient(build(parts), HOST) as client:
        found = ElementTree.fromstring(client.get(ALL, headers={"Host": host}).content)
    assert TAG.fullmatch(one(found, "id"))
    assert link(found, "self") == f"http://{host}{ALL}"


@pytest.mark.parametrize("address", FEEDS)
def test_what_a_reader_has_is_not_sent_again(client: TestClient, address: str) -> None:
    first = client.get(address)
    mark, age = first.headers["etag"], first.headers["last-modified"]
    assert age == "Fri, 20 Nov 2026 00:00:00 GMT"
    for known in (
        {"If-None-Match": mark},
        {"If-None-Match": f'"another", W/{mark}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": age},
        {"If-Modified-Since": "Sun, 20 Dec 2026 00:00:00 GMT"},
    ):
        again = client.get(address, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["last-modified"]) == (mark, age)
    for other in (
        {"If-None-Match": '"another"'},
        {"If-None-Match": '"another"', "If-Modified-Since": age},
        {"If-Modified-Since": "Thu, 19 Nov 2026 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Fri, 20 Nov 2026 00:00:00"},
        {"If-Modified-Since": "Fri, 20 Nov 99999999999999999999 00:00:00 GMT"},
    ):
        assert client.get(address, headers=other).content == first.content


def test_a_second_change_on_one_day_is_told_by_the_entity_tag(
    client: TestClient, knowledge: SmallKnowledge, phrases: Phrases, copy: RegistryCopy
) -> None:
    mark = client.get(ALL).headers["etag"]
    knowledge.answerer.trials = TrialAnswers(replace(copy, studies=copy.studies[1:]), phrases.of("en"))
    assert client.get(ALL, headers={"If-None-Match": mark}).status_code == 200


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("/library/trials/", ALL),
        ("/library/trials/?country=germany&condition=sle&page=2", f"{ALL}?condition=lupus&country=Germany"),
        ("/library/trials/NCT99999991", "/library/trials/NCT99999991/changes.atom"),
    ],
)
def test_a_page_names_its_feed(client: TestClient, page: str, address: str) -> None:
    shown = client.get(page).text
    [named] = re.findall(r'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="([^"]+)">', shown)
    assert named.replace("&amp;", "&") == address
    assert f'<a href="{named}">' in shown
    back = link(feed(client, address), "alternate")
    assert urlsplit(back).path == urlsplit(page).path
    assert "page" not in parse_qs(urlsplit(back).query)


@pytest.mark.parametrize(
    "address", [f"{ALL}?country=atlantis", "/library/trials/NCT00000000/changes.atom", "/library/trials/x/changes.atom"]
)
def test_a_feed_of_something_unknown_is_none(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_feed_is_as_long_as_is_set(parts: Parts, knowledge: SmallKnowledge, phrases: Phrases) -> None:
    knowledge.answerer.trials = TrialAnswers(registry_copy(records(40)), phrases.of("en"))
    with TestClient(build(replace(parts, settings=replace(parts.settings, trials_feed=10))), HOST) as client:
        days = [one(entry, "updated") for entry in entries(client, ALL).values()]
    assert len(days) == 10
    assert days == sorted(days, reverse=True)
