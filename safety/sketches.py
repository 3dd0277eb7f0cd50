"""A pattern drawn coarsely, with one sign for each word: what it does not fit, the pattern does not fit either.

To look for a pattern in a text of letters takes some microseconds, in a row of signs a tenth of that. So `Rules` looks
for the sketch first, and reads the letters only where it fits. A sketch may fit too much: words share signs, what must
not follow is left out, and so is all behind a piece of which it is not plain where a word begins or ends. It never fits
too little.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, zip_longest

from safety.patterns import Item, boundaries

_OTHER = 0
"""The sign of a word that no pattern names."""
_ENDS = {".": 1, "?": 2}
_NUMBER = 3
_FIRST, _SIGNS = 4, frozenset(range(256))
_INSIDE = _SIGNS.difference(_ENDS.values())
"""Those that may stand inside a sentence."""
_EDGES = ("^", "$", r"\b")
_OPTIONAL_LETTER = re.compile(r"[a-z0-9]+\?")
_CHOICE = re.compile(r"\[[^]^]+\]")
_MOST_SPELLINGS = 300
"""Words that one with a choice of letters is written out as."""


@dataclass(frozen=True)
class _Drawn:
    """`expression` fits rows of `signs`. `row`: the signs at each place, if there is one length and no choice between
    places; `whole`: nothing was left out behind it."""

    expression: bytes
    signs: frozenset[int]
    row: tuple[frozenset[int], ...] = ()
    whole: bool = True


class Sketcher:
    """Draws the `patterns` it is made for; `signs` tells the sign of each word that these name."""

    def __init__(self, concepts: Mapping[str, Sequence[str]], patterns: Iterable[Sequence[Sequence[Item]]]) -> None:
        self._concepts = concepts
        self._by_source: dict[str, frozenset[int]] = {}
        self._words: dict[str, None] = {}
        self.signs: dict[str, int] = {}
        for alternatives in patterns:
            self._group(alternatives, True, True)  # finds out what words there are
        self._by_source.clear()
        self.signs = _signs(self._words)

    def drawn(self, alternatives: Sequence[Sequence[Item]]) -> re.Pattern[bytes]:
        """The sketch of a pattern, for `bytes` with the sign of each word, 0 for one that has none."""
        return re.compile(self._group(alternatives, True, True).expression, re.DOTALL)

    def _group(self, alternatives: Iterable[Sequence[Item]], left: bool, right: bool) -> _Drawn:
        """`left` and `right`: whether a word begins before the group and ends after it."""
        choices = [self._sequence(items, left, right) for items in alternatives]
        if len(choices) == 1:
            return choices[0]
        rows = [choice.row for choice in choices if choice.row]
        expressions = [choice.expression for choice in choices if not choice.row]
        if rows:
            # Each place of all rows by itself is looked at much faster than one row after the other.
            least = min(map(len, rows))
            merged = [frozenset[int]().union(*signs) for signs in zip_longest(*rows, fillvalue=())]
            expressions.append(b"".join(_any(signs) + b"?" * (at >= least) for at, signs in enumerate(merged)))
        return _Drawn(
            b"(?:" + b"|".join(expressions) + b")" if len(expressions) > 1 else expressions[0],
            frozenset().union(*(choice.signs for choice in choices)),
            tuple(merged) if len(rows) == len(choices) and len(merged) == least else (),
            whole=all(choice.whole for choice in choices),
        )

    def _sequence(self, items: Sequence[Item], left: bool, right: bool) -> _Drawn:
        begins, ends = boundaries(items, left, right)
        parts: list[_Drawn] = []
        whole, at = True, 0
        part: _Drawn | None
        while whole and at < len(items):
            start, item = at, items[at]
            at += 1
            if item.kind in ("space", "ahead") or item.text in _EDGES:
                continue
            if item.kind == "gap":
                among = _SIGNS if item.text[1] == "X" else _INSIDE
                part = _often(_one_of(among), f"{{0,{item.text[2:-1]}}}")
            elif item.kind == "group" and ((begins[start] and ends[at]) or not _inside_a_word(item)):
                part = self._repeated(item, begins[start], ends[at])
            else:
                while at < len(items) and _inside_a_word(items[at]):
                    at += 1
                plain = begins[start] and ends[at] and _inside_a_word(item)
                part = self._word(items[start:at]) if plain else None
            if part:
                parts.append(part)
            whole = part is not None and part.whole
        if len(parts) == 1:
            return replace(parts[0], whole=whole)
        return _Drawn(
            b"".join(part.expression for part in parts),
            frozenset().union(*(part.signs for part in parts)),
            tuple(chain.from_iterable(part.row for part in parts)) if all(part.row for part in parts) else (),
            whole,
        )

    def _repeated(self, group: Item, begin: bool, end: bool) -> _Drawn | None:
        drawn = self._group(group.inside, begin, end)
        if not group.often:
            return drawn
        by_words = (
            group.often == "?"
            or all(boundaries(items, begin, False)[0][-1] for items in group.inside)
            or all(boundaries(items, False, end)[1][0] for items in group.inside)
        )  # else a word might go on where the group begins again
        return _often(drawn, group.often) if drawn.whole and by_words else None

    def _word(self, pieces: Sequence[Item]) -> _Drawn:
        """One word, written by some pieces without a space."""
        source = "".join(map(self._source, pieces))
        if source not in self._by_source:
            words = self._spellings(pieces)
            self._words.update(dict.fromkeys(words))
            known = words or re.findall(f"(?<![^ ])(?:{source})(?![^ ])", " ".join(self.signs))
            signs = {self.signs.get(word, _OTHER) for word in known}
            self._by_source[source] = frozenset(signs if words else {_OTHER, *signs})
        return _one_of(self._by_source[source])

    def _source(self, item: Item) -> str:
        if item.kind == "group":
            inside = ("".join(map(self._source, items)) for items in item.inside)
            return "(?:" + "|".join(inside) + ")" + item.often
        return "(?:" + "|".join(self._named(item)) + ")" if item.kind == "name" else item.text

    def _named(self, name: Item) -> Sequence[str]:
        return self._concepts[name.text[1:-1]]

    def _spellings(self, pieces: Sequence[Item]) -> list[str]:
        """The words that some pieces can be written as, none if these are many."""
        words = [""]
        for piece in pieces:
            if piece.kind == "word":
                ends = [piece.text]
            elif piece.kind == "name":
                ends = list(self._named(piece))
            elif _OPTIONAL_LETTER.fullmatch(piece.text):
                ends = [piece.text[:-1], piece.text[:-2]]
            elif _CHOICE.fullmatch(piece.text):
                ends = [sign for sign in string.printable if sign != " " and re.fullmatch(piece.text, sign)]
            elif piece.kind == "group" and piece.often in ("", "?"):
                inside = [self._spellings(items) for items in piece.inside]
                ends = list(chain([""] if piece.often else (), *inside)) if all(inside) else []
            else:
                ends = []
            words = [word + end for word in words for end in ends]
            if len(words) > _MOST_SPELLINGS:
                return []
        return words


def _signs(words: Iterable[str]) -> dict[str, int]:
    """A sign for each word. Numbers have one together, or there would be none left that stands for few words."""
    signs = dict(_ENDS)
    for place, word in enumerate(words):
        signs.setdefault(word, _NUMBER if word[0].isdigit() else _FIRST + place % (len(_SIGNS) - _FIRST))
    return signs


def _inside_a_word(item: Item) -> bool:
    """Whether an item can only be letters of one word."""
    if item.kind == "group":
        return all(map(_inside_a_word, chain.from_iterable(item.inside)))
    if item.kind == "sign":
        return item.text not in _EDGES and not re.fullmatch(item.text, " ")
    return item.kind in ("word", "name")


@lru_cache(1000)
def _any(signs: frozenset[int]) -> bytes:
    if signs == _SIGNS:
        return b"."
    # Signs in a row as a range: a set of signs is compiled several times faster than each by itself.
    firsts = (sign for sign in signs if sign - 1 not in signs)
    lasts = (sign for sign in signs if sign + 1 not in signs)
    ranges = zip(sorted(firsts), sorted(lasts))
    return b"[" + b"".join(b"\\x%02x-\\x%02x" % (first, last) for first, last in ranges) + b"]"


def _one_of(signs: frozenset[int]) -> _Drawn:
    return _Drawn(_any(signs), signs, (signs,))


def _often(drawn: _Drawn, often: str) -> _Drawn:
    """Where words share signs, a row can be read by a repeated choice in very many ways, and a hostile text would take
    for ever. So what is repeated is any row of its signs."""
    one = len(drawn.row) == 1
    if often == "?":
        return _Drawn((drawn.expression if one else b"(?:" + drawn.expression + b")") + b"?", drawn.signs)
    return _Drawn(_any(drawn.signs) + (often if one else "*").encode("ascii"), drawn.signs)
