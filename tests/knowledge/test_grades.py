"""Grades are worked out once for a text, and anew only when they would come out otherwise."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from knowledge import review
from knowledge.codec import content_hash
from knowledge.errors import StoreUnavailable
from knowledge.grades import Grades
from knowledge.store.repository import KnowledgeStore
from tests.knowledge.samples import TEA

HARD = replace(TEA, answer="Immunosuppressive medication necessitates individualized administration.")
TEXTS = {content_hash(entry): entry for entry in (TEA, HARD)}
NAMES = re.compile("(immunosuppressive medication)", re.IGNORECASE)


def test_a_text_that_was_prepared_is_not_graded_again(store: KnowledgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Grades(store, lambda: None)
    prepared.prepare(TEXTS.values())
    before = prepared.of(TEXTS)
    assert before[content_hash(HARD)] > before[content_hash(TEA)]
    monkeypatch.setattr(review, "graded", lambda *given: pytest.fail("it was graded again"))
    assert Grades(store, lambda: None).of(TEXTS) == before


def test_with_other_rules_grades_are_made_anew(store: KnowledgeStore) -> None:
    before, after = Grades(store, lambda: None).of(TEXTS), Grades(store, lambda: NAMES).of(TEXTS)
    assert after[content_hash(HARD)] < before[content_hash(HARD)]
    assert after == Grades(store, lambda: NAMES).of(TEXTS)


def test_other_languages_have_no_grade_and_a_database_that_is_away_costs_none(store: KnowledgeStore) -> None:
    def away(*given: object) -> dict[str, float]:
        raise StoreUnavailable("gone")

    spanish = replace(TEA, locale="es")
    grades = Grades(store, lambda: None)
    store.grades = store.keep_grades = away  # type: ignore[method-assign, assignment]
    assert grades.of({content_hash(spanish): spanish, **TEXTS})[content_hash(spanish)] == 0.0
    assert grades.of(TEXTS)[content_hash(HARD)] > 10
