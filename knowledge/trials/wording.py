"""Fixed phrases around registry data, as runs: the parts of a phrase and the data in its slots stay apart.

So text from the registry is never read as a template, and a reader of the runs can tell which words are ours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from string import Formatter

from knowledge.model import Run

Line = tuple[Run, ...]
Phrases = Mapping[str, str]


def say(phrases: Phrases, key: str, **slots: str | Run | Line) -> Line:
    """The phrase `key` with its slots filled. Raises KeyError for a phrase that does not exist or a slot not given."""
    runs: list[Run] = []
    for fixed, slot, _, _ in Formatter().parse(phrases[key]):
        if fixed:
            runs.append(Run(fixed))
        if slot is not None:
            value = slots[slot]
            runs += value if isinstance(value, tuple) else (value if isinstance(value, Run) else Run(value),)
    return tuple(runs)


def listed(parts: Iterable[str | Run | Line], separator: str = ", ") -> Line:
    """Parts one after another, with `separator` between them."""
    runs: list[Run] = []
    for part in parts:
        if runs:
            runs.append(Run(separator))
        runs += part if isinstance(part, tuple) else (part if isinstance(part, Run) else Run(part),)
    return tuple(runs)


def plain(line: Line) -> str:
    return "".join(run.text for run in line)


def spoken_date(phrases: Phrases, day: dt.date, month_only: bool = False) -> str:
    """ "October 29, 2025", or "May 2026" where only the month is known."""
    month = phrases["trials_months"].split()[day.month - 1]
    key = "trials_date_month" if month_only else "trials_date_day"
    return phrases[key].format(month=month, day=day.day, year=day.year)
