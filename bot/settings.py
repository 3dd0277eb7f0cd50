"""Settings of the assistant process and of the start command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.settings import Setting, read, whole

ROWS = (
    Setting("LANTERN_ASSISTANT_PORT", "5005", whole(1, 65535), "port of the assistant, on 127.0.0.1 only"),
    Setting(
        "LANTERN_ACTION_TIMEOUT_MS", "4000", whole(100, 60000), "longest time one action may take, in milliseconds"
    ),
    Setting("LANTERN_DIALOGUE_TURNS", "6", whole(4, 50), "last turns of a dialogue that the assistant remembers"),
)


@dataclass(frozen=True)
class Settings:
    port: int
    action_timeout_ms: int
    dialogue_turns: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        return cls(*(values[row.name] for row in ROWS))
