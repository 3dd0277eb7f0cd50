"""From a pattern of a rules file to a regular expression, and to the words without which it cannot fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from safety.errors import RulesError

_CONCEPT = re.compile(r"<([A-Z_]+)>")
_GAP = re.compile(r"<([GPX])([0-9]+)>")
_WORD = re.compile(r"([a-z0-9]*)([a-z0-9])(\??)")
_PIECE = re.compile(
    r"(?P<gap><[GPX][0-9]+>)|(?P<name><[A-Z_]+>)|(?P<ahead>\(\?[!=])|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<often>[?*+]|\{[0-9,]+\})|(?P<space> )|(?P<word>[a-z0-9]+)|(?P<sign>\[[^]]*\]|\\.|.)"
)


class Expander:
    """Turns a pattern of the file into a regular expression: `<NAME>` stands for the words or the fragment of that
    name, `<G3>` for up to three words inside a sentence, `<P3>` for the same without a denial among them, `<X3>` for
    up to three words that may cross sentences."""

    def __init__(
        self, concepts: Mapping[str, Sequence[str]], fragments: Mapping[str, str], denials: Sequence[str]
    ) -> None:
        self._concepts = concepts
        self._fragments = fragments
        self._gap_words = {
            "G": "[a-z0-9][^ ]*",
            "P": "(?!(?:" + "|".join(denials) + ") )[a-z0-9][^ ]*",
            "X": "[^ ]+",
        }

    def fragments_in(self, source: str) -> str:
        """`source` with its fragments written out and its word lists still named."""

        def written_out(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in self._fragments:
                return "(?:" + self.fragments_in(self._fragments[name]) + ")"
            return match.group(0)

        return _CONCEPT.sub(written_out, source)

    def words_in(self, source: str) -> Iterator[str]:
        """The words `source` is written with; one that ends in an optional letter counts with and without it."""
        written_out = self.fragments_in(source)
        for name in _CONCEPT.findall(written_out):
            yield from self._concepts[name]
        for head, last, optional in _WORD.findall(_GAP.sub("", _CONCEPT.sub("", written_out))):
            yield head + last
            if optional:
                yield head

    def regex(self, source: str) -> re.Pattern[str]:
        """Raises `RulesError` for an unknown name or a faulty expression."""

        def words_of(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in self._concepts:
                raise RulesError(f"pattern {source!r}: <{name}> is not defined under words or fragments")
            return _any_of(self._concepts[name])

        def gap(match: re.Match[str]) -> str:
            return "(?:" + self._gap_words[match.group(1)] + " ){0," + match.group(2) + "}"

        written = _CONCEPT.sub(words_of, _GAP.sub(gap, self.fragments_in(source)))
        try:
            # A match starts on the space before its first word; the space after its last word stays unread.
            opening = "(?:" if source.startswith("^") else " (?:"
            closing = ")" if source.endswith("$") else ")(?= )"
            return re.compile(opening + written + closing)
        except re.error as fault:
            raise RulesError(f"pattern {source!r}: {fault}") from fault

    def items(self, source: str) -> tuple[tuple[Item, ...], ...]:
        """The alternatives of a pattern, each as its pieces."""
        pieces = [(found.lastgroup, found.group()) for found in _PIECE.finditer(self.fragments_in(source))]
        return _alternatives(iter(pieces))

    def needs(self, source: str) -> set[frozenset[str]]:
        """Of each of these sets one word stands in every text that the pattern fits. Not all there are: a piece that is
        not plainly a whole word, or may be left out, counts for none."""
        alternatives = self.items(source)
        if len(alternatives) > 1:
            union = self._union(alternatives, True, True)
            return {union} if union else set()
        return set(self._sequence(alternatives[0], True, True))

    def _union(self, alternatives: Sequence[Sequence[Item]], left: bool, right: bool) -> frozenset[str] | None:
        """One word of these stands where any of the alternatives does."""
        needed = [self._sequence(items, left, right) for items in alternatives]
        return frozenset().union(*(min(sets, key=len) for sets in needed)) if all(needed) else None

    def _sequence(self, items: Sequence[Item], left: bool, right: bool) -> list[frozenset[str]]:
        """`left` and `right`: whether a word begins before the first item and ends after the last."""
        begins, ends = boundaries(items, left, right)
        found: list[frozenset[str] | None] = []
        for item, begin, end in zip(items, begins, ends[1:]):
            if item.often:
                continue
            if item.kind == "group":
                found.append(self._union(item.inside, begin, end))
            elif begin and end and item.kind in ("word", "name"):
                found.append(frozenset([item.text] if item.kind == "word" else self._concepts[item.text[1:-1]]))
        return [needed for needed in found if needed]


def boundaries(items: Sequence[Item], left: bool, right: bool) -> tuple[list[bool], list[bool]]:
    """Whether a word begins at each place before, between and behind the items, and whether one ends there. `left` and
    `right`: whether one begins before the first, and ends behind the last."""
    begins, ends = [left], [right]
    for item in items:
        begins.append(item.boundary(begins[-1], -1))
    for item in reversed(items):
        ends.append(item.boundary(ends[-1], 0))
    return begins, ends[::-1]


@dataclass(frozen=True)
class Item:
    """A piece of a pattern. `inside` are the alternatives of a group; `often`: how often, if not once."""

    kind: Literal["word", "name", "gap", "space", "ahead", "group", "sign"]
    text: str = ""
    inside: tuple[tuple[Item, ...], ...] = ()
    often: str = ""

    def boundary(self, before: bool, side: Literal[0, -1]) -> bool:
        """Whether a word begins (`side` -1) after this item, or ends (`side` 0) before it, if one does on its other
        side: at a space, and at what may be left out."""
        if self.kind == "space":
            return True
        if self.kind == "ahead":
            return before
        if self.kind == "gap":
            return before and side == -1  # words, each with the space behind it
        if self.kind != "group":
            return False
        edges = []
        for items in self.inside:
            edge = before
            for item in items if side == -1 else reversed(items):
                edge = item.boundary(edge, side)
            edges.append(edge)
        return all(edges) and (before or not self.often)


def _alternatives(pieces: Iterator[tuple[str | None, str]]) -> tuple[tuple[Item, ...], ...]:
    """The pieces up to the end of the group, as items."""
    done: list[tuple[Item, ...]] = []
    items: list[Item] = []
    for kind, text in pieces:
        if kind == "close":
            break
        if kind == "bar":
            done.append(tuple(items))
            items = []
        elif kind == "often":
            last = items.pop()
            if last.kind == "gap" or last.often:
                items.append(last)  # "?" after what has a number of times already: as few of them as will do
            elif last.kind in ("group", "name"):
                items.append(Item("group", inside=last.inside or ((last,),), often=text))
            else:
                items.append(Item("sign", last.text + text))  # of a word, "?" makes only the last letter optional
        elif kind == "open":
            items.append(Item("group", inside=_alternatives(pieces)))
        elif kind == "ahead":
            _alternatives(pieces)
            items.append(Item("ahead"))
        else:
            items.append(Item(kind, text))  # type: ignore[arg-type]
    return (*done, tuple(items))


def _any_of(words: Sequence[str]) -> str:
    """An expression for any of `words`, sorted by first letter: several times faster than a plain list of choices."""
    tails: dict[str, list[str]] = {}
    for word in dict.fromkeys(words):
        tails.setdefault(word[0], []).append(word[1:])
    return "(?:" + "|".join(first + "(?:" + "|".join(rest) + ")" for first, rest in tails.items()) + ")"
