"""Finding known names in a message: word by word, the longest name first, blind to case, accents and hyphens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from safety import ORDINARY_WORDS

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d_]+|[0-9]+")
_ARE = re.compile(r"(?<=\w)['\u2019`\u00b4]re\b", re.IGNORECASE)
_APOSTROPHES = str.maketrans("", "", "'\u2019`\u00b4")

SHORTEST_MENDED = 4
"""Letters. In a shorter word every slip makes another word."""
TWO_SLIPS = 8
"""Letters from which on a word may hold two slips."""
MOST_MENDED = 12
"""Unknown words of one message that are looked at; a message with more is in another language, or nonsense."""


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
    """Runs of letters and runs of digits, so that "KYSA1", "kysa-1" and "Kysa 1" are the same two words. "We're" is
    two words, as it would be "were" without its apostrophe."""
    plain = _ARE.sub(" are", unicodedata.normalize("NFKC", text)).translate(_APOSTROPHES)
    return tuple(Word(_key(found.group()), found.group()) for found in _WORD.finditer(plain))


def keys(text: str) -> tuple[str, ...]:
    return tuple(word.key for word in words(text))


def _key(written: str) -> str:
    if written.isascii():
        return written.lower()
    parts = unicodedata.normalize("NFKD", written.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


class Lexicon(Generic[T]):
    """Names and what they stand for. A name added first wins over the same name added later."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], T] = {}
        self._longest: dict[str, int] = {}  # by the first word

    def add(self, name: str, value: T) -> None:
        key = keys(name)
        if key:
            self._values.setdefault(key, value)
            self._longest[key[0]] = max(self._longest.get(key[0], 0), len(key))

    @property
    def words(self) -> frozenset[str]:
        """Every word of every name."""
        return frozenset(word for key in self._values for word in key)

    def get(self, name: str) -> T | None:
        """What exactly this name stands for."""
        return self._values.get(keys(name))

    def find(self, message: Sequence[str]) -> tuple[Hit[T], ...]:
        """Names in the words of `message` (their keys), from left to right, without overlaps."""
        hits = []
        start = 0
        while start < len(message):
            longest = self._longest.get(message[start], 0)
            for end in range(min(len(message), start + longest), start, -1):
                key = tuple(message[start:end])
                if key in self._values:
                    hits.append(Hit(start, end, self._values[key]))
                    start = end
                    break
            else:
                start += 1
        return tuple(hits)

    def everywhere(self, message: Sequence[str]) -> tuple[T, ...]:
        """What every name in `message` stands for, those inside of a longer name, too."""
        spans = (
            tuple(message[start:end])
            for start in range(len(message))
            for end in range(start + 1, min(len(message), start + self._longest.get(message[start], 0)) + 1)
        )
        return tuple(self._values[span] for span in spans if span in self._values)

    def first(self, text: str) -> T | None:
        hits = self.find(keys(text))
        return hits[0].value if hits else None


class Spelling:
    """Mends words that are in no list and no everyday English: "germny", "nephritus"."""

    def __init__(self, groups: Iterable[Collection[str]], ordinary: Collection[str]) -> None:
        """`groups`: the words that a slip may have been meant as, those of the first group before those of the next.
        `ordinary`: words that mean themselves."""
        self._ordinary = frozenset(ordinary)
        self._groups = [sorted(word for word in group if len(word) >= SHORTEST_MENDED) for group in groups]
        self._known = frozenset(word for group in self._groups for word in group)

    def is_known(self, word: str) -> bool:
        return word in self._known or word in self._ordinary or len(word) < SHORTEST_MENDED or not word.isalpha()

    def mended(self, message: Sequence[Word]) -> tuple[Word, ...]:
        """The message with every slip that has one reading replaced; what was written stays beside it."""
        unknown = [word.key for word in message if not self.is_known(word.key)][:MOST_MENDED]
        meant = {key: self.meant(key) for key in unknown}
        return tuple(Word(meant.get(word.key) or word.key, word.written) for word in message)

    def meant(self, word: str) -> str | None:
        """The known word that `word` is a slip of; None where there is none. The first letter is seldom wrong."""
        most = 1 if len(word) < TWO_SLIPS else 2
        nearest: list[tuple[int, int, str]] = []
        for rank, group in enumerate(self._groups):
            found = extract(word, group, scorer=OSA.distance, score_cutoff=most, limit=8)
            nearest += [(int(slips), rank, known) for known, slips, _ in found if _starts_alike(word, known)]
        return min(nearest)[2] if nearest else None


def _starts_alike(word: str, known: str) -> bool:
    return word[0] == known[0] or word[:2] == known[1::-1]


@lru_cache(maxsize=1)
def everyday_words() -> frozenset[str]:
    """The words of everyday English that the safety room takes as they are written."""
    return frozenset(ORDINARY_WORDS.read_text(encoding="utf-8").split())
