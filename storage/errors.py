"""Errors of the storage room: StorageError > SchemaMismatch, Unavailable."""

from __future__ import annotations


class StorageError(Exception):
    """A database cannot be used; the message names it and says what to do."""


class Unavailable(StorageError):
    """The database does not answer: not there, locked for too long, full or read-only."""


class SchemaMismatch(StorageError):
    """The database is older or newer than the code."""
