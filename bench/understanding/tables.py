"""The report: per kind what became of its cases, figures beside the floors they must keep, failures, confusions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import Floor
from bench.understanding import cases as kinds
from bench.understanding import judging
from bench.understanding.cases import Turn
from bench.understanding.judging import Judged

Z = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""

OUTCOMES = {
    kinds.QUESTIONS: (
        judging.RIGHT,
        judging.HALF,
        judging.WRONG,
        judging.ASKED_RIGHT,
        judging.ASKED_WRONG,
        judging.ABSTAINED,
        judging.DEFERRED,
        judging.ALARMED,
        judging.OTHER,
    ),
    kinds.EMERGENCIES: (judging.FOUND, judging.OTHER_CARD, judging.NOT_FIRST, judging.MISSED),
    kinds.NEAR_MISSES: (judging.ALARMED, judging.CALM),
    kinds.OUTSIDE: (
        judging.REFUSED,
        judging.SHOWED,
        judging.ASKED,
        judging.ABSTAINED,
        judging.DEFERRED,
        judging.ALARMED,
        judging.OTHER,
    ),
    kinds.ADVICE: (
        judging.DEFERRED,
        judging.SHOWED,
        judging.ASKED,
        judging.ABSTAINED,
        judging.ALARMED,
        judging.OTHER,
    ),
    kinds.DIALOGUES: (judging.PASSED, judging.FAILED),
}
"""Kind -> its outcomes, in the order of the columns."""
TRAITS = {
    kinds.QUESTIONS: ("topic", "style", "noisy"),
    kinds.EMERGENCIES: ("card", "about", "language", "style", "noisy", "turns"),
    kinds.NEAR_MISSES: ("about", "language", "noisy", "turns"),
    kinds.OUTSIDE: ("near", "noisy"),
    kinds.ADVICE: ("about", "noisy"),
    kinds.DIALOGUES: (),
}
"""Kind -> what its table is broken down by."""
SMALLEST_GROUP = 3
"""Cases. Smaller groups are counted together in a table."""
GOOD = {
    judging.RIGHT, judging.FOUND, judging.OTHER_CARD, judging.NOT_FIRST, judging.CALM, judging.REFUSED, judging.PASSED
}  # fmt: skip
"""Outcomes that are no failures (of advice: deferred)."""


@dataclass(frozen=True)
class Rate:
    """`hits` of `of` cases."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share (Wilson 1927); 0 to 1 where there are no cases."""
        if not self.of:
            return 0.0, 1.0
        spread = Z * Z / self.of
        middle = self.share + spread / 2
        half = Z * math.sqrt(self.share * (1 - self.share) / self.of + spread / (4 * self.of))
        return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.share:5.1f} % [{100 * low:5.1f}, {100 * high:5.1f}]  {self.hits}/{self.of}"


@dataclass(frozen=True)
class Figure:
    """A share that the project promises to keep above or below a floor, in percent."""

    name: str
    kind: str
    counted: Callable[[Judged], bool]
    floor: Floor | None = None
    among: Callable[[Judged], bool] = lambda one: True

    def rate(self, results: Sequence[Judged]) -> Rate:
        asked = [one for one in results if one.case.kind == self.kind and not one.case.gap and self.among(one)]
        return Rate(sum(self.counted(one) for one in asked), len(asked))


def _is(*outcomes: str) -> Callable[[Judged], bool]:
    return lambda one: one.outcome in outcomes


def _carded(one: Judged) -> bool:
    """A card was the first thing said, of whichever kind."""
    return one.outcome in (judging.FOUND, judging.OTHER_CARD)


def _near(one: Judged) -> bool:
    return one.case.traits["near"] == "near"


