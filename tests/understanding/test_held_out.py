"""The held-out set is large enough to tell something, and nothing in it has been taught."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bench.understanding.cases import FILES, rows_of
from knowledge.files import read_folder
from knowledge.settings import SHIPPED_CONTENT
from tests.understanding.test_sets import FOLDER, SETS

PROJECT = FOLDER.parent.parent
LEAST = {"questions": 300, "emergencies": 200, "near_misses": 200, "outside": 200, "advice": 100, "dialogues": 40}
LEAST_NEAR = 100
"""Questions from outside that are close to what Lantern knows."""


def bare(text: str) -> str:
    """Words without case and punctuation."""
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.casefold()))) or text


def messages(name: str) -> Iterator[tuple[str, str]]:
    """(file and id, the message that counts) of a set. Dialogues are left out: everybody says "and why?"."""
    for kind in FILES:
        for row in rows_of(FOLDER / name / f"{kind}.jsonl"):
            if kind != "dialogues":
                yield f"{kind} {row['id']}", bare(row["text"] if "text" in row else row["turns"][-1])


def trial_messages(name: str) -> Iterator[tuple[str, str]]:
    """(id, message) of the cases about studies that are one message."""
    for row in rows_of(FOLDER / "trials" / name / "cases.jsonl"):
        if len(row["turns"]) == 1:
            yield f"trials {row['id']}", bare(row["turns"][0]["say"])


def taught() -> Iterator[str]:
    """All that Lantern learns from: phrasings, background questions, messages and examples, also of the rules."""
    for entry in read_folder(SHIPPED_CONTENT).entries:
        yield from (entry.question, *entry.phrasings)
    for file in SHIPPED_CONTENT.glob("*/background.txt"):
        yield from file.read_text(encoding="utf-8").splitlines()
    files = [PROJECT / "safety" / f"{name}.jsonl" for name in ("vectors", "rewordings", "cries")]
    files += [PROJECT / folder / "messages.jsonl" for folder in ("bench/training", "data/trials")]
    for file in files:
        for row in rows_of(file):
            yield row["text"]
    for row in rows_of(SHIPPED_CONTENT / "en" / "asked_next.jsonl"):
        yield row["say"]
    for file in (PROJECT / "data" / "nlu").glob("*.yml"):
        for example in re.findall(r"^ +- (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE):
            yield re.sub(r"\[([^]]*)\](\([^)]*\)|\{[^}]*\})", r"\1", example)


def test_both_sets_are_there() -> None:
    assert SETS == ["development", "held_out"]


@pytest.mark.parametrize("kind", FILES)
def test_there_are_enough_cases_of_each_kind(kind: str) -> None:
    rows = rows_of(FOLDER / "held_out" / f"{kind}.jsonl")
    assert len([row for row in rows if not row.get("gap")]) >= LEAST[kind]
    if kind == "outside":
        assert sum(row["near"] for row in rows) >= LEAST_NEAR


def test_no_held_out_message_has_been_taught() -> None:
    """Take those named here out of the held-out set; see the README."""
    known = {bare(text) for text in taught()}
    held_out = [*messages("held_out"), *trial_messages("held_out")]
    assert [case for case, text in held_out if text in known] == []


def test_no_held_out_message_is_in_the_development_set_or_twice() -> None:
    development = {text for _, text in messages("development")}
    held_out = [text for _, text in messages("held_out")]
    assert [case for case, text in messages("held_out") if text in development or held_out.count(text) > 1] == []
