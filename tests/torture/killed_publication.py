"""python -m tests.torture.killed_publication HOME CONTENT FOLDER

Publishes CONTENT into a copy of HOME, and is killed before the first change it makes on the disk; into another copy,
and is killed before the second; and so on, until one gets to its end. The copies are FOLDER/1, FOLDER/2 ...
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from knowledge.editing import seed as editing
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.store.repository import KnowledgeStore
from storage.engine import open_engine
from tests.knowledge.samples import NOON, WordEncoder

CHANGES = ("INSERT", "UPDATE", "DELETE")


def publish(home: Path, content: Path, before_change: Callable[[], None] = lambda: None) -> None:
    """As `./lantern content import --seed` does it. `before_change` is called before each change."""

    def executing(_connection: object, _cursor: object, said: str, *_: object) -> None:
        if said.startswith(CHANGES):
            before_change()

    engine = open_engine(f"sqlite:///{home / 'knowledge.db'}")
    store = KnowledgeStore(engine)
    store.migrate()
    sa.event.listen(engine, "before_cursor_execute", executing)
    sa.event.listen(engine, "commit", lambda _connection: before_change())
    release = editing.import_seed(store, content, Embedder(WordEncoder(), store), Aliases({}), at=NOON)
    editing.write_cards(release, home / "cards")
    engine.dispose()


def killed_before(change: int, home: Path, content: Path) -> None:
    """Publishes, and kills this process before this change, counted from 1. A card is changed by renaming a file."""
    left = itertools.count(change - 1, -1)

    def count() -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(lambda event, _: count() if event == "os.rename" else None)
    publish(home, content, count)


def main(home: Path, content: Path, folder: Path) -> None:
    for change in itertools.count(1):
        copied = shutil.copytree(home, folder / str(change))
        child = os.fork()
        if not child:
            killed_before(change, copied, content)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
