"""Databases with the tables of a room: its migrations run once in a test process, and what they made is copied.

Tests of the migrations themselves begin with an empty database.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import knowledge.store.repository
import records.repository
from storage.engine import open_engine
from storage.migrations import migrate

RoomName = Literal["knowledge", "conversations"]
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 8 * 2**30


def in_memory() -> Path | None:
    """A folder that no disk is waited for, where there is room for all that a test run keeps."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES else None


def set_up(url: str, room: RoomName) -> None:
    """Runs the migrations of `room`."""
    rows = knowledge.store.repository if room == "knowledge" else records.repository
    engine = open_engine(url)
    migrate(engine, rows.MIGRATIONS, rows.HISTORY)
    engine.dispose()


@functools.cache
def _sqlite_file(room: RoomName) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "new.db"
        set_up(f"sqlite:///{file}", room)
        return file.read_bytes()


def new_sqlite(file: Path, room: RoomName) -> Path:
    """Makes `file`, for its owner alone as a room makes it, and its folder where it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_sqlite_file(room))
    return file
