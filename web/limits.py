"""How much one caller may ask: rates, and what counts them. Emergency messages are never counted; the caller of `take`
sees to that by looking for them first.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from web.errors import Refused

_RATE = re.compile(r"([1-9]\d{0,5}) per ([1-9]\d{0,4}) s")


@dataclass(frozen=True)
class Rate:
    """So many at once, and on average so many in `seconds`. A `count` of 0 means without a limit."""

    count: int
    seconds: int = 1

    @classmethod
    def parse(cls, value: str) -> Rate:
        """The rate in "20 per 10 s"; "0" is no limit. Raises `ValueError` saying what to give."""
        words = " ".join(value.split())
        if words == "0":
            return cls(0)
        found = _RATE.fullmatch(words)
        if not found:
            raise ValueError("give a number of messages and of seconds, such as '20 per 10 s', or 0 for no limit")
        return cls(int(found[1]), int(found[2]))


class Limiter:
    """A token bucket for each key, kept as one number: when it will be full again. `clock` gives monotonic seconds.

    It remembers the `most` keys that were heard last. A forgotten key has a full bucket; so has one that rested for
    `rate.seconds`, so only more than `most` busy callers at a time could gain by it.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float], most: int = 10_000) -> None:
        self._rate, self._clock, self._most = rate, clock, most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str) -> float:
        """0.0 if one more is fine now; otherwise the seconds after which it will be. A refusal is not counted."""
        if not self._rate.count:
            return 0.0
        now, period = self._clock(), float(self._rate.seconds)
        share = period / self._rate.count
        # Kept within one period from now: should the clock ever go back, nobody waits for it to come forward again.
        full_at = min(max(self._full_at.get(key, now), now), now + period)
        wait = full_at + share - now - period
        # Sums of shares are off by a rounding error, and a wait of a millionth of a second is none.
        refused = wait > 1e-6
        self._full_at[key] = full_at if refused else full_at + share
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return wait if refused else 0.0

    def __len__(self) -> int:
        return len(self._full_at)


class Limits:
    """What one conversation, and one address, may send. `exceeded` is told which limit a message went over."""

    def __init__(
        self, conversation: Rate, address: Rate, clock: Callable[[], float], exceeded: Callable[[str], None]
    ) -> None:
        self._limiters = {"conversation": Limiter(conversation, clock), "address": Limiter(address, clock)}
        self._exceeded = exceeded

    def count(self, *, conversation: str = "", address: str = "") -> None:
        """Counts one more; what is "" is not counted. Raises `Refused` 429."""
        for name, key in (("address", address), ("conversation", conversation)):
            wait = self._limiters[name].take(key) if key else 0.0
            if wait:
                self._exceeded(name)
                raise Refused(429, "too_many", f"Please wait {whole_seconds(wait)} s and send it again.", wait)


def whole_seconds(wait: float) -> int:
    """A wait for a `Retry-After` header: rounded up, because coming a moment too early means to wait again."""
    return max(1, math.ceil(wait))
