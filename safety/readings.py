"""What words outside of every list may have been meant as, when the likeliest reading of a text says nothing.

`Speller` gives each slip one reading. Where a slip has several ("wae": wake, way, was), or the word is too short to be
mended by itself, only the words beside it tell: `Rules` tries the readings from here, and its patterns decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from string import ascii_lowercase

SHORTEST_MEANT = 3
"""Letters of a word that a slip may have been meant as: shorter ones are one slip from nearly anything."""
CHOOSY = 4
"""Letters. In a word up to this long a wrong letter counts only when its key is beside the right one."""
SHORTEST_BADLY_SPELT = 5
"""Letters of a word that may hold two slips."""
SHORTEST_CHAIN, LONGEST_CHAIN = 10, 40
"""Letters of several words without spaces that may hold slips."""
LETTERS_FOR_SECOND_SLIP = 14
"""Letters of such a chain from which on it may hold two."""
LONGEST_PART, SHORTEST_ON_AVERAGE = 16, 3
"""Letters of one word of such a chain, and of its words on average."""
_WORDS_OF_ONE_LETTER = frozenset("aiu")

_KEYS = (
    "q:wa w:qes e:wrd r:etf t:ryg y:tuh u:yij i:uok o:ipl p:ol a:qsz s:awdx d:sefc f:drgv g:fthb h:gyjn j:hukm k:jil "
    "l:kop z:asx x:zsdc c:xdfv v:cfgb b:vghn n:bhjm m:njk"
)
_BESIDE = frozenset(pair for key in _KEYS.split() for other in key[2:] for pair in (key[0] + other, other + key[0]))
"""Pairs of letters whose keys touch, on English and on Spanish keyboards."""
_NEIGHBOURS = {letter: "".join(sorted(pair[1] for pair in _BESIDE if pair[0] == letter)) for letter in ascii_lowercase}


class Readings:
    """`meant`: words that patterns look for, of which a slip may be one. `real`: words that may stand beside another
    without a space between them; `parts`: those that may among several, fewer because there are more ways to cut."""

    def __init__(self, meant: Iterable[str], real: Set[str], parts: Set[str]) -> None:
        self._real, self._parts = real, parts
        self._meant: dict[str, list[str]] = {}
        for word in sorted(meant):
            if len(word) >= SHORTEST_MEANT:
                for shape in {word, *_without_one(word)}:
                    self._meant.setdefault(shape, []).append(word)

    def of(self, word: str, mended: bool) -> list[str]:
        """Words, or words divided by spaces, that `word` may have been meant as, the likeliest first. `mended`: it is
        one slip from a word already, so that it is hardly two words with a slip."""
        found = dict.fromkeys(self._slips(word), 1)
        for phrase, slips in self._in_two(word):
            if not (slips and mended):
                found.setdefault(phrase, slips)
        if not found and not mended and SHORTEST_BADLY_SPELT <= len(word) <= LONGEST_PART:
            found = dict.fromkeys((meant for other in _one_slip_back(word) for meant in self._slips(other)), 2)
        if not mended and SHORTEST_CHAIN <= len(word) <= LONGEST_CHAIN:
            for phrase in self._chains(word):
                found.setdefault(phrase, 2)
        return sorted(found, key=found.__getitem__)

    def _slips(self, word: str) -> Iterator[str]:
        seen = {word}
        for shape in (word, *_without_one(word)):
            for meant in self._meant.get(shape, ()):
                if meant not in seen:
                    seen.add(meant)
                    if one_slip(word, meant) and (len(word) >= SHORTEST_MEANT or word[0] == meant[0]):
                        yield meant

    def _in_two(self, word: str) -> Iterator[tuple[str, int]]:
        """Two words without their space, one of which may hold a slip."""
        for at in range(1, len(word)):
            head, tail = word[:at], word[at:]
            first = head in self._real and (at > 1 or head in _WORDS_OF_ONE_LETTER)
            last = tail in self._real and len(tail) > 1
            if first and last:
                yield f"{head} {tail}", 0
            elif first and len(tail) >= SHORTEST_MEANT:
                yield from ((f"{head} {meant}", 2) for meant in self._slips(tail))
            elif last and len(head) >= SHORTEST_MEANT:
                yield from ((f"{meant} {tail}", 2) for meant in self._slips(head))

    def _chains(self, word: str) -> Iterator[str]:
        """Cuts into three words or more, some of them with a slip; the last and the first letter of two words may have
        changed places as well, and a letter may stand twice."""
        most = 2 if len(word) >= LETTERS_FOR_SECOND_SLIP else 1
        pairs = range(1, len(word) - 2)
        swaps = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs)
        singles = (word[:at] + word[at + 1 :] for at in range(len(word) - 1) if word[at] == word[at + 1])
        tried = [(word, most), *((other, most - 1) for other in singles), *((other, 0) for other in swaps)]
        for letters, slips in tried:
            parts = self._cut(letters, slips)
            if len(parts) > 2 and len(word) >= SHORTEST_ON_AVERAGE * len(parts):
                yield " ".join(parts)

    def _cut(self, word: str, most: int) -> list[str]:
        """The fewest words that `word` can be cut into with as few slips as possible, `most` at the most, or none."""
        best: list[dict[int, list[str]]] = [{} for _ in range(len(word) + 1)]
        best[0][0] = []
        for start in range(len(word)):
            if not best[start]:
                continue
            for end in range(start + 1, min(len(word), start + LONGEST_PART) + 1):
                part = word[start:end]
                if part in self._parts and (len(part) > 1 or (start == 0 and part in _WORDS_OF_ONE_LETTER)):
                    _extend(best[end], best[start], part, 0, most)
                elif len(part) >= SHORTEST_MEANT and min(best[start]) < most:
                    meant = next(self._slips(part), "")
                    if meant:
                        _extend(best[end], best[start], meant, 1, most)
        return best[-1][min(best[-1])] if best[-1] else []


def one_slip(word: str, meant: str) -> bool:
    """One letter more or fewer, two neighbours swapped or one wrong letter, anywhere; see `CHOOSY`."""
    if abs(len(word) - len(meant)) == 1:
        longer, shorter = (word, meant) if len(word) > len(meant) else (meant, word)
        return shorter in _without_one(longer)
    wrong = [at for at in range(len(word)) if word[at] != meant[at]] if len(word) == len(meant) else []
    if len(wrong) == 1:
        return len(word) > CHOOSY or word[wrong[0]] + meant[wrong[0]] in _BESIDE
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and word[wrong[0]] + word[wrong[1]] == (meant[wrong[1]] + meant[wrong[0]])
    )


def _one_slip_back(word: str) -> Iterator[str]:
    """What `word` may have been before a hand slipped that was not sure of its keys: one letter too many, two swapped,
    the key beside."""
    for at in range(len(word)):
        head, tail = word[:at], word[at + 1 :]
        yield head + tail
        yield from (head + letter + tail for letter in _NEIGHBOURS.get(word[at], ""))
        if tail:
            yield head + tail[0] + word[at] + tail[1:]


def _without_one(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def _extend(cuts: dict[int, list[str]], before: dict[int, list[str]], part: str, slips: int, most: int) -> None:
    for number, parts in before.items():
        known = cuts.get(number + slips)
        if number + slips <= most and (known is None or len(known) > len(parts) + 1):
            cuts[number + slips] = [*parts, part]
