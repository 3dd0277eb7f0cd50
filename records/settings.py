"""Settings of the records room."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from storage.settings import Setting, read, whole

_ADDRESS = re.compile(
    r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[!-~]*)?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?(/[!-~]*)?"
)


def addresses(value: str) -> tuple[str, ...]:
    """Parses addresses with commas; http only for this machine. Raises `ValueError`."""
    words = tuple(word.strip() for word in value.split(",") if word.strip())
    for word in words:
        if not _ADDRESS.fullmatch(word):
            raise ValueError(f"{word!r} is no address such as https://system.example.org/events")
    return words


ROWS = (
    Setting(
        "LANTERN_RETENTION_DAYS",
        "30",
        whole(1, 3650),
        "days after its last message that a conversation is kept before it is erased",
    ),
    Setting(
        "LANTERN_CONTACT_DAYS",
        "14",
        whole(1, 365),
        "days that a contact detail is kept which a person left so that somebody writes to them",
    ),
    Setting(
        "LANTERN_EVENTS_URL",
        "",
        addresses,
        "https addresses, with commas, of systems that are told what happens by signed webhooks; empty: none",
    ),
)


@dataclass(frozen=True)
class Settings:
    retention_days: int
    contact_days: int
    events_url: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        return cls(*(values[row.name] for row in ROWS))
