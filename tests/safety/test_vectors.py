"""Every example in the vector files gets the card it must get; all misses are shown at once."""

from __future__ import annotations

from typing import Any

from safety import ADVICE_RULES, EMERGENCY_RULES, Rules
from tests.safety.conftest import examples, remembered, rule_ids


def misses(rules: Rules, rows: list[dict[str, Any]]) -> list[str]:
    found = []
    for row in rows:
        finding = rules.check(row["text"], **remembered(row))
        got = finding and {"kind": finding.kind, "card": finding.card, "locale": finding.locale}
        if got != row["expect"]:
            found.append(f"{row['text'][-120:]!r}: expected {row['expect']}, got {finding}")
    return found


def test_each_emergency_and_each_near_miss_is_told_apart(emergencies: Rules) -> None:
    found = misses(emergencies, examples("vectors.jsonl"))
    assert not found, "\n".join(found)


def test_each_request_for_advice_is_told_from_a_question(advice: Rules) -> None:
    found = misses(advice, examples("advice_vectors.jsonl"))
    assert not found, "\n".join(found)


def test_the_examples_are_many_and_each_stands_once() -> None:
    for name, wanted, calm in (("vectors.jsonl", 350, 250), ("advice_vectors.jsonl", 600, 600)):
        rows = examples(name)
        assert sum(row["expect"] is not None for row in rows) >= wanted
        assert sum(row["expect"] is None for row in rows) >= calm
        assert len({(row["text"], *remembered(row).values()) for row in rows}) == len(rows)


def test_every_rule_has_an_example_that_it_decides(emergencies: Rules, advice: Rules) -> None:
    for rules, file, name in (
        (emergencies, EMERGENCY_RULES, "vectors.jsonl"),
        (advice, ADVICE_RULES, "advice_vectors.jsonl"),
    ):
        findings = (rules.check(row["text"], **remembered(row)) for row in examples(name))
        assert {finding.rule for finding in findings if finding} == rule_ids(file)
