"""Nothing that is asked is in the index that is asked, and the fits find the weights that made the cases."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from bench import retrieval
from bench.retrieval import Case, Rivals, as_written, by_author, fit_confidence, fit_scores, training
from knowledge.model import Entry
from knowledge.search.confidence import Evidence, Weights, confidence
from knowledge.search.index import SCORING, Index
from knowledge.wiring import Knowledge

pytestmark = pytest.mark.takes_long

EVERY = slice(None, None, 400)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Index]]:
    """Every text that a case was made of, with the index that was asked."""
    rows: list[tuple[str, Index]] = []

    def case(text: str, index: Index, *others: object, **more: object) -> Case:
        rows.append((text, index))
        return Case(Evidence(), (), frozenset())

    monkeypatch.setattr(retrieval, "_case", case)
    return rows


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three parts and authors: each costs an index of its own, and tells the same."""
    authors = dict(list(by_author().items())[:3])
    monkeypatch.setattr(retrieval, "PARTS", 3)
    monkeypatch.setattr(retrieval, "by_author", lambda: authors)


def held(index: Index) -> set[str]:
    return {text for entry in index.entries for text in entry.phrasings}


def test_a_phrasing_is_asked_of_an_index_without_it(shipped: Knowledge, asked: list[tuple[str, Index]]) -> None:
    assert list(retrieval.phrasings(shipped, EVERY, SCORING))
    assert all(text in held(shipped.live().index) and text not in held(index) for text, index in asked)


def test_a_message_is_asked_of_an_index_without_its_author(shipped: Knowledge, asked: list[tuple[str, Index]]) -> None:
    assert list(retrieval.messages(shipped, EVERY, SCORING))
    authors = {
        text: {row["text"] for row in rows} for rows in by_author().values() for text in (r["text"] for r in rows)
    }
    assert all(held(index).isdisjoint(authors[text]) for text, index in asked)


def test_a_message_is_asked_of_an_index_without_what_answers_it(
    shipped: Knowledge, asked: list[tuple[str, Index]]
) -> None:
    assert list(retrieval.without_entry(shipped, slice(None, None, 100), SCORING))
    answers = {row["text"]: row["accept"] for row in training()}
    assert all({entry.id for entry in index.entries}.isdisjoint(answers[text]) for text, index in asked)


def test_an_outside_question_is_asked_of_an_index_without_it(
    shipped: Knowledge, asked: list[tuple[str, Index]]
) -> None:
    assert list(retrieval.outside(shipped, slice(None, None, 80), SCORING))
    for text, index in asked:
        assert text in shipped.background
        assert text not in {passage.text for passage in index._prepared if passage.kind == "outside"}


def test_a_changed_release_keeps_all_else(shipped: Knowledge) -> None:
    release = shipped.live().release

    def change(entry: Entry) -> Entry | None:
        return None if entry.id == "lupus-cure" else replace(entry, phrasings=entry.phrasings[:1])

    changed = retrieval.changed(release, change)
    kept = {revision.entry.key: revision.entry for revision in changed.revisions}
    assert {revision.entry.key for revision in release.revisions} - set(kept) == {("en", "lupus-cure")}
    assert all(len(entry.phrasings) <= 1 for entry in kept.values() if entry.locale == "en")


def test_each_message_names_entries_that_there_are(shipped: Knowledge) -> None:
    known = {entry.id for entry in shipped.live().index.entries}
    assert all(known.issuperset(row["accept"]) for row in training())
    assert {row["author"] for row in training()} == set(retrieval.OF_MESSAGE)


def test_the_fit_of_the_confidence_finds_the_weights_that_made_the_cases() -> None:
    made = Weights(0.5, 0.8, 1.0, 3.0, -2.0, -2.0, -1.0, 0.7, -0.5)
    chance = np.random.default_rng(1)
    cases = []
    for row in chance.normal(size=(20_000, len(Evidence._fields))):
        evidence = Evidence(*map(float, row))
        hit = "right" if chance.random() < confidence(evidence, made) else "wrong"
        cases.append(Case(evidence, (hit,), frozenset(["right"]), 1.0))
    found = fit_confidence(cases)
    off = [abs(confidence(case.evidence, found) - confidence(case.evidence, made)) for case in cases]
    assert np.mean(off) < 0.03
    # What both models share, their constants, one can take from the other; what only one weighs, it weighs alike.
    slopes = [(one, other) for name, one, other in zip(Weights._fields, found, made) if name not in CONSTANTS]
    assert all(abs(one - other) < 0.35 * abs(other) for one, other in slopes)


CONSTANTS = ("first", "published")


def test_the_fit_of_the_scores_leans_on_what_tells_the_right_entry() -> None:
    chance = np.random.default_rng(2)
    found = []
    for _ in range(200):
        right = np.arange(5) == 0
        figures = chance.normal(size=(5, 2))
        figures[0, 0] += 1.0
        found.append(Rivals(figures, (figures,), right))
    scoring = fit_scores(found, SCORING)
    assert scoring.share > 3 * abs(scoring.usage)
    assert scoring.other_age == SCORING.other_age


def test_weights_are_printed_as_they_stand_in_the_code() -> None:
    printed = as_written("WEIGHTS = Weights", {"first": 0.12345, "chance": -2.0})
    assert printed == "WEIGHTS = Weights(\n    first=0.123,\n    chance=-2.000,\n)"
    assert re.fullmatch(r"\w+ = \w+\((\n    \w+=-?\d+\.\d{3},)+\n\)", printed)
