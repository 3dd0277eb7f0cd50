"""What an admin sets in the studio while Lantern runs: the country, whom people reach, and when people are there.

What nobody has set there is as the environment says. A gateway looks once a second; no message waits for the database,
and with the database away what was read last counts, also after a restart.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from safety.numbers import Numbers
from web.openings import Hours
from web.settings import ROWS, Settings

logger = logging.getLogger(__name__)

FILE = "site.json"
LOOK_SECONDS = 1.0
LONGEST = 200
"""Characters of a value; it is shown as it stands, also in a text message."""
_REACHED = re.compile(r"(?:\d[\s()./-]*){5}|[^@\s]+@[^@\s]+\.[^@\s]+|https://[^\s/]+\.[^\s]+")
"""A phone number, an e-mail address, or a page."""


@dataclass(frozen=True)
class Site:
    """As `LANTERN_REGION`, `LANTERN_CONTACT` and the like say it (`web.settings`)."""

    region: str
    contact: str
    contact_hours: str
    handover_hours: Hours
    handover_zone: ZoneInfo
    handover_minutes: int

    @property
    def handover_patience(self) -> dt.timedelta:
        """After so long somebody who was passed on is told that nobody answered."""
        return dt.timedelta(minutes=self.handover_minutes)


NAMES = tuple(field.name for field in fields(Site))
_ROWS = {row.name.removeprefix("LANTERN_").lower(): row for row in ROWS}


def parsed(name: str, text: str) -> Any:
    """The value of a setting. Raises `ValueError`, which says what to give instead."""
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"give one line of at most {LONGEST} characters")
    return _ROWS[name].parse(text)


def danger(wanted: Mapping[str, str], numbers: Numbers, region: str) -> str | None:
    """Why people would be worse off with these values, in one sentence; None for values that are safe to set. `region`:
    the country that counts with them."""
    contact = wanted.get("contact", "").strip()
    if region and not numbers.knows(region):
        return f"No emergency number is known for {region}, so people would be told none."
    if contact and re.sub(r"\D", "", contact) in re.findall(r"\d+", numbers.emergency_number(region or None, "en")):
        return "That is the emergency number: whoever only wants to ask something would call an ambulance."
    if contact and not _REACHED.search(contact):
        return "The contact holds no phone number, e-mail address or https page, so nobody could be reached by it."
    if wanted.get("contact_hours", "").strip() and not contact:
        return "Hours without a contact would send people to nobody; give a contact, too."
    return None


class SiteSettings:
    """What is set in the studio, in memory. Safe to share between threads.

    `file` keeps it for a start without the database; None: it is not kept.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._kept: Mapping[str, str] | None = None
        self._values: Mapping[str, Any] = {}

    @classmethod
    def read(cls, home: Path) -> SiteSettings:
        """What counted last for the processes on this machine."""
        found = cls(home / FILE)
        try:
            kept = json.loads(found._file.read_text(encoding="utf-8")) if found._file else {}
            found._take({str(name): str(value) for name, value in dict(kept).items()})
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as fault:
            logger.warning("%s cannot be read: %s", found._file, type(fault).__name__)
        return found

    def over(self, settings: Settings) -> Site:
        """What counts now: what is set in the studio, and for the rest what the environment says."""
        values = self._values
        return Site(**{name: values.get(name, getattr(settings, name)) for name in NAMES})

    def follow(self, look: Callable[[], Mapping[str, str]]) -> None:
        """Takes what `look` reads from the database. Whatever goes wrong there, what was read before counts on."""
        try:
            kept = dict(look())
        except Exception as fault:
            # The look comes again in a second; a warning each time would fill the log while the database is away.
            logger.debug("the settings of the site were not read: %s", type(fault).__name__)
            return
        if kept != self._kept:
            self._take(kept)
            self._keep(kept)

    def _take(self, kept: Mapping[str, str]) -> None:
        values = {}
        for name in set(kept).intersection(NAMES):
            try:
                values[name] = parsed(name, kept[name])
            except ValueError as fault:
                logger.error("%s is as the environment says; what is set in the studio will not do: %s", name, fault)
        self._values, self._kept = values, dict(kept)

    def _keep(self, kept: Mapping[str, str]) -> None:
        if self._file is None:
            return
        fresh = self._file.with_suffix(f".{os.getpid()}.new")
        try:
            fresh.write_text(json.dumps(kept, ensure_ascii=False, sort_keys=True), encoding="utf-8")
            fresh.replace(self._file)
        except OSError as fault:
            logger.warning("%s was not written: %s", self._file, type(fault).__name__)
