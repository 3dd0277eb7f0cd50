"""Two readings of one file: the chat element finds in every text what the server finds."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from safety import EMERGENCY_RULES, Rules
from tests.safety.conftest import examples, remembered
from tests.safety.rough_texts import rough_texts
from tests.shipped import shipped_rules
from web.widget.rules import packed

READER = Path(__file__).with_name("findings.mjs")
ROUGH = 800
"""Texts of a test run. Many more were compared when the reading was written; each seed finds others."""

ODD = (
    "",
    " ",
    "?" * 5000,
    "a" * 20000,
    "help " * 4000,
    "collapsedcollapsedcollapsed" * 300,
    "constructor __proto__ hasOwnProperty toString valueOf",
    "my dad is not breathing " + "constructor " * 50,
    "".join(chr(code) for code in range(0x20, 0x3000)),
    " ".join(f"x{number}yzq" for number in range(3000)),
    " ".join("qwxz" + "".join(random.Random(number).choices("abcdefghij", k=5)) for number in range(900)),
)
"""Texts that are meant to break or to slow a reader."""

Read = Callable[[Iterable[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return shipped_rules(EMERGENCY_RULES)


@pytest.fixture(scope="module")
def read(node: str, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """What the chat element finds in each row."""
    served = tmp_path_factory.mktemp("rules") / "rules.json"
    served.write_bytes(packed())

    def read(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        command = [node, str(READER), str(served)]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def found(rules: Rules, text: str, known: dict[str, bool]) -> dict[str, Any]:
    """What the server finds, in the same shape."""
    finding = rules.check(text, **known)
    return {"finding": finding and vars(finding), **rules.mentions(text)._asdict()}


def test_every_example_gets_its_card(read: Read) -> None:
    rows = examples("vectors.jsonl")
    cards = [
        row["finding"] and {name: row["finding"][name] for name in ("kind", "card", "locale")} for row in read(rows)
    ]
    assert [(row["text"], card) for row, card in zip(rows, cards) if card != row["expect"]] == []
    assert len(cards) == len(rows)


def test_what_no_one_wrote_is_read_alike(read: Read, rules: Rules) -> None:
    texts = [row["text"] for row in examples("vectors.jsonl")]
    chance = random.Random(ROUGH)
    rows: list[dict[str, Any]] = [
        {"text": text, "therapy": chance.random() < 0.3, "suppressed": chance.random() < 0.3}
        for text in islice(rough_texts(texts, ROUGH), ROUGH)
    ]
    ours = [found(rules, row["text"], remembered(row)) for row in rows]
    assert sum(row["finding"] is not None for row in ours) > ROUGH // 10
    theirs = read(rows)
    assert len(theirs) == len(rows)
    assert [(row["text"], mine, other) for row, mine, other in zip(rows, ours, theirs) if mine != other] == []


def test_what_is_meant_to_break_it_is_read_alike(read: Read, rules: Rules) -> None:
    assert read({"text": text} for text in ODD) == [found(rules, text, {}) for text in ODD]
