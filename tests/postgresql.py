"""A PostgreSQL server of the tests' own: Debian's programs, an empty folder, a socket only this machine can reach."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.databases import RoomName, in_memory, set_up

UNPRIVILEGED = "postgres"
"""PostgreSQL refuses to run as root; Debian's package brings this user."""
ABSENT = (
    "PostgreSQL is not installed, and the store is promised to work on it as on SQLite. "
    "Install it (apt-get install postgresql) and run the tests again."
)
# Nothing here outlives the test run, so nothing needs to reach the disk.
CONFIGURATION = {"listen_addresses": "", "fsync": "off", "shared_buffers": "16MB", "max_connections": "40"}


@dataclass
class Server:
    """`folder` holds the data and the socket."""

    folder: Path
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _set_up: set[RoomName] = field(default_factory=set)
    _passing: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg2://lantern@/{database}?host={self.folder}"

    def new_database(self, room: RoomName | None = None) -> str:
        """Address of an empty database, or of one with the tables of `room`."""
        name = f"test_{next(self._numbers)}"
        self._command(f"CREATE DATABASE {name} TEMPLATE {self._with_tables(room) if room else 'template1'}")
        return self.url(name)

    def next_database(self, room: RoomName | None = None) -> str:
        """`new_database` that is taken away when the next test asks for one: hundreds of them are gigabytes."""
        for name in self._passing:
            self._command(f"DROP DATABASE {name} WITH (FORCE)")
        url = self.new_database(room)
        self._passing = [str(sa.engine.make_url(url).database)]
        return url

    def _with_tables(self, room: RoomName) -> str:
        name = f"new_{room}"
        if room not in self._set_up:
            self._command(f"CREATE DATABASE {name}")
            set_up(self.url(name), room)
            self._set_up.add(room)
        return name

    def _command(self, sql: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(sql)


@contextmanager
def running() -> Iterator[Server]:
    """A server that is ready; it is stopped and its folder removed at the end. Fails where PostgreSQL is missing."""
    programs = _programs()
    # A socket's path may have 107 bytes at most, so the folder does not lie below pytest's.
    folder = Path(tempfile.mkdtemp(prefix="lantern-postgresql-", dir=in_memory() or "/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        data = str(folder / "data")
        _run(programs / "initdb", "-D", data, "-U", "lantern", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = " ".join(f"-c {name}='{value}'" for name, value in CONFIGURATION.items())
        log = str(folder / "log")
        _run(programs / "pg_ctl", "-D", data, "-w", "-l", log, "-o", f"{options} -k {folder}", "start")
        try:
            yield Server(folder)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of `initdb`: on the PATH, or where Debian keeps the newest version."""
    found = shutil.which("initdb")
    places = [Path(found)] if found else list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not places:
        pytest.fail(ABSENT, pytrace=False)
    return max(places, key=lambda place: int(place.parts[-3]) if place.parts[-3].isdigit() else 0).parent


def _run(program: Path, *arguments: str) -> None:
    root = os.geteuid() == 0
    command = ["runuser", "-u", UNPRIVILEGED, "--", str(program)] if root else [str(program)]
    # The server would hold a pipe open for as long as it runs, so its words go to a file.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/")
        if done.returncode:
            said.seek(0)
            pytest.fail(f"{program.name} failed: {said.read().decode(errors='replace')}", pytrace=False)