FIGURES = (
    Figure("questions: right entry or sibling", kinds.QUESTIONS, _is(judging.RIGHT), Floor(">=", 92)),
    Figure("questions: wrong confident answer", kinds.QUESTIONS, _is(judging.WRONG), Floor("<=", 3)),
    Figure("questions: wrongful abstention", kinds.QUESTIONS, _is(judging.ABSTAINED), Floor("<=", 4)),
    Figure("questions: wrongful deferral", kinds.QUESTIONS, _is(judging.DEFERRED)),
    Figure("questions: asked back, right among", kinds.QUESTIONS, _is(judging.ASKED_RIGHT)),
    Figure("questions: asked back, not among", kinds.QUESTIONS, _is(judging.ASKED_WRONG)),
    Figure("emergencies: card first", kinds.EMERGENCIES, _carded, Floor(">=", 99)),
    Figure("emergencies: card of the right kind", kinds.EMERGENCIES, _is(judging.FOUND)),
    Figure("emergencies, mangled: card first", kinds.MANGLED_EMERGENCIES, _carded, Floor(">=", 98)),
    Figure("near misses: alarms", kinds.NEAR_MISSES, _is(judging.ALARMED), Floor("<=", 2)),
    Figure("near misses, mangled: alarms", kinds.MANGLED_NEAR_MISSES, _is(judging.ALARMED), Floor("<=", 3)),
    Figure("outside: refused", kinds.OUTSIDE, _is(judging.REFUSED), Floor(">=", 92)),
    Figure("outside, near-topic: refused", kinds.OUTSIDE, _is(judging.REFUSED), Floor(">=", 88), _near),
    Figure("outside: an entry shown", kinds.OUTSIDE, _is(judging.SHOWED)),
    Figure("advice: deferred", kinds.ADVICE, _is(judging.DEFERRED), Floor(">=", 95)),
    Figure("dialogues: every turn right", kinds.DIALOGUES, _is(judging.PASSED), Floor(">=", 88)),
)
"""The floors are those of the issue that this evaluation belongs to."""


def good(one: Judged) -> bool:
    return one.outcome in GOOD or (one.case.kind == kinds.ADVICE and one.outcome == judging.DEFERRED)


