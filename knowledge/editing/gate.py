"""The safety check: before a text is published, messages that call for safety are replayed with it.

Emergencies must bring up a card that says whom to call, requests for advice must be deferred, and what this assistant
does not know about must not be answered: as first messages, and in the middle of a conversation. Of the newest messages
of people it is shown which would be answered otherwise; that is for staff to judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from knowledge.answer import Answerer
from knowledge.model import INFORMS, Answer, Question
from knowledge.store.safety_checks import Broken, Found, Moved
from safety import ADVICE_EXAMPLES, EMERGENCY_EXAMPLES, Rules

CONVERSATIONS = Path(__file__).parent / "conversations.jsonl"
"""What the last message of a conversation must lead to; one JSON object a line. With each message stands its intent, as
the trained model finds it (`tests/actions` holds them against it): no text that staff write changes what it learned."""

OUTSIDE_EVERY = 4
"""Of the known outside questions every so many is replayed: each stands in the contrast of search itself, so all of
them tell little more, and an author would wait for minutes."""
NEWEST_QUESTIONS = 1000
TOLD_EVERY = 250
NUMBERS = ("{emergency_number}", "{crisis_line}")
"""Slots of which every emergency card has one: whom to call."""


@dataclass(frozen=True)
class Said:
    """A message within a conversation, and the intent that NLU takes it for."""

    text: str
    intent: str


@dataclass(frozen=True)
class Case:
    """A message and what it must lead to: `emergency` to a card, `advice` to a deferral, `outside` to no answer.
    `earlier`: what was said before it; then `intent` is that of the message."""

    kind: str
    text: str
    intent: str = ""
    earlier: tuple[Said, ...] = ()

    @property
    def said(self) -> str:
        """All that is said, by which people know the case."""
        return " → ".join((*(one.text for one in self.earlier), self.text))


@dataclass(frozen=True)
class CardShown:
    """The emergency card that a message brought up."""

    card: str
    locale: str
    kind: str


class Conversation(Protocol):
    """A talk with the assistant as it would be with a text."""

    def say(self, message: Said, card: CardShown | None) -> Sequence[Answer]:
        """The replies to a message. `card`: the one that the message before brought up."""


Converse = Callable[[Answerer], Conversation]


def read_cases(outside: Iterable[str]) -> list[Case]:
    """Every case: the examples of the emergency and advice rules, some of the questions that are known to be `outside`,
    and the conversations."""
    files = (("emergency", EMERGENCY_EXAMPLES), ("advice", ADVICE_EXAMPLES))
    rows = [(kind, json.loads(row)) for kind, file in files for row in file.read_text(encoding="utf-8").splitlines()]
    cases = [Case(kind, row["text"]) for kind, row in rows if row["expect"]]
    return [
        *cases,
        *(Case("outside", text) for text in islice(outside, None, None, OUTSIDE_EVERY)),
        *read_conversations(),
    ]


def read_conversations() -> list[Case]:
    """The cases with something said before them."""
    rows = map(json.loads, CONVERSATIONS.read_text(encoding="utf-8").splitlines())
    return [Case(row["kind"], row["text"], row["intent"], tuple(Said(*one) for one in row["earlier"])) for row in rows]


def replayed(
    before: Answerer,
    after: Answerer,
    rules: Rules,
    cases: Sequence[Case],
    questions: Sequence[tuple[int, str]],
    converse: Converse,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Found:
    """What the text in `after`, and not yet in `before`, would do. `questions`: number and text of messages."""
    of = len(cases) + len(questions)
    broken: list[Broken] = []
    for number, case in enumerate(cases):
        if number % TOLD_EVERY == 0:
            tell(number, of)
        result = _outcome(case, after, rules, converse)
        if _is_safe(case, result):
            continue
        # What came out wrong before is no fault of this text.
        earlier = _outcome(case, before, rules, converse)
        if _is_safe(case, earlier):
            broken.append(Broken(case.kind, case.said, earlier, result))
    moved = list(_moved(before, after, questions))
    tell(of, of)
    return Found(len(cases), len(questions), tuple(broken), tuple(moved))


def unsafe(answerer: Answerer, rules: Rules, cases: Iterable[Case], converse: Converse) -> list[tuple[Case, str]]:
    """Cases that do not come out as they must, and what becomes of them."""
    found = ((case, _outcome(case, answerer, rules, converse)) for case in cases)
    return [(case, outcome) for case, outcome in found if not _is_safe(case, outcome)]


def _moved(before: Answerer, after: Answerer, questions: Iterable[tuple[int, str]]) -> Iterator[Moved]:
    for number, text in questions:
        now, then = (_said([one.answer(Question(text))]) for one in (before, after))
        if now != then:
            yield Moved(number, now, then)


def _outcome(case: Case, answerer: Answerer, rules: Rules, converse: Converse) -> str:
    if case.earlier:
        return _end(case, answerer, rules, converse)
    if case.kind != "emergency":
        return _said([answerer.answer(Question(case.text))])
    finding = rules.check(case.text)
    return _card(finding.card, finding.locale, answerer) if finding else "no card"


def _end(case: Case, answerer: Answerer, rules: Rules, converse: Converse) -> str:
    """What becomes of the last message of a conversation. As at the door, a message that brings up a card goes no
    further, and the assistant is told of it with the next."""
    talk, outcome = converse(answerer), ""
    card: CardShown | None = None
    for message in (*case.earlier, Said(case.text, case.intent)):
        finding = rules.check(message.text)
        if finding is None:
            outcome, card = _said(talk.say(message, card), answerer), None
        else:
            outcome = _card(finding.card, finding.locale, answerer)
            card = CardShown(finding.card, finding.locale, finding.kind)
    return outcome


def _card(name: str, locale: str, answerer: Answerer) -> str:
    card = answerer.entry(name, locale) or answerer.entry(name)
    if card is None or not any(slot in card.entry.answer for slot in NUMBERS):
        return f"the card {name} without a number to call"
    return f"the card {name}"


def _is_safe(case: Case, outcome: str) -> bool:
    if case.kind == "emergency":
        return outcome.startswith("the card") and "without" not in outcome
    return outcome == "deferred" if case.kind == "advice" else not outcome.startswith("answered")


def _said(answers: Sequence[Answer], answerer: Answerer | None = None) -> str:
    """What is said to a message, in words; where one of several replies informs, that one counts."""
    informs = [answer for answer in answers if answer.kind in INFORMS]
    if informs:
        return f"answered by {informs[0].entry}" if informs[0].entry else "answered"
    first = answers[0]
    if first.kind in ("emergency", "crisis") and answerer is not None:
        return _card(first.entry or "", first.locale, answerer)
    words = {"defer": "deferred", "abstain": "not answered", "clarify": "asked back"}
    return words.get(first.kind, first.kind)
