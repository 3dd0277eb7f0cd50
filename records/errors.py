"""Errors of the records room. `Unavailable` is the storage room's: the database does not answer."""

from __future__ import annotations

from storage.errors import Unavailable

__all__ = ["RecordsError", "Unavailable", "UnknownConversation"]


class RecordsError(Exception):
    """Records cannot do what was asked; the message says what to do."""


class UnknownConversation(RecordsError):
    """Nothing is kept under this id."""
