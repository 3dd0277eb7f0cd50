"""What the door can be told: one row per setting, read once by `web.wiring` or the start command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storage.settings import ROWS as STORAGE_ROWS
from storage.settings import Setting, read, text, whole

SHORTEST_KEY = 24
"""Characters. Random letters and digits of this length cannot be guessed over a network."""


def country(value: str) -> str:
    code = value.strip().upper()
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("give a country code of two letters, such as US, or nothing")
    return code


def integrator_key(value: str) -> str:
    key = value.strip()
    if key and (len(key) < SHORTEST_KEY or not re.fullmatch("[!-~]+", key)):
        raise ValueError(f"give at least {SHORTEST_KEY} letters, digits or signs without spaces, or nothing")
    return key


ROWS = (
    Setting("LANTERN_HOST", "127.0.0.1", text, "address that web listens on; 0.0.0.0 for all, behind a proxy with TLS"),
    Setting("LANTERN_PORT", "8080", whole(1, 65535), "TCP port of web, the only public one"),
    Setting("LANTERN_ASSISTANT_PORT", "5005", whole(1, 65535), "TCP port of the assistant on 127.0.0.1"),
    Setting("LANTERN_REGION", "", country, "ISO 3166 country code for emergency numbers where a message names none"),
    Setting("LANTERN_BODY_BYTES", "16384", whole(1024, 1048576), "largest request body, in bytes"),
    Setting("LANTERN_MESSAGE_CHARS", "1000", whole(100, 10000), "most characters of a message that are interpreted"),
    Setting(
        "LANTERN_ASSISTANT_TIMEOUT_MS", "5000", whole(100, 60000), "longest wait for the assistant, in milliseconds"
    ),
    Setting(
        "LANTERN_INTEGRATOR_KEY",
        "",
        integrator_key,
        f"key that servers elsewhere send as a bearer token, at least {SHORTEST_KEY} characters; "
        "empty lets only callers on this machine in",
        secret=True,
    ),
    Setting("LANTERN_SITE_NAME", "Lantern", text, "name of this service, shown at the top of its pages"),
)

_HOME = tuple(row for row in STORAGE_ROWS if row.name == "LANTERN_HOME")


@dataclass(frozen=True)
class Settings:
    """Typed values of `ROWS`, with the folder of cards and secrets (`home`). Empty `region`: not known."""

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    assistant_port: int = 5005
    region: str = ""
    body_bytes: int = 16384
    message_chars: int = 1000
    assistant_timeout_ms: int = 5000
    integrator_key: str = field(default="", repr=False)
    site_name: str = "Lantern"

    @property
    def time_limit(self) -> float:
        """Seconds a reply may take."""
        return self.assistant_timeout_ms / 1000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises `storage.settings.SettingError` for the first setting that is missing or wrong."""
        values = read((*_HOME, *ROWS), environment)
        return cls(**{name.removeprefix("LANTERN_").lower(): value for name, value in values.items()})
