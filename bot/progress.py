"""How far a long work is, said now and then."""

from __future__ import annotations

import time

SECONDS_BETWEEN = 3.0
"""Between two lines of progress."""


class Progress:
    """Prints a line every few seconds and drops those in between; a short work says nothing."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def say(self, line: str) -> None:
        if time.monotonic() - self._said > SECONDS_BETWEEN:
            self._said = time.monotonic()
            print(line, flush=True)

    def count(self, done: int, of: int, what: str) -> None:
        self.say(f"{done:,} of {of:,} {what} ...")
