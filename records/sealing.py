"""Texts that only this installation can read: what waits to be answered or sent, while it waits.

A database file or a backup without `LANTERN_HOME/secrets` tells nothing of them.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from records.errors import RecordsError


class Unreadable(RecordsError):
    """What was sealed cannot be opened: by another installation's secret, or it was altered."""


class Sealer:
    """Seals plain JSON values with a secret of 32 bytes (AES-128-CBC with HMAC-SHA256, as Fernet defines it)."""

    def __init__(self, secret: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(secret))

    def seal(self, value: Any) -> str:
        # Half of a surrogate pair is refused by UTF-8; as an escape of JSON it comes back as it was.
        return self._fernet.encrypt(json.dumps(value, separators=(",", ":")).encode("ascii")).decode("ascii")

    def open(self, sealed: str) -> Any:
        """Raises `Unreadable`."""
        try:
            return json.loads(self._fernet.decrypt(sealed.encode("ascii")))
        except (InvalidToken, ValueError) as fault:
            raise Unreadable("what was sealed cannot be opened; was LANTERN_HOME/secrets replaced?") from fault
