"""Settings of the records room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.settings import Setting, read, whole

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
)


@dataclass(frozen=True)
class Settings:
    retention_days: int
    contact_days: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        return cls(values["LANTERN_RETENTION_DAYS"], values["LANTERN_CONTACT_DAYS"])
