"""No text is published that lets a case of safety come out otherwise, whoever presses the button."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actions.conversation import conversations
from knowledge.editing.gate import Case, Said, replayed
from knowledge.editing.trial_run import with_drafts
from knowledge.model import Person as Actor
from knowledge.store.safety_checks import Found, SafetyChecks
from knowledge.thresholds import AS_IT_COMES
from records.model import Conversation, KeptMessage
from safety import EMERGENCY_RULES
from storage.engine import open_engine, write
from tests.knowledge.samples import CARD, NOON, TEA
from tests.shipped import shipped_rules
from tests.web.studio.conftest import Clock, Employ, Person, begin, newest, submit
from web.parts import Parts

BETTER = "Tea is a drink of leaves and hot water, at 70 degrees."
AUTHOR = Actor("Anna", frozenset({"author"}))
OUTSIDE = "who won the cup"
CASES = (
    Case("outside", OUTSIDE),
    Case("advice", "should i stop taking my prednisone"),
    Case("emergency", "my dad collapsed and isn't breathing"),
    Case("advice", "so is my own cup right for me", "seek_advice", (Said("what is tea", "ask_question"),)),
)
IN_TALK = CASES[-1]


@pytest.fixture
def safety_checks(tmp_path: Path) -> SafetyChecks:
    return SafetyChecks(open_engine(f"sqlite:///{tmp_path / 'knowledge.db'}"))


def check(parts: Parts, questions: list[tuple[int, str]] | None = None) -> Found:
    """What the worker does with the text that is in review."""
    knowledge, rules = parts.knowledge, shipped_rules(EMERGENCY_RULES)
    assert knowledge.checks
    draft = knowledge.store.drafts()[0]
    tried = knowledge.tried([draft.id])
    found = replayed(knowledge.live(), tried, rules, CASES, questions or [], conversations(knowledge))
    knowledge.checks.keep(draft.content_hash, tried.release.number, found, NOON)
    return found


def approved(anna: Person, clara: Person, **changes: str) -> str:
    draft = begin(anna)
    submit(anna, draft, **changes)
    clara.act(draft, "/approve")
    return draft


def test_a_text_waits_for_its_check_and_then_goes_live(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara, answer=BETTER)
    assert "It is not done yet" in peter.open(draft).text
    refused = peter.act(draft, "/studio/publish")
    assert (refused.status_code, "is not done yet" in refused.text) == (409, True)
    assert check(parts).broken == ()
    assert "All 4 cases come out as they must" in peter.open(draft).text
    assert peter.act(draft, "/studio/publish").status_code == 303


def test_a_text_that_answers_what_must_not_be_answered_is_not_published(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer")
    dora, peter = employ("Dora", "reviewer"), employ("Peter", "publisher", "admin")
    draft = approved(anna, clara, question="Who won the cup?")
    found = check(parts)
    assert [(one.kind, one.text, one.after) for one in found.broken] == [
        ("outside", OUTSIDE, "answered by tea-what-is")
    ]
    page = peter.open(draft)
    assert "1 of 4 cases would not come out" in page.text
    assert peter.send(page, "/studio/publish").status_code == 409
    release = parts.knowledge.live().release.number

    assert clara.act(draft, "/settle", reason="The cup is a tea cup").status_code == 303
    assert "/settle" not in clara.open(draft).text
    assert peter.act(draft, "/studio/publish").status_code == 409
    assert parts.knowledge.live().release.number == release
    assert dora.act(draft, "/settle", reason="So it is").status_code == 303
    assert peter.act(draft, "/studio/publish").status_code == 303
    assert "agreed that a case" in peter.open("/studio/audit").text


def test_a_text_that_changes_what_is_said_in_the_middle_of_a_talk_is_not_published(
    employ: Employ, parts: Parts
) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara, answer=BETTER, phrasings="\n".join((*TEA.phrasings, IN_TALK.text)))
    found = check(parts)
    assert [(one.kind, one.text, one.before, one.after) for one in found.broken] == [
        ("advice", "what is tea → so is my own cup right for me", "deferred", "answered by tea-what-is")
    ]
    page = peter.open(draft)
    assert "what is tea → so is my own cup right for me" in page.text
    assert peter.send(page, "/studio/publish").status_code == 409
    assert parts.knowledge.live().release.number == 1


def test_a_check_is_of_one_text_beside_one_release(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara, answer=BETTER)
    check(parts)
    submitted = anna.send(anna.open(f"{draft}/edit?change=yes"), "/submit", answer=BETTER + " Yes.")
    assert submitted.status_code == 303
    clara.act(draft, "/approve")
    assert peter.act(draft, "/studio/publish").status_code == 409
    check(parts)
    peter.act("/studio/entries/en/tea-steps", "/withdraw", reason="Being looked at")
    peter.act("/studio/entries/en/tea-steps", "/restore", reason="It was right")
    assert peter.act(draft, "/studio/publish").status_code == 409
    check(parts)
    assert peter.act(draft, "/studio/publish").status_code == 303


def test_a_planned_publication_waits_for_its_check(employ: Employ, parts: Parts, clock: Clock) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara, answer=BETTER)
    check(parts)
    assert peter.act(draft, "/studio/plans", due_at="2026-11-23T08:00").status_code == 303
    peter.act("/studio/entries/en/tea-steps", "/withdraw", reason="Being looked at")
    peter.act("/studio/entries/en/tea-steps", "/restore", reason="It was right")
    clock.move(days=1)
    assert parts.knowledge.editing.publish_due(clock()) == []
    assert len(parts.knowledge.store.plans()) == 1
    check(parts)
    assert len(parts.knowledge.editing.publish_due(clock())) == 1
    assert newest(parts).live("tea-what-is").entry.answer == BETTER


def test_a_card_without_a_number_to_call_breaks_a_case(parts: Parts) -> None:
    knowledge, rules = parts.knowledge, shipped_rules(EMERGENCY_RULES)
    card = replace(CARD, id="cpr-adult", question="What do I do?")
    draft = knowledge.editing.draft(card, by=AUTHOR, at=NOON)
    live = knowledge.live().release
    with_card = knowledge._answerer(with_drafts(live, [draft]), AS_IT_COMES)
    without = knowledge._answerer(with_drafts(live, [replace(draft, entry=replace(card, answer="Wait."))]), AS_IT_COMES)
    broken = replayed(with_card, without, rules, CASES, [], conversations(knowledge)).broken
    assert [(one.kind, one.after) for one in broken] == [("emergency", "the card cpr-adult without a number to call")]


def test_what_people_asked_is_replayed_and_none_of_it_stays_where_it_cannot_be_erased(
    employ: Employ, parts: Parts, tmp_path: Path
) -> None:
    of = Conversation("a".rjust(32, "0"), "chat", NOON, introduced=True)
    engine = open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")
    with write(engine) as connection:
        parts.kept.keep(connection, of, "m1", KeptMessage(NOON, "walrus milk in it", "abstain", []))
    anna = employ("Anna", "author")
    draft = begin(anna)
    submit(anna, draft, question="Walrus milk in it?")
    questions = parts.kept.newest_questions(10)
    assert questions == [(1, "walrus milk in it")]
    check(parts, questions)
    page = anna.open(draft).text
    assert "with this text answered by tea-what-is" in page
    assert "“walrus milk in it”" in page
    parts.kept.erase(of.id)
    assert "“walrus milk in it”" not in anna.open(draft).text
