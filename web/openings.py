"""When people are there."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SPAN = re.compile(r"([A-Za-z]{3})(?:-([A-Za-z]{3}))? (\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")


@dataclass(frozen=True)
class Hours:
    """When people are there, as (day of the week, minute it begins, minute it ends); none: always. `words`: as they
    were set."""

    spans: tuple[tuple[int, int, int], ...] = ()
    words: str = ""

    @classmethod
    def parse(cls, value: str) -> Hours:
        """Reads "Mon-Fri 9:00-17:00, Sat 10:00-12:00". Raises `ValueError` saying what to give."""
        spans: list[tuple[int, int, int]] = []
        for part in (part.strip() for part in value.split(",") if part.strip()):
            found = _SPAN.fullmatch(part)
            days = [] if found is None else [found[1].lower(), (found[2] or found[1]).lower()]
            if found is None or any(day not in DAYS for day in days):
                raise ValueError("give days and times such as 'Mon-Fri 9:00-17:00, Sat 10:00-12:00', or nothing")
            begin, end = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
            first, last = DAYS.index(days[0]), DAYS.index(days[1])
            if not begin < end <= 24 * 60 or first > last:
                raise ValueError(f"{part!r} ends before it begins")
            spans += [(day, begin, end) for day in range(first, last + 1)]
        return cls(tuple(spans), value.strip())

    def include(self, moment: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether people are there at this moment."""
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return not self.spans or any(day == local.weekday() and begin <= minute < end for day, begin, end in self.spans)
