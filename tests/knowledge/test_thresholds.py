"""How sure search must be: what staff may set, and that each process heeds it with the next message."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.engine import Engine

from knowledge.answer import Answerer
from knowledge.model import Question
from knowledge.store.effects import Counts, Effect, ThresholdEffects
from knowledge.store.repository import KnowledgeStore
from knowledge.thresholds import ADJUSTABLE, KEPT_AS, Thresholds, in_force
from tests.knowledge.samples import NOON, SOURCE, TEA, publication
from tests.running import PROJECT

MESSAGES = PROJECT / "bench" / "training" / "messages.jsonl"
EFFECTS = (Effect("answer", 0.30, Counts(3, 1), Counts(1, 0, 4), ("what is tea → and mine",)),)


def test_what_comes_with_lantern_is_among_the_choices() -> None:
    for name, adjustable in ADJUSTABLE.items():
        assert getattr(Thresholds(), name) in adjustable.choices
        assert list(adjustable.choices) == sorted(set(adjustable.choices))
    assert set(KEPT_AS.values()) == set(ADJUSTABLE)


def test_what_is_set_counts_and_what_will_not_do_is_as_it_comes() -> None:
    assert in_force({}) == Thresholds()
    assert in_force({"threshold_answer": "0.50", "region": "US"}) == Thresholds(answer=0.5)
    for value in ("0.10", "0.505", "1", "nan", "much", ""):
        assert in_force({"threshold_answer": value, "threshold_clarify": "0.80"}) == Thresholds(clarify=0.8)


def test_the_database_says_what_is_in_force_beside_the_release(store: KnowledgeStore) -> None:
    assert store.in_force() == (0, Thresholds())
    store.publish([TEA], {SOURCE.key: SOURCE}, **publication())
    with store.changing() as change:
        change.set_site_setting("threshold_clarify", "0.80", by="Eve", at=NOON)
        change.set_site_setting("contact", "503 555 0182", by="Eve", at=NOON)
    assert store.in_force() == (1, Thresholds(clarify=0.8))


def test_a_measurement_is_of_one_release_beside_one_pair_of_thresholds(store: KnowledgeStore, engine: Engine) -> None:
    effects, usual = ThresholdEffects(engine), Thresholds()
    assert effects.measurement(1, usual) is effects.wanted() is None
    effects.ask(1, usual, "Peter", NOON)
    wanted = effects.wanted()
    assert wanted == effects.measurement(1, usual)
    assert wanted
    # Something was published before the worker came to it: it measures what is live then.
    effects.keep(wanted, 2, usual, EFFECTS, NOON)
    assert effects.wanted() is effects.measurement(1, usual) is None
    found = effects.measurement(2, usual)
    assert found
    assert (found.effects, found.measured_at, found.of("answer", 0.30)) == (EFFECTS, NOON, EFFECTS[0])
    assert effects.measurement(2, Thresholds(answer=0.5)) is None


def test_what_is_measured_for_somebody_does_not_hide_that_another_asked_since(
    store: KnowledgeStore, engine: Engine
) -> None:
    effects = ThresholdEffects(engine)
    effects.ask(1, Thresholds(), "Peter", NOON)
    wanted = effects.wanted()
    assert wanted
    effects.ask(1, Thresholds(answer=0.5), "Paula", NOON)
    effects.keep(wanted, 1, Thresholds(), EFFECTS, NOON)
    waiting = effects.wanted()
    assert waiting
    assert waiting.asked_by == "Paula"


@pytest.mark.parametrize("name", ADJUSTABLE)
def test_a_lower_threshold_says_more_and_never_less(answerer: Answerer, name: str) -> None:
    rank = {"abstain": 0, "clarify": 1, "answer": 2, "steps": 2, "defer": 3}
    by = [Thresholds().with_value(name, value) for value in ADJUSTABLE[name].choices]
    moved = 0
    for text in [json.loads(row)["text"] for row in MESSAGES.read_text(encoding="utf-8").splitlines()][::60]:
        told = [rank[answers[0].kind] for answers in answerer.answers_by(Question(text), by)]
        assert told == sorted(told, reverse=True), text
        moved += len(set(told)) > 1
        for thresholds, one in zip(by, told):
            assert rank[answerer.with_thresholds(thresholds).answers(Question(text))[0].kind] == one
    assert moved
