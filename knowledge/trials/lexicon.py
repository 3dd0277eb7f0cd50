"""Finding known names in a message: word by word, the longest name first, blind to case, accents and hyphens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d_]+|[0-9]+")
_APOSTROPHES = str.maketrans("", "", "'\u2019`\u00b4")


@dataclass(frozen=True)
class Word:
    """`key` is compared; `written` is how it stood in the message."""

    key: str
    written: str


@dataclass(frozen=True)
class Hit(Generic[T]):
    """`value` was named by the words `start` to `end` (exclusive)."""

    start: int
    end: int
    value: T


def words(text: str) -> tuple[Word, ...]:
    """Runs of letters and runs of digits, so that "KYSA1", "kysa-1" and "Kysa 1" are the same two words."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    return tuple(Word(_key(found.group()), found.group()) for found in _WORD.finditer(plain))


def keys(text: str) -> tuple[str, ...]:
    return tuple(word.key for word in words(text))


def _key(written: str) -> str:
    parts = unicodedata.normalize("NFKD", written.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


class Lexicon(Generic[T]):
    """Names and what they stand for. A name added first wins over the same name added later."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], T] = {}
        self._longest = 0

    def add(self, name: str, value: T) -> None:
        key = keys(name)
        if key:
            self._values.setdefault(key, value)
            self._longest = max(self._longest, len(key))

    def find(self, message: Sequence[str]) -> tuple[Hit[T], ...]:
        """Names in the words of `message` (their keys), from left to right, without overlaps."""
        hits = []
        start = 0
        while start < len(message):
            for end in range(min(len(message), start + self._longest), start, -1):
                key = tuple(message[start:end])
                if key in self._values:
                    hits.append(Hit(start, end, self._values[key]))
                    start = end
                    break
            else:
                start += 1
        return tuple(hits)

    def first(self, text: str) -> T | None:
        hits = self.find(keys(text))
        return hits[0].value if hits else None
