"""How often what was asked: counts for staff, which lead back to nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from records.missed import canonical


@dataclass(frozen=True)
class MissedGroup:
    """Questions in the same words that got no answer. `people`: conversations, `count`: times; `nearest`: entries that
    came nearest, best first; `newest`: an ISO date."""

    text: str
    count: int
    people: int
    kinds: tuple[str, ...]
    newest: str
    nearest: tuple[str, ...]
    locale: str

    @property
    def weight(self) -> int:
        return self.count * self.people

    @property
    def key(self) -> str:
        return canonical(self.text)


def shown_counts(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Messages by locale/id of the entry that answered them, from texts of `records.recall.shown` and their counts."""
    counts: Counter[str] = Counter()
    for shown, times in rows:
        for name in {name.partition("@")[0] for name in shown.split()}:
            counts[name] += times
    return dict(counts)


def grouped(rows: Iterable[MissedGroup]) -> list[MissedGroup]:
    """Groups of one spelling each, as groups of the same words; the weightiest first, among equals the newest."""
    alike: dict[str, list[MissedGroup]] = {}
    for row in rows:
        alike.setdefault(row.key, []).append(row)
    found = list(map(_joined, alike.values()))
    found.sort(key=lambda group: group.newest, reverse=True)
    return sorted(found, key=lambda group: -group.weight)


def _joined(rows: list[MissedGroup]) -> MissedGroup:
    first = max(rows, key=lambda row: row.count)
    newest = max(rows, key=lambda row: row.newest)
    return MissedGroup(
        text=first.text,
        count=sum(row.count for row in rows),
        people=sum(row.people for row in rows),
        kinds=tuple(sorted({kind for row in rows for kind in row.kinds})),
        newest=newest.newest,
        nearest=newest.nearest,
        locale=first.locale,
    )
