"""Questions that got no answer, or only a question back: what staff write the next entries from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Missed:
    """How a question was missed: what was replied (`abstain` or `clarify`), the entries that came nearest, best first,
    and how sure search was of the first. `locale` is the language in which the reply was given."""

    kind: str
    nearest: tuple[str, ...] = ()
    confidence: float | None = None
    locale: str = "en"


@dataclass(frozen=True)
class MissedQuestion:
    """One of them as it is kept: `text` is redacted, `day` an ISO date. Nothing here leads back to a person."""

    day: str
    text: str
    missed: Missed


@dataclass(frozen=True)
class Cluster:
    """Questions in the same words, whatever their case and signs. `text` is how it was written most often."""

    text: str
    count: int
    kinds: tuple[str, ...]
    newest: str
    nearest: tuple[str, ...]


def clustered(questions: Iterable[MissedQuestion]) -> list[Cluster]:
    """The questions, most frequent first; among equals the newest."""
    alike: dict[str, list[MissedQuestion]] = {}
    for question in questions:
        alike.setdefault(canonical(question.text), []).append(question)
    found = [_cluster(group) for group in alike.values()]
    by_day = sorted(found, key=lambda cluster: cluster.newest, reverse=True)
    return sorted(by_day, key=lambda cluster: -cluster.count)


def canonical(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text).strip().casefold() or text


def _cluster(alike: list[MissedQuestion]) -> Cluster:
    newest = max(alike, key=lambda question: question.day)
    return Cluster(
        text=Counter(question.text for question in alike).most_common(1)[0][0],
        count=len(alike),
        kinds=tuple(sorted({question.missed.kind for question in alike})),
        newest=newest.day,
        nearest=newest.missed.nearest,
    )
