"""Settings are rows: a name, a default, a parser and a sentence with its unit. Rooms list theirs as `ROWS`.

Nothing here reads the process environment: a program entry passes a mapping in, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class SettingError(Exception):
    """A setting is missing or wrong. The message names it and says what to do; the value of a secret is never in it."""


@dataclass(frozen=True)
class Setting:
    """One setting. `default` None means it must be given. `secret` values are masked wherever settings are shown."""

    name: str
    default: str | None
    parse: Callable[[str], Any]
    meaning: str
    secret: bool = False


def text(value: str) -> str:
    return value.strip()


def path(value: str) -> Path:
    return Path(value).expanduser().resolve()


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        message = f"give a whole number from {minimum} to {maximum}"
        try:
            number = int(value.strip())
        except ValueError:
            raise ValueError(message) from None
        if not minimum <= number <= maximum:
            raise ValueError(message)
        return number

    return parse


def choice(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.strip() not in words:
            raise ValueError("give one of: " + ", ".join(words))
        return value.strip()

    return parse


def read(rows: Sequence[Setting], environment: Mapping[str, str]) -> dict[str, Any]:
    """Values by setting name. Raises `SettingError` for the first row that is missing or wrong."""
    values: dict[str, Any] = {}
    for row in rows:
        given = environment.get(row.name, "")
        raw = given if given.strip() else row.default
        if raw is None:
            raise SettingError(f"{row.name} is not set. It is: {row.meaning}")
        try:
            values[row.name] = row.parse(raw)
        except ValueError as fault:
            shown = "its value" if row.secret else repr(raw)
            raise SettingError(f"{row.name}: {shown} will not do: {fault}. It is: {row.meaning}") from None
    return values


ROWS = (
    Setting("LANTERN_HOME", "var", path, "folder for databases, models, cards and secrets"),
    Setting(
        "LANTERN_DATABASE_URL",
        "",
        text,
        "address of a PostgreSQL database (postgresql+psycopg2://...); empty keeps SQLite files in LANTERN_HOME",
        secret=True,
    ),
)


@dataclass(frozen=True)
class Settings:
    """Where things are kept. `database_url` is empty for SQLite files below `home`."""

    home: Path
    database_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        return cls(home=values["LANTERN_HOME"], database_url=values["LANTERN_DATABASE_URL"])

    def url(self, name: str) -> str:
        """SQLAlchemy address of the database called `name`: the shared PostgreSQL one, or a SQLite file of its own."""
        return self.database_url or f"sqlite:///{self.home / (name + '.db')}"
