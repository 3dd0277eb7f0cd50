"""Two pictures: whether confidence means what it says, and what answering less would spare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # no display is needed
from matplotlib import pyplot

from bench.understanding import cases as kinds
from bench.understanding.judging import Judged

BINS = 8
SIZE = (6.4, 4.8)
"""Inches."""


@dataclass(frozen=True)
class Scored:
    """A reply to a question inside or outside: its confidence, whether its first entry is right, whether it was shown
    (or only offered)."""

    confidence: float
    right: bool
    inside: bool
    shown: bool


def scored(results: Sequence[Judged]) -> list[Scored]:
    """Replies that found an entry, the surest first. Where the reply asked back its first choice counts, because that
    is what would have been shown."""
    found = []
    for one in results:
        entry = (one.reply.shown or one.reply.choices)[:1]
        if one.case.kind in (kinds.QUESTIONS, kinds.OUTSIDE) and entry and one.reply.confidence is not None:
            inside = one.case.kind == kinds.QUESTIONS
            right = inside and any(entry[0] in group for group in one.case.last.wanted)
            found.append(Scored(one.reply.confidence, right, inside, bool(one.reply.shown)))
    return sorted(found, key=lambda reply: (not reply.shown, -reply.confidence, reply.right, reply.inside))


def calibration(results: Sequence[Judged], file: Path) -> None:
    """Share of right entries in bins of equal numbers of replies, against their mean confidence."""
    replies = sorted(scored(results), key=lambda reply: reply.confidence)
    means, shares = [], []
    for number in range(BINS):
        some = replies[len(replies) * number // BINS : len(replies) * (number + 1) // BINS]
        if some:
            means.append(sum(reply.confidence for reply in some) / len(some))
            shares.append(sum(reply.right for reply in some) / len(some))
    figure, axes = pyplot.subplots(figsize=SIZE)
    axes.plot((0, 1), (0, 1), color="grey", linestyle=":", label="as often right as sure")
    axes.plot(means, shares, marker="o", label=f"{len(replies)} replies with an entry, inside and outside")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share of right entries")
    axes.set_title("Calibration")
    _save(figure, axes, file)


def curve(replies: Sequence[Scored], questions: int) -> list[tuple[float, float]]:
    """(coverage, risk) as the threshold falls from one of `replies` to the next: the share of `questions` that are
    answered, and the share of wrong ones among the answers."""
    points, inside, wrong = [], 0, 0
    for number, reply in enumerate(replies, 1):
        inside += reply.inside
        wrong += not reply.right
        points.append((inside / questions, wrong / number))
    return points


def abstention(results: Sequence[Judged], file: Path) -> None:
    """Risk against coverage, for questions that have an entry, and with answers to questions from outside among them.
    Dashed: what it would be if the first choice were shown instead of asking back."""
    asked = [one for one in results if not one.case.gap]
    questions = sum(one.case.kind == kinds.QUESTIONS for one in asked)
    figure, axes = pyplot.subplots(figsize=SIZE)
    for foreign, label in ((False, "questions with an entry"), (True, "with questions from outside")):
        replies = [reply for reply in scored(asked) if reply.inside or foreign]
        points, shown = curve(replies, questions), sum(reply.shown for reply in replies)
        (line,) = axes.plot(*_columns(points[:shown]), label=label)
        axes.plot(*_columns(points[max(0, shown - 1) :]), linestyle="--", linewidth=1, color=line.get_color())
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="questions answered (coverage)", ylabel="wrong answers (risk)")
    axes.set_title("Answering less, erring less")
    _save(figure, axes, file)


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [across for across, _ in points], [up for _, up in points]


def _save(figure: Any, axes: Any, file: Path) -> None:
    """The same results give the same bytes: no date is written into the picture."""
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120, metadata={"Software": None})
    pyplot.close(figure)
