"""The JSON that other programs read: nothing is lost on the way, and it is what the published schemas say."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from knowledge.answer import Answerer
from knowledge.codec import (
    answer_from_json,
    answer_to_json,
    content_hash,
    entry_body,
    entry_from_json,
    entry_to_json,
)
from knowledge.files import read_folder
from knowledge.model import Answer, Choice, Context, Entry, Question, Quiz
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import Knowledge
from tests.knowledge.samples import CARD, ENTRIES, TEA

SCHEMAS = Path(__file__).parent.parent.parent / "docs" / "schemas"
QUIZ = Quiz("What is tea?", (Choice("A drink", "Yes.", True), Choice("A stone", "No.", False)))

QUESTIONS = (
    Question("what is lupus"),
    Question("how do i do cpr on a baby"),
    Question("is car-t approved for lupus", context=Context(region="DE")),
    Question("should I stop taking prednisone"),
    Question("what is the capital of france"),
    Question("¿qué es el lupus?"),
    Question("is NCT05938725 recruiting"),
    Question("NCT00000001"),
    Question("what about NCT12"),
    Question("NCT05938725 or NCT06106893"),
    Question("skin"),
    Question("cells"),
    Question(""),
)


@functools.cache
def validator(name: str) -> Draft7Validator:
    schema = json.loads((SCHEMAS / f"{name}.v1.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def wrong(name: str, row: Any) -> list[str]:
    """What the schema finds wrong with a value, after it has travelled as JSON text."""
    travelled = json.loads(json.dumps(row))
    return [
        f"{'/'.join(map(str, fault.path))}: {fault.message[:200]}" for fault in validator(name).iter_errors(travelled)
    ]


def shipped_entries() -> tuple[Entry, ...]:
    return read_folder(SHIPPED_CONTENT).entries


def answers(knowledge: Knowledge) -> Iterator[Answer]:
    """Every kind of answer that the room gives, and each entry in each of its forms."""
    answerer = knowledge.live()
    yield from map(answerer.answer, QUESTIONS)
    for revision in (*answerer.asked("en"), *answerer.asked("es")):
        entry, asked = revision.entry, Question("", revision.entry.locale)
        if entry.answer_kind == "card":
            kind = "crisis" if entry.id == "crisis" else "emergency"
            yield knowledge.card_answer(entry.id, entry.locale, kind, None)  # type: ignore[arg-type]
            continue
        yield answerer.entry_answer(entry.id, asked)
        yield answerer.sources_answer(entry.id, asked)
        yield from filter(None, (answerer.part_answer(entry.id, part, asked) for part in ("simpler", "more")))
    for number in (study.nct_id for study in answerer.trials.shelf.studies):
        yield answerer.trials.by_numbers((number,), answerer.entry)
    for text in ("lupus trials in germany", "phase 1 car-t", "trials on the moon", "", "only recruiting studies"):
        yield answerer.trials.by_search(text, None)[0]
    named = answerer.trials.by_name("KYSA-1", answerer.entry)
    assert named is not None
    yield named


def test_every_shipped_entry_comes_back_as_it_was() -> None:
    for entry in (*shipped_entries(), replace(TEA, quiz=QUIZ)):
        assert entry_from_json(json.loads(entry_body(entry))) == entry


def test_equal_entries_have_equal_hashes_and_any_change_shows() -> None:
    assert content_hash(replace(TEA)) == content_hash(TEA)
    changed = [replace(TEA, more="x"), replace(TEA, locale="es"), replace(TEA, quiz=QUIZ), replace(TEA, phrasings=())]
    assert len({content_hash(entry) for entry in [TEA, *changed]}) == 5


def test_every_entry_is_what_its_schema_says() -> None:
    for entry in (*shipped_entries(), *ENTRIES, replace(TEA, quiz=QUIZ)):
        assert wrong("entry", entry_to_json(entry)) == [], entry.id


def test_every_answer_comes_back_as_it_was(shipped: Knowledge) -> None:
    for answer in answers(shipped):
        assert answer_from_json(json.loads(json.dumps(answer_to_json(answer)))) == answer


def test_every_answer_is_what_its_schema_says(shipped: Knowledge) -> None:
    given = list(answers(shipped))
    faults = [
        (answer.kind, answer.entry, fault) for answer in given for fault in wrong("answer", answer_to_json(answer))
    ]
    assert faults == []
    kinds = {"answer", "steps", "trials", "emergency", "crisis", "defer", "abstain", "clarify"}
    assert {answer.kind for answer in given} == kinds


@pytest.mark.parametrize(
    "damage",
    [
        {"colour": "red"},
        {"checked_on": "22 November 2026"},
        {"checked_on": None},
        {"id": "Tea what"},
        {"topic": "tea"},
        {"phrasings": "tea"},
        {"question": "two\nlines"},
        {"answer": ""},
        {"quiz": {"question": "What?", "choices": []}},
        {"quiz": {"question": "What?", "choices": [{"text": "a", "correct": True}] * 2}},
        {"as_of": "2026-13-01"},
    ],
)
def test_the_schema_of_an_entry_finds_what_is_wrong(damage: dict[str, Any]) -> None:
    assert wrong("entry", {**entry_to_json(TEA), **damage})


@pytest.mark.parametrize("key", entry_to_json(TEA))
def test_the_schema_of_an_entry_misses_no_key(key: str) -> None:
    row = entry_to_json(TEA)
    del row[key]
    assert wrong("entry", row)


@pytest.fixture
def trial(answerer: Answerer) -> dict[str, Any]:
    return answer_to_json(answerer.answer(Question("NCT05938725")))


@pytest.mark.parametrize(
    "damage",
    [
        {"colour": "red"},
        {"version": 2},
        {"kind": "guess"},
        {"blocks": []},
        {"blocks": [{"type": "paragraph"}]},
        {"blocks": [{"type": "paragraph", "runs": [{"text": ""}]}]},
        {"blocks": [{"type": "paragraph", "runs": [{"text": "x", "href": "javascript:alert(1)"}]}]},
        {"blocks": [{"type": "list", "runs": [{"text": "x"}]}]},
        {"blocks": [{"type": "trial", "items": [[{"text": "x"}]]}]},
        {"blocks": [{"type": "trial", "items": [[{"text": "x"}]], "data": {"nct_id": "NCT05938725"}}]},
        {"blocks": [{"type": "html", "runs": [{"text": "x"}]}]},
        {"confidence": 1.5},
        {"confidence": -0.1},
        {"revision": 0},
        {"sources": [{"key": "place"}]},
        {"provenance": [{"kind": "model", "id": "x", "number": None, "as_of": None}]},
        {"follow_ups": [{"title": "x"}]},
    ],
)
def test_the_schema_of_an_answer_finds_what_is_wrong(trial: dict[str, Any], damage: dict[str, Any]) -> None:
    assert wrong("answer", trial) == []
    assert wrong("answer", {**trial, **damage})


def test_the_schema_of_an_answer_misses_no_key(trial: dict[str, Any]) -> None:
    for key in trial:
        assert wrong("answer", {name: value for name, value in trial.items() if name != key}), key


@pytest.mark.parametrize("row", [{}, {"kind": "answer"}, {"blocks": 5}])
def test_an_answer_of_another_shape_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        answer_from_json(row)


def test_changing_the_json_of_an_answer_does_not_change_the_answer(answerer: Answerer) -> None:
    answer = answerer.answer(Question("what is lupus"))
    before = json.dumps(answer_to_json(answer))
    row = answer_to_json(answer)
    row["sources"][0]["title"] = "another"
    row["provenance"][0]["id"] = "another"
    row["follow_ups"][0]["message"] = "another"
    assert json.dumps(answer_to_json(answer)) == before


def test_a_card_is_an_entry_like_any_other() -> None:
    assert entry_from_json(entry_to_json(CARD)) == CARD
