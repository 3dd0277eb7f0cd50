"""Errors of the records room. `Unavailable` is the storage room's: the database does not answer.

RecordsError
├── UnknownConversation   nothing is kept under this id
└── StaffRefused          something is not done to an account of staff; the message says why
    └── SignInRefused     wrong name, password or code, or too many attempts
"""

from __future__ import annotations

from storage.errors import Unavailable

__all__ = ["RecordsError", "SignInRefused", "StaffRefused", "Unavailable", "UnknownConversation"]


class RecordsError(Exception):
    """Records cannot do what was asked; the message says what to do."""


class UnknownConversation(RecordsError):
    """Nothing is kept under this id."""


class StaffRefused(RecordsError):
    """An account of staff is not made or changed; the message says why, to whoever asked for it."""


class SignInRefused(StaffRefused):
    """Nobody is signed in. `wait`: seconds after which it may be tried again, 0 for at once."""

    def __init__(self, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__("The name, the password or the code is not right.")
