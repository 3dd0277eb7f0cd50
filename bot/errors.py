"""Errors of the commands: CommandFailed carries one sentence for the person at the terminal, and what to try next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from knowledge.errors import ContentError, KnowledgeError
from storage.errors import StorageError
from storage.settings import SettingError


class CommandFailed(Exception):
    """A command could not do its work. The text says why and what to try."""


@contextmanager
def explained() -> Iterator[None]:
    """Turns the foreseen errors of the rooms into `CommandFailed`."""
    try:
        yield
    except ContentError as error:
        count = len(error.faults)
        raise CommandFailed(
            f"{count} fault{'s' * (count != 1)} in content files; nothing was changed:\n{error}"
        ) from error
    except (KnowledgeError, StorageError, SettingError) as error:
        raise CommandFailed(str(error)) from error
    except PermissionError as error:
        raise CommandFailed(f"no right to write {error.filename}; check the owner of LANTERN_HOME") from error
    except OSError as error:
        raise CommandFailed(f"{error.strerror}: {error.filename}; check the disk and LANTERN_HOME") from error
