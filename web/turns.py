"""The order of one person's messages: each is answered before the next one is begun."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """A lock for each conversation that is being answered, and none for the others."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, conversation: str) -> asyncio.Lock:
        """Keep what is returned until the message is answered: it lives as long as somebody holds or awaits it."""
        lock = self._held.get(conversation)
        if lock is None:
            lock = self._held[conversation] = asyncio.Lock()
        return lock

    def __len__(self) -> int:
        return len(self._held)
