"""./lantern restore: what a backup holds, into a home in which nothing is kept yet."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from bot.commands.backup import folders, rooms
from bot.errors import explained
from bot.paths import named
from bot.processes import require_free
from bot.progress import Progress
from bot.settings import Settings as AssistantSettings
from storage.backup import restore
from storage.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file that ./lantern backup made")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        # A Lantern that runs would go on with what it has in memory, and mix it with what comes back.
        require_free(AssistantSettings.from_environment(environment).port, "LANTERN_ASSISTANT_PORT")
        settings = Settings.from_environment(environment)
        held = restore(rooms(settings), folders(settings), named(options.file, environment), Progress().count)
    print(f"Restored {held.rows:,} rows and {held.files:,} files as they were at {held.made_at:%Y-%m-%d %H:%M} UTC.")
    return 0
