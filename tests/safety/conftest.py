"""The rules as they are shipped, and the examples every reader of them must agree on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from safety import ADVICE_RULES, EMERGENCY_RULES, Rules
from tests.shipped import shipped_rules

ROOM = EMERGENCY_RULES.parent


def examples(name: str) -> list[dict[str, Any]]:
    lines = (ROOM / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def remembered(row: dict[str, Any]) -> dict[str, bool]:
    """What a conversation knows already when the example is said in it."""
    return {name: row.get(name, False) for name in ("therapy", "suppressed")}


def rule_ids(file: Path) -> set[str]:
    return {rule["id"] for rule in json.loads(file.read_text(encoding="utf-8"))["rules"]}


@pytest.fixture(scope="session")
def emergencies() -> Rules:
    return shipped_rules(EMERGENCY_RULES)


@pytest.fixture(scope="session")
def advice() -> Rules:
    return shipped_rules(ADVICE_RULES)


@pytest.fixture(scope="session")
def shipped_cards() -> Path:
    return ROOM.parent / "knowledge" / "content"
