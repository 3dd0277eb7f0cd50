"""Processes that begin in a hundredth of a second, with all loaded that tests of the editing need.

Each is forked from one that runs no thread. Pytest's own process has threads, which would not survive a fork.
"""

from __future__ import annotations

import multiprocessing

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    [
        "tests.torture.killed_acts",
        "tests.torture.killed_studio",
        "tests.torture.read_once",
        "alembic.command",
        "alembic.config",
        "psycopg2",
    ]
)
