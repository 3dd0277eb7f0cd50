"""A disk of its own for the conversations database, small enough to be filled and mounted for reading only."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.running import wait_until

MEGABYTES = 24


@dataclass(frozen=True)
class SmallDisk:
    """A file system in memory. A link in a home that points into `folder` puts a database on it; SQLite keeps its log
    beside the file that the link points to."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Raises `AssertionError`, which names them, while processes have files of it open for writing."""
        try:
            wait_until("nobody to write on the disk", lambda: self._remounted("ro"), 20)
        except AssertionError as error:
            raise AssertionError(f"{error}: {', '.join(self._holders()) or 'none is seen'}") from error
        try:
            yield
        finally:
            assert self._remounted("rw")

    def _holders(self) -> list[str]:
        """Processes that have a file of the disk open: the process, its mode of access, the file."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                held = [file for file in process.open_files() if Path(file.path).is_relative_to(self.folder)]
                found += [f"{process.pid} ({process.name()}) {file.mode} {Path(file.path).name}" for file in held]
        return found

    def _remounted(self, mode: str) -> bool:
        command = ["mount", "-o", f"remount,{mode}", str(self.folder)]
        return subprocess.run(command, capture_output=True).returncode == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """The disk, mounted at `folder`, which is made; None where this user may not mount anything."""
    folder.mkdir(parents=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "lantern-torture", str(folder)]
    try:
        mounted = subprocess.run(mounting, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: whoever still has a file open there keeps it until it is closed.
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)
