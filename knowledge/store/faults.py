"""What the database says, in this room's own errors."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from knowledge.errors import StoreUnavailable
from storage.errors import StorageError


class translated:
    """Turns errors of the storage room into this room's own."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> Literal[False]:
        if isinstance(error, StorageError):
            raise StoreUnavailable(str(error)) from error
        if isinstance(error, sa.exc.ProgrammingError):
            raise StoreUnavailable(
                "the knowledge tables are missing or of another version; run: ./lantern check"
            ) from error
        return False
