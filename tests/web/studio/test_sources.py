"""Facts and sources are found, chosen and put in order in the editor, with a script and without, and a source that is
missing is added there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.model import Source
from tests.knowledge.samples import TEA
from tests.web.studio.conftest import Employ, begin, newest, submit
from web.parts import Parts

SCRIPT = {"Accept": "application/json"}
LEAFLET = {
    "source_title": "Tea  for   beginners",
    "source_organisation": "The Tea Board",
    "source_year": "2026",
    "source_address": "https://tea.example/beginners",
    "carried": "TEA-001",
}


@pytest.fixture
def others(parts: Parts) -> None:
    """Two more sources than the one that tea has."""
    with parts.knowledge.store.changing() as change:
        change.keep_sources(
            {
                "older": Source("older", "An older page about tea", "A good place", 1999),
                "kettle": Source("kettle", "Kettles <of> the world", "Museum of Water", None, None, ("TEA-001",)),
            }
        )


def drafted(parts: Parts) -> tuple[str, ...]:
    return parts.knowledge.store.drafts()[0].entry.sources


@pytest.mark.usefixtures("others")
def test_a_source_is_found_by_words_of_its_title_or_who_published_it(employ: Employ) -> None:
    anna = employ("Anna", "author")
    page = anna.open("/studio/sources?words=MUSEUM+kettles").text
    assert ("Kettles &lt;of&gt; the world" in page, "Facts: TEA-001" in page, "older" in page) == (True, True, False)
    asked = {"words": "tea", "facts": "TEA-001"}
    found = anna.client.get("/studio/sources", params=asked, headers=SCRIPT).json()["html"]
    assert found.index("It says TEA-001, which you cite") < found.index("An older page") < found.index("No fact leans")
    beside = anna.client.get("/studio/sources", params={"words": "", "facts": "TEA-001"}, headers=SCRIPT).json()["html"]
    assert ("A page about tea" in beside, "Kettles" in beside, "An older page" in beside) == (True, True, False)
    assert "No source has all these words" in anna.open("/studio/sources?words=walrus").text


@pytest.mark.usefixtures("others")
def test_sources_are_chosen_taken_out_and_put_first_without_a_script(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    found = anna.act(f"{draft}/edit", "/choose", source_words="kettles", answer="Tea is hot.")
    assert "It says TEA-001, which you cite" in found.text
    assert parts.knowledge.store.drafts()[0].entry.answer == "Tea is hot."
    both = anna.send(found, "/choose", add_sources="kettle")
    assert drafted(parts) == ("place", "kettle")
    turned = anna.send(both, "/choose", first_sources="kettle")
    assert drafted(parts) == ("kettle", "place")
    assert "Take out A page about tea" in turned.text
    left = anna.send(turned, "/choose", remove_sources="place")
    assert drafted(parts) == ("kettle",)
    bare = anna.send(left, "/choose", remove_facts="TEA-001")
    assert "says none of the facts above" in bare.text
    again = anna.send(bare, "/choose", add_facts="TEA-001", add_phrasings="hot leaf water")
    entry = parts.knowledge.store.drafts()[0].entry
    assert (entry.facts, entry.sources) == (("TEA-001",), ("kettle", "place"))
    assert entry.phrasings[-1] == "hot leaf water"
    assert again.status_code == 200


def test_what_is_chosen_is_shown_while_somebody_types(employ: Employ) -> None:
    anna = employ("Anna", "author")
    page = anna.open(f"{begin(anna)}/edit")
    seen = anna.send(page, "/look", headers=SCRIPT, sources="place\nnonsense", facts="TEA-001\nTEA-999").json()
    assert "A page about tea" in seen["chosen"]["sources"]
    assert "nonsense</strong> is no known source" in seen["chosen"]["sources"]
    assert "TEA-999</strong> is no known fact" in seen["chosen"]["facts"]
    assert "is no known source; look for the one that is meant, or add it" in seen["notes"]["sources"]


def test_a_text_that_cites_a_source_nobody_knows_is_not_submitted(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    answer = anna.act(f"{begin(anna)}/edit", "/submit", sources="place\nnonsense")
    assert (answer.status_code, "is no known source" in answer.text) == (422, True)
    assert parts.knowledge.store.drafts()[0].state == "draft"


def test_a_source_that_is_missing_is_added_read_by_a_second_person_and_shown(employ: Employ, parts: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "reviewer", "publisher")
    draft = begin(anna)
    added = anna.act(f"{draft}/edit", "/new-source", **LEAFLET)
    assert "The source is added, and this text cites it." in added.text
    assert 'value="Tea for beginners"' not in added.text
    kept = parts.knowledge.store.sources()["own-tea-board-tea-beginners"]
    told = ("Tea for beginners", "The Tea Board", 2026, "https://tea.example/beginners", ("TEA-001",))
    assert (kept.title, kept.organisation, kept.year, kept.address, kept.facts) == told
    assert "Tea for beginners" not in anna.open("/library/tea-what-is").text

    submit(anna, draft, sources=f"{kept.key}\nplace")
    read = ben.open(draft).text
    assert ("by staff: TEA-001" in read, "says TEA-001" in read) == (True, True)
    ben.act(draft, "/approve")
    assert ben.act(draft, "/studio/publish").status_code == 303
    assert [one.title for one in newest(parts).sources(newest(parts).live("tea-what-is"))] == [
        "Tea for beginners",
        "A page about tea",
    ]
    trail = ben.open("/studio/audit").text
    assert "added the source Tea for beginners" in trail
    assert "The trail is whole" in trail


@pytest.mark.usefixtures("others")
def test_of_a_source_that_is_known_it_is_noted_that_it_says_another_fact(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    chosen = anna.act(f"{draft}/edit", "/choose", add_sources="older")
    assert "says none of the facts above" in chosen.text
    entered = anna.send(chosen, "/choose", more_sources="older")
    assert 'value="An older page about tea"' in entered.text
    noted = anna.send(entered, "/new-source", carried="TEA-001")
    assert "It is noted that this source says it, too" in noted.text
    assert parts.knowledge.store.sources()["older"].facts == ("TEA-001",)
    assert drafted(parts) == ("place", "older")
    assert "says none of the facts above" not in noted.text
    assert "noted that An older page about tea says TEA-001" in anna.open("/studio/audit").text
    assert anna.act(f"{draft}/edit", "/submit").status_code == 303


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source_title": " "}, "Title is missing"),
        ({"source_organisation": ""}, "Who published it is missing"),
        ({"source_title": "x" * 301}, "at most 300 characters"),
        ({"source_title": "javascript:alert(1)"}, "holds the address of a script"),
        ({"source_year": "soon"}, "Year has four digits"),
        ({"source_year": "3026"}, "must be a year from 1900 to 2027"),
        ({"source_address": "javascript:alert(1)"}, "Address must begin with https:// or http://"),
        ({"source_address": 'https://x.example/"onclick=alert(1)'}, "Address must begin with https:// or http://"),
        ({"carried": []}, "choose at least one fact"),
        ({"carried": "TEA-002"}, "TEA-002 has to be checked again"),
        ({"carried": "TEA-999"}, "is no known fact"),
        (
            {"source_address": "https://example.org/tea", "source_year": "2025"},
            "and it says that: A page about tea",
        ),
        (
            {"source_title": "a PAGE about tea", "source_organisation": "A good  place", "source_year": "2025"},
            "there is this source already, and it says that: A page about tea",
        ),
    ],
)
def test_what_is_no_source_is_refused_in_words_and_all_text_stays(
    employ: Employ, parts: Parts, changes: dict[str, object], message: str
) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    before = parts.knowledge.store.sources()
    page = anna.act(f"{draft}/edit", "/new-source", **{**LEAFLET, "answer": "Tea is hot.", **changes})
    assert (page.status_code, message in page.text.replace("&#34;", '"')) == (422, True)
    assert "The source was not added" in page.text
    assert "Tea is hot." in page.text
    assert parts.knowledge.store.sources() == before
    assert parts.knowledge.store.drafts()[0].entry == replace(TEA, answer="Tea is hot.")
    assert "add_source" not in [row.act for row in parts.knowledge.store.audit()]
    mended = anna.send(page, "/new-source", **LEAFLET)
    assert "The source is added" in mended.text


def test_a_source_added_to_a_text_that_somebody_else_changed_is_not_added_yet(employ: Employ, parts: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "author")
    draft = begin(anna)
    hers = anna.open(f"{draft}/edit")
    ben.act(f"{draft}/edit", "/save", answer="Tea is green.")
    both = anna.send(hers, "/new-source", answer="Tea is brown.", **LEAFLET)
    assert (both.status_code, "<del>green</del><ins>brown</ins>" in both.text) == (409, True)
    assert 'value="Tea  for   beginners"' in both.text
    assert list(parts.knowledge.store.sources()) == ["place"]


def test_the_enter_key_in_a_field_does_not_ask_for_approval(employ: Employ) -> None:
    """A browser presses the first button of the form."""
    anna = employ("Anna", "author")
    form = anna.open(f"{begin(anna)}/edit").text.split('<form id="editor"')[1]
    first = form.split("<button")[1].split(">")[0]
    assert "formaction" not in first
