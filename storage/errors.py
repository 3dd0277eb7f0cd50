"""The family of errors this room raises.

StorageError
├── Unavailable         the database does not answer
├── SchemaMismatch      the database, or a backup, is of another version than the code
├── LeaseHeld           another process does this work (storage.lease)
├── LeaseLost           another process has taken this work over (storage.lease)
└── BackupError         a backup cannot be made or put back; what was there before is as it was
    ├── BackupDamaged   the file is not a whole backup
    └── NotEmpty        a backup is put back only where nothing is kept yet
"""

from __future__ import annotations


class StorageError(Exception):
    """A database cannot be used; the message names it and says what to do."""


class Unavailable(StorageError):
    """The database does not answer: not there, locked for too long, full or read-only."""


class SchemaMismatch(StorageError):
    """The database is older or newer than the code."""


class BackupError(StorageError):
    """A backup cannot be made or put back. The message says why and what to do, and repeats no value of a row."""


class BackupDamaged(BackupError):
    """The file is not a whole backup: cut short, altered, or something else altogether."""


class NotEmpty(BackupError):
    """Something is kept already where a backup was to be put back."""
