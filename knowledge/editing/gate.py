"""The safety check: before a text is published, messages that call for safety are replayed with it.

Emergencies must bring up a card that says whom to call, requests for advice must be deferred, and what this assistant
does not know about must not be answered. Of the newest messages of people it is shown which would be answered
otherwise; that is for staff to judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.answer import Answerer
from knowledge.model import Answer, Question
from knowledge.store.safety_checks import Broken, Found, Moved
from safety import ADVICE_EXAMPLES, EMERGENCY_EXAMPLES, Rules

NEWEST_QUESTIONS = 1000
TOLD_EVERY = 250
NUMBERS = ("{emergency_number}", "{crisis_line}")
"""Slots of which every emergency card has one: whom to call."""


@dataclass(frozen=True)
class Case:
    """A message and what it must lead to: `emergency` to a card, `advice` to a deferral, `outside` to no answer."""

    kind: str
    text: str


def read_cases(outside: Iterable[str]) -> list[Case]:
    """Every case: the examples of the emergency and advice rules, and the questions that are known to be `outside`."""
    files = (("emergency", EMERGENCY_EXAMPLES), ("advice", ADVICE_EXAMPLES))
    rows = [(kind, json.loads(row)) for kind, file in files for row in file.read_text(encoding="utf-8").splitlines()]
    cases = [Case(kind, row["text"]) for kind, row in rows if row["expect"]]
    return [*cases, *(Case("outside", text) for text in outside)]


def replayed(
    before: Answerer,
    after: Answerer,
    rules: Rules,
    cases: Sequence[Case],
    questions: Sequence[tuple[int, str]],
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Found:
    """What the text in `after`, and not yet in `before`, would do. `questions`: number and text of messages."""
    of = len(cases) + len(questions)
    broken: list[Broken] = []
    for number, case in enumerate(cases):
        if number % TOLD_EVERY == 0:
            tell(number, of)
        result = _outcome(case, after, rules)
        if _is_safe(case, result):
            continue
        # What came out wrong before is no fault of this text.
        earlier = _outcome(case, before, rules)
        if _is_safe(case, earlier):
            broken.append(Broken(case.kind, case.text, earlier, result))
    moved = list(_moved(before, after, questions))
    tell(of, of)
    return Found(len(cases), len(questions), tuple(broken), tuple(moved))


def _moved(before: Answerer, after: Answerer, questions: Iterable[tuple[int, str]]) -> Iterator[Moved]:
    for number, text in questions:
        now, then = (_said(one.answer(Question(text))) for one in (before, after))
        if now != then:
            yield Moved(number, now, then)


def _outcome(case: Case, answerer: Answerer, rules: Rules) -> str:
    if case.kind != "emergency":
        return _said(answerer.answer(Question(case.text)))
    finding = rules.check(case.text)
    if finding is None:
        return "no card"
    card = answerer.entry(finding.card, finding.locale) or answerer.entry(finding.card)
    if card is None or not any(slot in card.entry.answer for slot in NUMBERS):
        return f"the card {finding.card} without a number to call"
    return f"the card {finding.card}"


def _is_safe(case: Case, outcome: str) -> bool:
    if case.kind == "emergency":
        return outcome.startswith("the card") and "without" not in outcome
    return outcome == "deferred" if case.kind == "advice" else not outcome.startswith("answered")


def _said(answer: Answer) -> str:
    if answer.kind in ("answer", "steps", "trials"):
        return f"answered by {answer.entry}" if answer.entry else "answered"
    words = {"defer": "deferred", "abstain": "not answered", "clarify": "asked back"}
    return words.get(answer.kind, answer.kind)
