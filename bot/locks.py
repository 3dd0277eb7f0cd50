"""One message of a person after the other, without waiting longer than the one before takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.lock_store import LockStore


class LanternLockStore(LockStore):
    """A lock per sender, for one process. Rasa's own asks once a second whether it is its turn; here the next in line
    is woken. A lock exists only while someone holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: Any, **__: Any) -> AsyncIterator[None]:
        """Holds the conversation while the block runs; those who wait get it in the order in which they came.

        There is no lifetime as Rasa's locks have: whatever holds it has time limits of its own.
        """
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._users[conversation_id] = self._users.get(conversation_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._users[conversation_id] -= 1
            if not self._users[conversation_id]:
                del self._users[conversation_id], self._locks[conversation_id]

    def is_someone_waiting(self, conversation_id: str) -> bool:
        return conversation_id in self._locks

    def __len__(self) -> int:
        return len(self._locks)
