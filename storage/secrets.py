"""Secrets that this installation makes for itself and keeps in files of its owner."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

SECRET_BYTES = 32


def shared_secret(file: Path) -> bytes:
    """The secret in `file`, made on first use, or when it is not whole, with rights for the owner only.

    Processes that ask for it at the same time get the same one.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    broken = file.exists()
    with suppress(FileNotFoundError, ValueError):
        secret = bytes.fromhex(file.read_text(encoding="ascii").strip())
        if len(secret) == SECRET_BYTES:
            return secret
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as written:
        written.write(secrets.token_hex(SECRET_BYTES))
    if broken:
        fresh.replace(file)
    else:
        # A link is made only where there is no file yet: of two processes the first one's secret stays.
        with suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    return shared_secret(file)
