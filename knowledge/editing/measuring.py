"""What other thresholds would do: the newest questions of people, questions that nothing published answers, and the
conversations of the safety check, by each choice that staff have.

Each message is searched once; what becomes of it by each choice is decided by what decides it live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from knowledge.answer import Answerer
from knowledge.editing.gate import Case, Converse, unsafe
from knowledge.model import INFORMS, Answer, Question
from knowledge.store.effects import Counts, Effect
from knowledge.thresholds import ADJUSTABLE, Thresholds
from safety import Rules

PARTS = 10
"""Outside questions are asked in so many parts, each of an answerer that does not know that part: search knows them all
as outside, and would refuse each for that alone."""
EVERY = 3
"""Of each part every third is asked: as many as tell one percent from two, in a minute."""
TOLD_EVERY = 50


def effects(
    live: Answerer,
    without: Callable[[Collection[str]], Answerer],
    outside: Sequence[str],
    questions: Sequence[str],
    rules: Rules,
    cases: Sequence[Case],
    converse: Converse,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> list[Effect]:
    """The effect of each choice, beside the other threshold as it is. `without` makes an answerer that does not know
    these `outside` questions; `cases` are conversations."""
    choices = [(name, value) for name, adjustable in ADJUSTABLE.items() for value in adjustable.choices]
    by = [live.thresholds.with_value(name, value) for name, value in choices]
    asked = [outside[part::PARTS][::EVERY] for part in range(PARTS)]
    of, done = sum(map(len, asked)) + len(questions) + len(cases), 0

    def counted(rows: Iterable[str], answerer: Answerer) -> Iterator[list[str]]:
        nonlocal done
        for text in rows:
            if done % TOLD_EVERY == 0:
                tell(done, of)
            done += 1
            yield [_becomes(answers) for answers in answerer.answers_by(Question(text), by)]

    refused = [
        row
        for part, rows in enumerate(asked)
        if rows
        for row in counted(rows, without(frozenset(outside[part::PARTS])))
    ]
    people = list(counted(questions, live))
    broken = _broken(live, by, rules, cases, converse)
    tell(of, of)
    return [
        Effect(name, value, _counts(people, place), _counts(refused, place), tuple(broken[place]))
        for place, (name, value) in enumerate(choices)
    ]


def _broken(
    live: Answerer, by: Sequence[Thresholds], rules: Rules, cases: Sequence[Case], converse: Converse
) -> list[list[str]]:
    """By the place of a choice: the conversations that come out as they must now, and would not then."""
    found: list[list[str]] = [[] for _ in by]
    for case in cases:
        if unsafe(live, rules, [case], converse):
            continue
        for place, thresholds in enumerate(by):
            if thresholds != live.thresholds and unsafe(live.with_thresholds(thresholds), rules, [case], converse):
                found[place].append(case.said)
    return found


def _becomes(answers: Sequence[Answer]) -> str:
    if any(answer.kind in INFORMS for answer in answers):
        return "answered"
    return {"defer": "deferred", "clarify": "asked_back"}.get(answers[0].kind, "not_answered")


def _counts(rows: Sequence[Sequence[str]], place: int) -> Counts:
    return Counts(**Counter(row[place] for row in rows))