def figures(results: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Each figure that has cases: hits, of, share and interval in percent, its floor and how it stands."""
    found = {}
    for figure in FIGURES:
        rate = figure.rate(results)
        if rate.of:
            low, high = rate.interval
            verdict = figure.floor.verdict(100 * rate.share) if figure.floor else ""
            percent = [round(100 * value, 2) for value in (rate.share, low, high)]
            found[figure.name] = {"hits": rate.hits, "of": rate.of, "percent": percent, "floor": verdict}
    return found


def summary(results: Sequence[Judged]) -> str:
    rows = [f"{'figure':40}{'share and its 95 % interval':38}floor"]
    for figure in FIGURES:
        rate = figure.rate(results)
        if rate.of:
            verdict = figure.floor.verdict(100 * rate.share) if figure.floor else ""
            rows.append(f"{figure.name:40}{rate!s:38}{verdict}".rstrip())
    gaps = Counter(one.outcome for one in results if one.case.kind == kinds.QUESTIONS and one.case.gap)
    if gaps:
        outcomes = ", ".join(f"{outcome} {number}" for outcome, number in gaps.most_common())
        rows.append(f"{sum(gaps.values())} questions have no entry yet and are not counted above: {outcomes}")
    silent = sum(not reply.messages for one in results for reply in one.replies)
    if silent:
        rows.append(f"{silent} messages got no reply at all.")
    return "\n".join(rows)


def table(results: Sequence[Judged], kind: str) -> str:
    """All outcomes of one kind, broken down by its traits."""
    plain = kinds.MANGLED.get(kind, kind)
    asked = [one for one in results if one.case.kind == kind and not one.case.gap]
    outcomes = [name for name in OUTCOMES[plain] if any(one.outcome == name for one in asked)]
    first = OUTCOMES[plain][0]
    head = f"{kind:30}{first + ', 95 % interval':>36}" + "".join(f"{name:>{_width(name)}}" for name in outcomes)
    rows = [head, _row("all", asked, first, outcomes)]
    for trait in TRAITS[plain]:
        values = Counter(_value(one, trait) for one in asked)
        groups = {value: [one for one in asked if _value(one, trait) == value] for value in sorted(values) if value}
        small = [value for value, group in groups.items() if len(group) < SMALLEST_GROUP]
        if len(small) > 1:
            groups["(rarer ones)"] = [one for value in small for one in groups.pop(value)]
        if len(groups) == 1:
            continue
        rows += [_row(f"  {value}", group, first, outcomes) for value, group in groups.items()]
    return "\n".join(rows)


def _width(outcome: str) -> int:
    return max(len(outcome), 6) + 2


def turns(results: Sequence[Judged]) -> str:
    """Turns of dialogues by what was wanted for them, each judged by itself."""
    counts: dict[str, list[bool]] = {}
    for one in results:
        for turn, passed in zip(one.case.turns, one.turns):
            counts.setdefault(_wish(turn), []).append(passed)
    rows = [f"  {wish:28}{Rate(sum(passed), len(passed))!s:>36}" for wish, passed in sorted(counts.items())]
    return "\n".join(("turns of dialogues, by what was wanted", *rows))


def _wish(turn: Turn) -> str:
    if turn.gap:
        return "no answer (gap)"
    if turn.same_entry:
        return "the last answer again"
    return "answer" if turn.kinds[0] == "steps" else turn.kinds[0]


def _value(one: Judged, trait: str) -> str:
    return one.case.about if trait == "about" else one.case.traits.get(trait, "")


def _row(name: str, asked: Sequence[Judged], first: str, outcomes: Iterable[str]) -> str:
    counts = Counter(one.outcome for one in asked)
    rate = str(Rate(counts[first], len(asked)))
    return f"{name[:29]:30}{rate:>36}" + "".join(f"{counts[outcome]:>{_width(outcome)}}" for outcome in outcomes)


def confusions(results: Sequence[Judged], most: int) -> str:
    """Which entry was shown in place of which, the most frequent first."""
    wrong = Counter(
        (
            one.case.last.wanted[0][0] if one.case.last.wanted and one.case.last.wanted[0] else "(none)",
            one.reply.shown[0],
        )
        for one in results
        if one.case.kind == kinds.QUESTIONS and one.outcome == judging.WRONG
    )
    rows = [f"{number:4}  {wanted} -> {shown}" for (wanted, shown), number in sorted_counts(wrong)[:most]]
    return "\n".join(("wanted -> shown", *rows)) if rows else "No entry was shown in place of another."


def sorted_counts(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def failures(results: Sequence[Judged], kind: str, most: int) -> str:
    """The first `most` failures of a kind: what was said, what was wanted and what came."""
    failed = [one for one in results if one.case.kind == kind and not good(one)]
    rows = [f"{kind}: {len(failed)} failed" + (f", the first {most}" if len(failed) > most else "")]
    for one in failed[:most]:
        rows.append(f"  {one.case.id} ({one.outcome}; {one.case.about or one.case.traits.get('style', '')})")
        last = one.failed_turn or len(one.case.turns)
        for place, turn in enumerate(one.case.turns[:last], 1):
            rows.append(f"      {place}. {turn.say}")
        rows.append(f"      came {_came(one)}; wanted {_wanted(one)}")
    return "\n".join(rows)


def _came(one: Judged) -> str:
    reply = one.reply
    what = ", ".join(reply.shown or reply.choices) or reply.card
    sure = f" {reply.confidence:.2f}" if reply.confidence is not None else ""
    return f"{reply.kind}{sure}" + (f": {what}" if what else "")


def _wanted(one: Judged) -> str:
    turn = one.case.turns[one.failed_turn - 1]
    entries = " and ".join("/".join(group) or "(no entry)" for group in turn.wanted)
    if turn.gap:
        return f"nothing: {turn.gap}"
    return (
        " ".join(filter(None, ("/".join(turn.kinds), "the same entry" if turn.same_entry else "", entries))) or "calm"
    )


def rows(results: Sequence[Judged]) -> list[dict[str, Any]]:
    """One JSON object a case, without what was said."""
    return [
        {
            "id": one.case.id,
            "kind": one.case.kind,
            "outcome": one.outcome,
            "failed_turn": one.failed_turn,
            "gap": bool(one.case.gap),
            "reply": one.reply.kind,
            "shown": list(one.reply.shown),
            "choices": list(one.reply.choices),
            "card": one.reply.card,
            "confidence": one.reply.confidence,
        }
        for one in results
    ]
