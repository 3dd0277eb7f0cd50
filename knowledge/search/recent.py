"""What was worked out last, so that it need not be worked out again while the same message is looked at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The `most` values that were asked for last, in memory only. Safe to share between threads; two that ask for the
    same new value at once may both work it out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._changing = threading.Lock()

    def of(self, key: Key, work_out: Callable[[], Value]) -> Value:
        """The value that is known, else what `work_out` gives; nothing is remembered where that raises."""
        with self._changing:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        value = work_out()
        with self._changing:
            self._known[key] = value
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return value

    def get(self, key: Key) -> Value | None:
        """The value if it is known."""
        with self._changing:
            return self._known.get(key)
