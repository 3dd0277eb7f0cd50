"""`python -m web`: the gateway process. Wrong settings stop it with one sentence; nothing is served half-built.

`python -m web --settings` prints, as JSON, every setting this room reads and what is wrong with it, "" for nothing.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from knowledge.errors import KnowledgeError
from storage.errors import StorageError
from storage.settings import SettingError, read
from web.channels import settings as channel_settings
from web.errors import DoorError
from web.logs import configure
from web.serve import serve
from web.settings import HOME, ROWS
from web.wiring import from_environment


def settings_problems(environment: Mapping[str, str]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for row in ROWS:
        try:
            read([row], environment)
            problems[row.name] = ""
        except SettingError as error:
            problems[row.name] = str(error)
    try:
        [home] = read(HOME, environment).values()
    except SettingError:
        return problems  # whoever asks tells what is wrong with the home
    return problems | channel_settings.problems(environment, home)


def main() -> int:
    if sys.argv[1:] == ["--settings"]:
        sys.stdout.write(json.dumps(settings_problems(os.environ)))
        return 0
    configure()
    try:
        parts = from_environment()
    except (SettingError, DoorError, KnowledgeError, StorageError) as error:
        sys.stderr.write(f"lantern web: {error}\n")
        return 1
    serve(parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
