"""`python -m web`: the gateway process. Wrong settings stop it with one sentence; nothing is served half-built."""

from __future__ import annotations

import sys

from knowledge.errors import KnowledgeError
from storage.errors import StorageError
from storage.settings import SettingError
from web.errors import DoorError
from web.serve import serve
from web.wiring import from_environment


def main() -> int:
    try:
        parts = from_environment()
    except (SettingError, DoorError, KnowledgeError, StorageError) as error:
        sys.stderr.write(f"lantern web: {error}\n")
        return 1
    serve(parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
