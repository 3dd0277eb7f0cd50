"""Words of the glossary and emergency cards: written, approved by two people, checked and published in the studio."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.glossary import new_word
from knowledge.store.repository import KnowledgeStore
from knowledge.store.safety_checks import SafetyChecks
from storage.engine import open_engine
from tests.databases import new_sqlite
from tests.knowledge.samples import CARD, NOON, SOURCE, STEPS, TEA, publication
from tests.web.studio.conftest import Employ, begin, newest, submit
from tests.web.studio.test_safety_check import check
from web.parts import Parts

KETTLE = replace(
    new_word("kettle", "kettle", "en", TEA.checked_on, TEA.review_due),
    phrasings=("kettles",),
    answer="A pot for water.",
)
TARJETA = replace(CARD, locale="es", question="¿Qué hago con una quemadura?", answer="Llame al {emergency_number}.")
MEANING = "A pot with a lid, in which water is heated."


@pytest.fixture
def knowledge_store(tmp_path: Path) -> KnowledgeStore:
    store = KnowledgeStore(open_engine(f"sqlite:///{new_sqlite(tmp_path / 'knowledge.db', 'knowledge')}"))
    card = replace(TARJETA, steps=TARJETA.steps[:2])
    store.publish([TEA, STEPS, CARD, card, KETTLE], {SOURCE.key: SOURCE}, **publication())
    return store


@pytest.fixture
def safety_checks(tmp_path: Path) -> SafetyChecks:
    return SafetyChecks(open_engine(f"sqlite:///{tmp_path / 'knowledge.db'}"))


def test_a_word_is_changed_by_two_people_through_the_safety_check(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    page = anna.open("/studio/glossary").text
    assert "A pot for water." in page
    assert "en/word-kettle" in page
    assert "kettle" not in anna.open("/studio/").text, "a word is no answer"
    draft = begin(anna, "en/word-kettle")
    editor = anna.open(f"{draft}/edit").text
    assert ("What it means" in editor, 'name="simpler"' in editor, 'name="sources"' in editor) == (True, False, False)
    submit(anna, draft, answer=MEANING)
    assert anna.client.post(f"{draft}/approve").status_code == 403
    page = clara.open(draft)
    assert "Ask as a patient would" not in page.text
    assert clara.send(page, "/approve").status_code == 303
    assert (answer := peter.act(draft, "/studio/publish")).status_code == 409
    assert "safety check" in answer.text
    check(parts)
    assert peter.act(draft, "/studio/publish").status_code == 303
    assert newest(parts).glossary("en").terms["word-kettle"].definition == MEANING
    assert MEANING in peter.open("/studio/glossary").text
    sheet = peter.open("/studio/glossary/sign-off").text
    assert (MEANING in sheet, "Signature" in sheet) == (True, True)
    assert "Signature" in peter.open("/studio/entries/en/word-kettle/sign-off").text


def test_a_new_word_has_the_sources_of_its_facts_and_no_form_of_another(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    answer = anna.act("/studio/glossary", "/studio/glossary/new", word="Tea  leaf")
    draft = answer.headers["location"].removesuffix("/edit")
    refused = anna.act(f"{draft}/edit", "/submit", answer="", phrasings="Kettle")
    assert refused.status_code == 422
    said = html.unescape(refused.text)
    assert "write what the word means" in said
    assert "'kettle' already belongs to the word 'kettle'" in said
    refused = anna.act(f"{draft}/edit", "/submit", answer="Part of a plant\nfor 15 people {as_of}", phrasings="leaf")
    said = html.unescape(refused.text)
    for fault in ("must stand on one line", "the slot 'as_of'", "number 15 stands in none of the cited facts"):
        assert fault in said
    submit(anna, draft, answer="Part of a plant. It is for fifteen people.", phrasings="leaf", facts="TEA-001")
    [kept] = parts.knowledge.store.drafts()
    assert (kept.entry.id, kept.entry.question, kept.entry.sources) == ("word-tea-leaf", "Tea leaf", ("place",))
    assert "TEA-001" in anna.open("/studio/glossary?words=plant").text


def test_the_cards_page_says_who_approved_and_where_languages_differ(employ: Employ) -> None:
    page = html.unescape(employ("Anna", "author").open("/studio/cards").text)
    assert "2 of 2 cards are approved by no clinician yet" in page
    assert "has 2 steps, the English card 3; make them alike" in page
    assert "/studio/entries/es/scald/sign-off" in page
    assert "What is tea?" not in page


def test_a_card_is_changed_with_two_approvals(employ: Employ, parts: Parts) -> None:
    anna, peter = employ("Anna", "author"), employ("Peter", "publisher")
    draft = begin(anna, "en/scald")
    submit(anna, draft, answer="Call {emergency_number} at once.")
    check(parts)
    employ("Clara", "reviewer").act(draft, "/approve")
    assert "1 more person has to read this text" in peter.open(draft).text
    employ("Dora", "reviewer", clinician=True).act(draft, "/approve")
    assert peter.act(draft, "/studio/publish").status_code == 303
    page = peter.open("/studio/cards").text
    assert "by Clara, Dora" in page
    assert "1 of 2 cards are approved by no clinician yet" in page
    assert parts.knowledge.live().release.published_at == NOON
