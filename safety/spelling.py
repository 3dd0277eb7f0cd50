"""Words as they were meant: disguises, slips and run-together words are mended before any rule looks at them."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress, filterfalse
from typing import Any

from safety.errors import RulesError

SHORTEST_NEAR_WORD = 5
"""Letters. Shorter words have too many real words one slip away ("heat" and "hear" for a four-letter word)."""

LONGEST_GLUED_WORD = 60
SHORTEST_GLUED_WORD = 7

_TOKEN = re.compile(r"[a-z@$][a-z0-9@$]*|[.!?;:\n]+|[0-9](?:[0-9]*[.,][0-9]+|[a-z0-9@$]*)")
_DISGUISED = re.compile(r"[a-z@$][0-9@$]|[0-9@$][a-z]")
_NUMBER_AND_UNIT = re.compile(r"([0-9]+)([a-z]+)")
_RUN_OF_LETTERS = re.compile(r"([a-z])\1{2,}")
_RUNS = tuple(letter * 3 for letter in string.ascii_lowercase)


class Speller:
    """Splits normalised text into words and mends disguised ones. Sentence ends become "." or "?"."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._spelling: Mapping[str, str] = data["spelling"]
        self._digits = [str.maketrans(table) for table in data["digits"]]
        self._known: set[str] = set(data["not_near"].split()) | set(self._spelling)
        self._joins = {tuple(pair.split()): word for pair, word in data["joins"].items()}
        self._joining = frozenset(first for first, _ in self._joins)
        self._near: dict[str, list[str]] = {}
        self._heads: set[str] = set()
        self._tails: set[str] = set()
        self._parts: set[str] = set(data["glued"]["words"].split())
        self._stems: list[str] = data["glued"]["stems"].split()
        self._stem = re.compile("|".join(self._stems))
        for entry in data["words"].values():
            near = entry.get("near", "").split()
            words = [*near, *entry.get("exact", "").split()]
            self._known.update(words)
            self._parts.update(word for word in words if len(word) > 2)
            for word in near:
                if len(word) < SHORTEST_NEAR_WORD:
                    raise RulesError(f"words: {word!r} is too short for near; list it under exact")
                for shape in _shapes(word):
                    self._near.setdefault(shape, []).append(word)
                # One slip leaves the first three letters as they were, or the first and the last two. A swap of the
                # third and fourth, or of the first two, gives the other shapes.
                self._heads.update((word[:3], word[:2] + word[3]))
                self._tails.update((word[0] + word[-2:], word[1] + word[-2:]))

        self._plain = self._known.difference(self._spelling).union((".", "?"))

    def words(self, text: str) -> list[str]:
        """The words of a normalised text, mended, with "." and "?" where sentences end."""
        words: list[str] = _TOKEN.findall(text)
        mended = {word: self._mend(word) for word in self._suspicious(set(words).difference(self._plain))}
        if mended:
            words = list(map(mended.get, words, words))
            if any(len(meant.split()) != 1 for meant in mended.values()):
                words = " ".join(words).split()
        return self._joined(words)

    def _suspicious(self, words: set[str]) -> set[str]:
        """Those that `_mend` may read as another word, found by looking at all of them at once: most words of most
        texts are ordinary, and a long text has thousands."""
        together = " ".join(words)
        found = {word for part in (*_RUNS, *self._stems) for word in _words_with(part, together)}
        found.update(words.intersection(self._spelling))
        found.update(filterfalse(str.isalpha, words))
        heads, tails = self._heads, self._tails
        found.update([word for word in words if word[:3] in heads or word[:1] + word[-2:] in tails])
        return found

    def _joined(self, words: list[str]) -> list[str]:
        """Two words that mean one ("can not", "car t") become that one, so that patterns need only one spelling."""
        places = compress(range(len(words) - 1), map(self._joining.__contains__, words))
        done = 0
        joined: list[str] = []
        for place in places:
            pair = self._joins.get((words[place], words[place + 1])) if place >= done else None
            if pair:
                joined += words[done:place]
                joined.append(pair)
                done = place + 2
        return joined + words[done:]

    def _mend(self, token: str) -> str:
        """The known word behind `token`, several words joined by spaces, "" for a pause, or `token` itself."""
        if token in self._spelling:
            return self._spelling[token]
        if token.isalpha():
            return self._spelled(token) or token
        if not token[0].isalnum() and token[0] not in "@$":
            return "?" if "?" in token else "" if token.strip(".") == "" and len(token) > 1 else "."
        return self._undisguised(token) if _DISGUISED.search(token) else token

    def _undisguised(self, token: str) -> str:
        unit = _NUMBER_AND_UNIT.fullmatch(token)
        if unit:
            return unit.group(1) + " " + self._mend(unit.group(2))
        for table in self._digits:
            plain = token.translate(table)
            word = self._spelling.get(plain) or self._spelled(plain)
            if word:
                return word
        return token

    def _spelled(self, word: str) -> str:
        """The known word or words meant by `word`, or ""."""
        if word in self._known:
            return self._spelling.get(word, word)
        if len(word) != len(set(word)) and _RUN_OF_LETTERS.search(word):
            squeezed = _RUN_OF_LETTERS.sub(r"\1", word)
            doubled = _RUN_OF_LETTERS.sub(r"\1\1", word)
            return "" if len(squeezed) == 1 else self._spelled(doubled if doubled in self._known else squeezed)
        return self._one_slip(word) or self._unglued(word)

    def _one_slip(self, word: str) -> str:
        for shape in _shapes(word):
            for meant in self._near.get(shape, ()):
                if _one_slip_apart(word, meant):
                    return meant
        return ""

    def _unglued(self, word: str) -> str:
        """`word` cut into the fewest known words, or "" when it is not made of known words only."""
        if not SHORTEST_GLUED_WORD <= len(word) <= LONGEST_GLUED_WORD or not self._stem.search(word):
            return ""
        best: list[list[str] | None] = [[]]
        for end in range(1, len(word) + 1):
            cuts = [
                [*head, word[start:end]]
                for start in range(end)
                if (head := best[start]) is not None
                and word[start:end] in self._parts
                and (start == 0 or end - start > 1)
            ]
            best.append(min(cuts, key=len) if cuts else None)
        return " ".join(self._spelling.get(part, part) for part in best[-1] or ())


def _words_with(part: str, together: str) -> Iterator[str]:
    """The words of a text, divided by single spaces, that `part` stands in."""
    at = together.find(part)
    while at >= 0:
        end = together.find(" ", at)
        end = len(together) if end < 0 else end
        yield together[together.rfind(" ", 0, at) + 1 : end]
        at = together.find(part, end)


def _shapes(word: str) -> Iterable[str]:
    """The word itself and the word without one of its letters: words one slip apart have a shape in common."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _one_slip_apart(word: str, meant: str) -> bool:
    """One letter more, fewer or other, or two neighbours swapped. The first letter must agree unless swapped."""
    if word == meant:
        return True
    longer, shorter = (word, meant) if len(word) >= len(meant) else (meant, word)
    same = 0
    while same < len(shorter) and longer[same] == shorter[same]:
        same += 1
    if len(longer) > len(shorter):
        return same > 0 and longer[same + 1 :] == shorter[same:]
    swapped = longer[same : same + 2] == shorter[same : same + 2][::-1] and longer[same + 2 :] == shorter[same + 2 :]
    return swapped or (same > 0 and longer[same + 1 :] == shorter[same + 1 :])
