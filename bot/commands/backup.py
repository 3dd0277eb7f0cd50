"""./lantern backup: everything that is kept, in one file."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from bot.errors import explained
from bot.paths import named
from bot.progress import Progress
from knowledge.store import repository as knowledge
from records import repository as records
from storage.backup import Room, back_up
from storage.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="name of the new file, a zip; it holds no secrets")
    parser.add_argument("--replace", action="store_true", help="write over FILE if there is one")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    file = named(options.file, environment)
    with explained():
        settings = Settings.from_environment(environment)
        now = dt.datetime.now(dt.timezone.utc)
        made = back_up(rooms(settings), folders(settings), file, now, options.replace, Progress().count)
    megabytes = file.stat().st_size / 1e6
    print(f"Backed up {made.rows:,} rows and {made.files:,} files to {file} ({megabytes:,.1f} MB).")
    return 0


def rooms(settings: Settings) -> tuple[Room, ...]:
    """All that is kept in databases."""
    return (
        Room("knowledge", settings.url("knowledge"), knowledge.MIGRATIONS, knowledge.HISTORY),
        Room("conversations", settings.url("conversations"), records.MIGRATIONS, records.HISTORY),
    )


def folders(settings: Settings) -> dict[str, Path]:
    """All else that belongs in a backup, by name."""
    return {"cards": settings.home / "cards"}
