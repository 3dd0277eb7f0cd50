"""The file of a backup: a zip that says of each of its members what it is and how it was when it was written.

manifest.json                  format, time, the step of each room's schema; rows, bytes and SHA-256 of each member
tables/<room>/<table>.jsonl    one row a line, a JSON object by column; bytes as {"base64": "..."}
files/<folder>/<path>          the files as they are
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from storage.errors import BackupDamaged, BackupError, SchemaMismatch

FORMAT = 1
"""Of the zip; a backup with a higher number was made by newer code."""
MANIFEST = "manifest.json"
BYTES_AT_ONCE = 1 << 20

Tell = Callable[[int, int, str], None]
"""Hears how far a long work is: so many, of so many, `rows` or `bytes checked`."""


@dataclass(frozen=True)
class Member:
    """One file of the zip. `rows` is None for what is no table."""

    sha256: str
    bytes: int
    rows: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `schemas` is the step of each room by name, None for one that was not set up."""

    made_at: dt.datetime
    schemas: Mapping[str, str | None]
    members: Mapping[str, Member]

    @property
    def rows(self) -> int:
        return sum(member.rows or 0 for member in self.members.values())

    @property
    def files(self) -> int:
        return sum(member.rows is None for member in self.members.values())


@dataclass
class Progress:
    """Adds up what was done, and tells."""

    tell: Tell
    of: int
    what: str
    done: int = 0

    def add(self, number: int) -> None:
        self.done += number
        self.tell(self.done, self.of, self.what)


def untold(done: int, of: int, what: str) -> None:
    return None


@contextmanager
def beside(file: Path, replace: bool) -> Iterator[IO[bytes]]:
    """A new file, for its owner alone, that takes the name of `file` when the block ends well; otherwise nothing of it
    remains. Raises `BackupError` when `file` is there and not `replace`, or cannot be written."""

    def look() -> None:
        if file.is_dir():
            raise BackupError(f"{file} is a folder; give the name of a file in it")
        if file.exists() and not replace:
            raise BackupError(f"{file} exists already; give another name, or --replace to write over it")

    look()
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        look()
        fresh.replace(file)
    except OSError as error:
        raise BackupError(f"the backup {file} could not be written: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)


class Hashed:
    """Counts and hashes what goes through."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._hash, self.bytes = out, hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        self._out.write(block)
        self._hash.update(block)
        self.bytes += len(block)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def write_file(to: zipfile.ZipFile, name: str, file: Path) -> Member:
    """Copies a file into the zip. Raises `FileNotFoundError`, with nothing written, when it is gone."""
    with file.open("rb") as content, to.open(name, "w", force_zip64=True) as out:
        written = Hashed(out)
        while block := content.read(BYTES_AT_ONCE):
            written.write(block)
    return Member(written.sha256, written.bytes)


def write_manifest(to: zipfile.ZipFile, manifest: Manifest) -> None:
    """Comes last: it names all other members."""
    members = {name: asdict(member) for name, member in manifest.members.items()}
    made_at = manifest.made_at.isoformat(timespec="seconds")
    body = {"lantern_backup": FORMAT, "made_at": made_at, "schemas": manifest.schemas, "members": members}
    to.writestr(MANIFEST, json.dumps(body, indent=1))


@contextmanager
def checked(file: Path, folders: Mapping[str, Path], tell: Tell) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The opened backup, once all of it is known to be as it was written.

    Raises `BackupDamaged` when it is not, `SchemaMismatch` for a newer format, `BackupError` when there is no file.
    """
    try:
        opened = file.open("rb")
    except OSError as error:
        raise BackupError(f"the backup {file} cannot be opened: {error.strerror}") from error
    with ExitStack() as stack:
        stack.enter_context(opened)
        with damage(str(file)):
            archive = stack.enter_context(zipfile.ZipFile(opened))
            body = json.loads(archive.read(MANIFEST))
            if body["lantern_backup"] > FORMAT:
                raise SchemaMismatch(f"the backup {file} was made by newer code; update the code, then restore it")
            manifest = Manifest(
                made_at=dt.datetime.fromisoformat(body["made_at"]),
                schemas=dict(body["schemas"]),
                members={name: Member(**member) for name, member in body["members"].items()},
            )
            _check_members(archive, manifest, folders, tell)
        yield archive, manifest


def _check_members(archive: zipfile.ZipFile, manifest: Manifest, folders: Mapping[str, Path], tell: Tell) -> None:
    if sorted(archive.namelist()) != sorted([MANIFEST, *manifest.members]):
        raise BackupDamaged("its files are not those of its manifest")
    progress = Progress(tell, sum(member.bytes for member in manifest.members.values()), "bytes checked")
    for name, member in manifest.members.items():
        kind, folder, *path = PurePosixPath(name).parts
        # Two slashes would make the rest an address outside the folder.
        odd = ".." in path or str(PurePosixPath(name)) != name
        if odd or kind not in ("files", "tables") or (kind == "files" and folder not in folders):
            raise BackupDamaged(f"{name} is no part of a backup")
        found = hashlib.sha256()
        with archive.open(name) as content:
            while block := content.read(BYTES_AT_ONCE):
                found.update(block)
                progress.add(len(block))
        if found.hexdigest() != member.sha256:
            raise BackupDamaged(f"{name} is not as it was written")


@contextmanager
def damage(file: str) -> Iterator[None]:
    """What zipfile and json raise for bytes that are not as they were written, said in one way."""
    faults = (
        *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, binascii.Error, NotImplementedError, RuntimeError),
        *(KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, BackupDamaged),
    )
    try:
        yield
    except faults as error:
        why = "" if isinstance(error, KeyError) else f" ({error})"
        raise BackupDamaged(
            f"{file} is not a whole backup of Lantern{why}; nothing was changed. Take another copy of it"
        ) from error


@contextmanager
def unpacked(archive: zipfile.ZipFile, name: str, place: Path) -> Iterator[dict[Path, Path]]:
    """The files of a folder beside it, where they only wait to be renamed: by path within it, where each is now."""
    waiting = place.with_name(f"{place.name}.restoring")
    start = f"files/{name}/"
    shutil.rmtree(waiting, ignore_errors=True)
    try:
        found = {}
        for member in (member for member in archive.namelist() if member.startswith(start)):
            path = Path(member[len(start) :])
            found[path] = waiting / path
            found[path].parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as content, found[path].open("wb") as out:
                shutil.copyfileobj(content, out, BYTES_AT_ONCE)
        yield found
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def move(files: Mapping[Path, Path], place: Path) -> None:
    """Replaces what is in the folder, file by file; what the backup lacks goes last. Without any files, nothing."""
    try:
        for path, file in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            file.replace(place / path)
        for file in [found for found in place.rglob("*") if files and found.is_file()]:
            if file.relative_to(place) not in files:
                file.unlink()
    except OSError as error:
        raise BackupError(
            f"the databases are restored, but not all of {place} ({error.strerror}); "
            f"take the files from files/{place.name} of the backup, which is a zip"
        ) from error
