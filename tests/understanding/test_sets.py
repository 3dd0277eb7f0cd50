"""Each row of a set is written as the README says, and what it accepts exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from bench.understanding.cases import FILES, rows_of
from knowledge.files import read_folder
from knowledge.model import ReplyKind
from knowledge.settings import SHIPPED_CONTENT

FOLDER = Path(__file__).parent
SETS = [folder.name for folder in sorted(FOLDER.iterdir()) if any(folder.glob("*.jsonl"))]
KEYS = {
    "questions": "id text topic style noisy facts facts_all? wants accept? accept_all? gap?",
    "emergencies": "id turns kind about language style noisy",
    "near_misses": "id turns about language style? noisy",
    "outside": "id text near about noisy ok",
    "advice": "id text about noisy",
    "dialogues": "id about turns",
    "a turn": "say kinds facts? wants same_entry? accept? gap?",
}
"""Keys of a row, in order; a question mark stands behind those that may be missing."""
ANYTHING_BUT_AN_ENTRY = {"trials"}


def has_keys(row: dict[str, Any], kind: str) -> bool:
    keys = KEYS[kind].split()
    needed = {key for key in keys if not key.endswith("?")}
    ordered = [key.rstrip("?") for key in keys if key.rstrip("?") in row]
    return list(row) == ordered and needed <= set(row)


def labels(row: dict[str, Any]) -> list[list[str]]:
    return row.get("accept_all") or ([row["accept"]] if "accept" in row else [])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", FILES)
def test_rows_are_in_their_canonical_form(name: str, kind: str) -> None:
    lines = (FOLDER / name / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    turns = [turn for row in rows if kind == "dialogues" for turn in row["turns"]]
    assert lines == [json.dumps(row, ensure_ascii=False) for row in rows]
    assert [row["id"] for row in rows if not has_keys(row, kind)] == []
    assert [turn["say"] for turn in turns if not has_keys(turn, "a turn")] == []


@pytest.mark.parametrize("name", SETS)
def test_an_id_names_one_case(name: str) -> None:
    ids = [row["id"] for kind in FILES for row in rows_of(FOLDER / name / f"{kind}.jsonl")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SETS)
def test_what_is_accepted_exists(name: str) -> None:
    """An entry that is renamed or taken out has to be renamed here, too, or another be found."""
    known = {entry.id for entry in read_folder(SHIPPED_CONTENT).entries} | ANYTHING_BUT_AN_ENTRY
    questions = rows_of(FOLDER / name / "questions.jsonl")
    turns = [turn for row in rows_of(FOLDER / name / "dialogues.jsonl") for turn in row["turns"]]
    groups = [group for row in (*questions, *turns) for group in labels(row)]
    assert {entry for group in groups for entry in group} - known == set()
    assert all(len(group) == len(set(group)) for group in groups)


@pytest.mark.parametrize("name", SETS)
def test_every_question_has_an_entry_or_is_called_a_gap(name: str) -> None:
    for row in rows_of(FOLDER / name / "questions.jsonl"):
        answered = bool(labels(row)) and all(labels(row))
        assert answered != bool(row.get("gap")), row["id"]


@pytest.mark.parametrize("name", SETS)
def test_wanted_kinds_are_kinds_of_replies(name: str) -> None:
    rows = {kind: rows_of(FOLDER / name / f"{kind}.jsonl") for kind in FILES}
    turns = [turn for row in rows["dialogues"] for turn in row["turns"]]
    wanted = {kind for row in rows["outside"] for kind in row["ok"]} | {
        kind for turn in turns for kind in turn["kinds"]
    }
    assert wanted <= set(get_args(ReplyKind))
    assert {row["kind"] for row in rows["emergencies"]} == {"emergency", "crisis"}
    assert all(row["turns"] and all(row["turns"]) for row in (*rows["emergencies"], *rows["near_misses"]))
