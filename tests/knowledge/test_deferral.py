"""A deferral says who decides and what to ask, and never decides anything itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from knowledge.answer import Answerer
from knowledge.deferral import _RULES, about, may_stand_beneath, signs
from knowledge.model import Answer, Context, Question
from safety import ADVICE_RULES
from safety.cards import fill
from tests.safety.conftest import examples, rule_ids
from tests.shipped import shipped_rules

REQUESTS = [row["text"] for row in examples("advice_vectors.jsonl") if row["expect"]]
DOSE = re.compile(r"[0-9]+(?:[.,][0-9]+)? ?(?:mg|g|kg|ml|milligram|tablet|pill|day|week|month|hour|%)", re.IGNORECASE)
VERDICT = re.compile(
    r"^(yes|no|sure|of course|go ahead|sí)[,.!:]|\bthat is (fine|safe|ok|normal|bad)\b"
    r"|\byou (can|may|should|must|could) (safely |just )?(stop|start|take|skip|double|halve|switch|restart|have|get)\b",
    re.IGNORECASE,
)


def runs(answer: Answer) -> Iterator[str]:
    for block in answer.blocks:
        for row in (block.runs, *block.items):
            if row:
                yield "".join(run.text for run in row)


def published(answerer: Answerer, answer: Answer) -> list[str]:
    """All that the entry beneath may say, with its slots filled."""
    if answer.entry is None:
        return []
    entry = answerer.live(answer.entry).entry
    return [fill(part, answerer.slots(entry, None)) for part in (entry.answer, *entry.steps)]


@pytest.fixture(scope="module")
def deferrals(answerer: Answerer) -> list[tuple[str, Answer]]:
    return [(text, answerer.answer(Question(text))) for text in REQUESTS]


def test_no_deferral_holds_a_dose_or_a_verdict_outside_of_published_text(
    answerer: Answerer, deferrals: list[tuple[str, Answer]]
) -> None:
    questions = {revision.entry.question for revision in answerer.asked()}
    assert [offer.title for _, answer in deferrals for offer in answer.follow_ups if DOSE.search(offer.title)] == []
    wrong = []
    for text, answer in deferrals:
        founded = published(answerer, answer)
        own = [run for run in runs(answer) if run not in questions and not any(run in part for part in founded)]
        wrong += [(text, run) for run in own if DOSE.search(run) or VERDICT.search(run)]
    assert wrong == []


def test_what_stands_beneath_is_never_a_verdict_or_a_figure(
    answerer: Answerer, deferrals: list[tuple[str, Answer]]
) -> None:
    shown = {answer.entry for _, answer in deferrals if answer.entry}
    assert shown
    for entry in (answerer.live(name).entry for name in shown):
        assert entry.answer_kind == "text"
        assert not entry.figures
        assert not VERDICT.search(entry.answer)


def test_every_deferral_names_somebody_who_can_decide_and_two_questions(
    deferrals: list[tuple[str, Answer]],
) -> None:
    for text, answer in deferrals:
        assert answer.kind == "defer", text
        said = list(runs(answer))
        assert re.search("doctor|pharmacist|team|médico|equipo", said[0]), text
        assert all(question.endswith("?") for question in said[2:4]), text


def test_no_word_of_the_person_comes_back(deferrals: list[tuple[str, Answer]]) -> None:
    assert [text for text, answer in deferrals if any(len(text) > 25 and text in run for run in runs(answer))] == []


def test_the_rest_of_a_deferral_is_the_published_text_with_its_source_and_date(answerer: Answerer) -> None:
    answer = answerer.answer(Question("8 weeks pregnant and still on cellcept, what now"))
    assert (answer.kind, answer.entry) == ("defer", "lupus-medicines-pregnancy")
    assert answer.sources
    assert answer.checked_on
    assert [origin.id for origin in answer.provenance] == ["lupus-medicines-pregnancy"]
    assert answer.follow_ups[0].title == answerer.live("lupus-pregnancy-warning-signs").entry.question


def test_the_signs_that_cannot_wait_are_offered_by_their_published_question(
    answerer: Answerer, deferrals: list[tuple[str, Answer]]
) -> None:
    for text, answer in deferrals:
        urgent = signs(about(text, None), text)
        assert urgent is None or answerer.entry(urgent), text
        if answer.locale == "en":
            live = {revision.entry.question for revision in answerer.asked()}
            parts = {answerer.say("button_simpler"), answerer.say("button_more")}
            assert {offer.message for offer in answer.follow_ups} <= live | parts, text


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("i had car-t in may, should i fly on friday", "car-t-warning-signs-home"),
        ("i have a fever, do i skip my imuran", "lupus-fever-on-medicines"),
        ("i took two prednisone instead of one, what do i do", "cpr-poison-help"),
        ("i am pregnant and on cellcept, should i stop", "lupus-pregnancy-warning-signs"),
        ("is my rash lupus", "lupus-emergency-signs"),
        ("would i qualify for the car-t study", None),
    ],
)
def test_the_signs_fit_the_person(text: str, entry: str | None) -> None:
    found = shipped_rules(ADVICE_RULES).check(text)
    assert signs(about(text, found.rule if found else None), text) == entry


def test_nothing_stands_beneath_a_result_or_a_symptom(answerer: Answerer) -> None:
    entry = answerer.live("lupus-nsaids").entry
    assert may_stand_beneath(entry, "combining")
    assert not may_stand_beneath(entry, "result")
    assert not may_stand_beneath(entry, "symptom")
    assert not may_stand_beneath(replace(entry, figures=("5 mg",)), "combining")
    assert not may_stand_beneath(replace(entry, answer_kind="yes_no"), "combining")


def test_the_nearest_entry_is_the_first_origin_of_a_deferral_that_shows_none(answerer: Answerer) -> None:
    answer = answerer.answer(Question("my ana is positive, do i have lupus"))
    assert (answer.kind, answer.entry) == ("defer", None)
    assert answer.provenance[0].id == "lupus-positive-ana"
    assert answer.confidence


def test_where_what_was_found_first_may_not_be_named_nothing_stands_in_its_place(answerer: Answerer) -> None:
    """Its question holds an amount; the next best would be told as if it had been asked for."""
    answer = answerer.answer(Question("should i take 5 mg prednisone or less"))
    assert (answer.kind, answer.entry, answer.confidence) == ("defer", None, 0.0)


def test_every_rule_but_those_about_several_things_says_what_its_requests_are_about() -> None:
    mixed = {"es-resultado-o-diagnostico", "a-choice-about-my-treatment"}
    assert rule_ids(ADVICE_RULES) - mixed == set(_RULES)


def test_a_request_that_no_rule_found_is_sorted_by_its_words(answerer: Answerer) -> None:
    context = Context(seeks_advice=True)
    answer = answerer.answer(Question("the bloods are odd this time and nobody rings back", context=context))
    assert next(runs(answer)) == answerer.say("defer_result")


@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_kind_has_its_words_in_both_languages(answerer: Answerer, locale: str) -> None:
    for kind in {*_RULES.values(), "other"}:
        for key in (f"defer_{kind}", f"defer_{kind}_ask_first", f"defer_{kind}_ask_second"):
            assert answerer.say(key, locale)
            if locale == "es":
                assert answerer.say(key, locale) != answerer.say(key)


def test_in_spanish_the_decision_is_left_to_the_care_team_in_spanish(answerer: Answerer) -> None:
    answer = answerer.answer(Question("puedo dejar la prednisona"))
    assert (answer.kind, answer.locale, answer.follow_ups) == ("defer", "es", ())
    assert "médico" in next(runs(answer))
