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
)


@dataclass(frozen=True)
class Settings:
    retention_days: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        return cls(retention_days=read(ROWS, environment)["LANTERN_RETENTION_DAYS"])
