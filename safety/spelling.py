"""Words as they were meant: disguises, slips and run-together words are mended before any rule looks at them."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import compress, filterfalse, islice
from typing import Any

from safety.errors import RulesError
from safety.readings import Readings, one_slip

SHORTEST_NEAR_WORD = 5
"""Letters. Shorter words have too many real words one slip away ("heat" and "hear" for a four-letter word)."""

LONGEST_GLUED_WORD = 60
SHORTEST_GLUED_WORD = 7

SHORTEST_SLIP = 4
"""Letters of a word outside of every list that may still be a slip of a word in a pattern, which has one more."""

SHORTEST_BADLY_SPELT = 7
"""Letters of a word that may hold two slips: the longer a word, the fewer there are beside it."""
LONGEST_SLIP = 16
"""Letters of the longest word that is compared: there are none longer in the patterns."""
SHORTEST_DOUBTFUL, MOST_DOUBTFUL = 2, 12
"""Letters of a word outside of every list that may have been meant as another one, and the most of them in one text:
more are nonsense, or another language."""
MOST_KEPT, LONGEST_KEPT = 8192, LONGEST_GLUED_WORD
"""Words whose reading is kept, the last ones met, and their letters: people use the same words again. In all 2 MB."""
MOST_STRANGE = 400
"""Words of one text, outside of every list, that are looked at for slips. A letter of 16 KiB holds a quarter of that;
nobody can make the check slow with nonsense."""

# Rows of signs that end a sentence, and decimals. Both begin with one set of characters, which is how `re` skips fast.
_SIGNS = re.compile(r"([.!?;:\n0-9](?:(?<![0-9])[.!?;:\n]*|(?<![a-z0-9@$][0-9])[0-9]*[.,][0-9]+))")
_READ = (string.ascii_lowercase + string.digits + "@$.,!?;:\n").encode()
_SPACED = bytes(code if code in _READ else ord(" ") for code in range(256))
_COMMA = "C"  # of a decimal: there are no capitals in a normalised text, other commas become spaces
_DISGUISED = re.compile(r"[a-z@$][0-9@$]|[0-9@$][a-z]")
_WORD_AND_NUMBER = re.compile(r"([a-z]{4,}|[a-z]{2,3}(?=[0-9]{2}))([0-9]+)")
_NUMBER_AND_UNIT = re.compile(r"([0-9]+)([a-z]+)")
_DOUBLED = re.compile(r"([a-z])\1")
_PATTERN_WORD = re.compile(r"(?<![a-z0-9<])([a-z]+)(\??)(?![a-z0-9\[])")
_RUN_OF_LETTERS = re.compile(r"([a-z])\1{2,}")


class Speller:
    """Splits normalised text into words and mends disguised ones. Sentence ends become "." or "?"."""

    def __init__(self, data: Mapping[str, Any], ordinary: Iterable[str] = ()) -> None:
        """`ordinary`: words that mean themselves. Without them no word outside of the lists is mended."""
        self._spelling: Mapping[str, str] = data["spelling"]
        self._digits = [str.maketrans(table) for table in data["digits"]]
        self._known: set[str] = set(data["not_near"].split()) | set(self._spelling)
        self._joins: dict[str, dict[str, str]] = {}
        for pair, word in data["joins"].items():
            first, second = pair.split()
            self._joins.setdefault(first, {})[second] = word
        self._near: dict[str, list[str]] = {}
        self._slips: set[str] = set()
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
                self._slips.update(_slips(word))
        self._plain = self._known.difference(self._spelling).union((".", "?"))
        self._ordinary = frozenset(ordinary)
        self._short = self._parts.union(data["glued"].get("short", "").split())
        self._pattern_words = (_pattern_words(data) | self._known - set(self._spelling)) if self._ordinary else set()
        keys = {name for rule in data["rules"] for name in rule["keys"].split()}
        lists = [words for name, words in data["words"].items() if name in keys]
        self._keys = {word for words in lists for near in words.values() for word in near.split()}
        self._meant: dict[str, list[str]] = {}
        for word in sorted(self._pattern_words):
            if len(word) > SHORTEST_SLIP:
                for shape in _shapes(_single(word)):
                    self._meant.setdefault(shape, []).append(word)
        meant = (
            self._pattern_words.union(self._joins, (word for word in self._spelling if len(word) > SHORTEST_SLIP))
            if self._ordinary
            else set()
        )
        self._halves: dict[str, list[str]] = {}
        for first, seconds in self._joins.items():
            for second in seconds:
                self._halves.setdefault(second, []).append(first)
        self._meant_as_written = self._ordinary.union(self._plain, self._spelling, self._pattern_words, self._short)
        parts = self._short.union(self._pattern_words)
        self._readings = Readings(meant, self._ordinary.union(parts, self._spelling), parts)
        short = {word for word in self._short if len(word) < SHORTEST_SLIP}
        self._written = short.union(word for word in self._pattern_words if len(word) >= SHORTEST_SLIP)
        self._real = self._written.union(word for word in self._ordinary if len(word) >= SHORTEST_SLIP)
        self._settled = self._plain.union(self._ordinary.difference(self._suspicious(set(self._ordinary))))
        self._kept_reading = lru_cache(MOST_KEPT)(self._read)
        self._kept_guesses = lru_cache(MOST_KEPT)(self._guessed)

    def words(self, text: str) -> list[str]:
        """The words of a normalised text, mended, with "." and "?" where sentences end."""
        return self.mended(split(text))

    def mended(self, words: list[str]) -> list[str]:
        """The words of a text that was `split`, each as it was most likely meant."""
        unsettled = set(words).difference(self._settled)
        mended = {
            word: meant.split()
            for word in (*self._suspicious(unsettled), *self._strange(unsettled, words))
            if (meant := self._mend(word)) != word
        }
        return self._joined(_replaced(words, mended) if mended else words)

    def doubtful(self, words: Sequence[str]) -> tuple[list[list[str]], dict[int, list[list[str]]]]:
        """Each word of a text that was `split` as `mended` reads it, not joined yet, and by the place of each word
        outside of every list what else it may have been meant as. No places where there are too many of them."""
        strange = (
            place
            for place, word in enumerate(words)
            if word not in self._meant_as_written and len(word) >= SHORTEST_DOUBTFUL and word.isalpha()
        )
        places = [*islice(strange, MOST_DOUBTFUL + 1)] if self._ordinary else []
        if len(places) > MOST_DOUBTFUL:
            return [], {}
        halves = {
            place: half for place in range(len(words) - 1) if (half := self._first_halves(*words[place : place + 2]))
        }
        if not self._ordinary or not 0 < len(places) + len(halves) <= MOST_DOUBTFUL:
            return [], {}
        read = {
            word: [word] if word in self._settled and word.isalpha() else self._mend(word).split()
            for word in set(words)
        }
        guesses = {place: [[half] for half in found] for place, found in halves.items()}
        for place in places:
            word = words[place]
            likeliest = read[word]
            if "".join(likeliest) == word and 1 < len(likeliest) <= len(word) / SHORTEST_SLIP:
                continue  # only a space is missing between words long enough
            found = self._guesses(word, mended=likeliest != [word] and len(likeliest) == 1)
            guesses[place] = [*guesses.get(place, ()), *(guess for guess in found if guess != likeliest)]
        return [read[word] for word in words], guesses

    def _guesses(self, word: str, mended: bool) -> Sequence[list[str]]:
        return (self._kept_guesses if len(word) <= LONGEST_KEPT else self._guessed)(word, mended)

    def _guessed(self, word: str, mended: bool) -> Sequence[list[str]]:
        return [[self._as_read(part) for part in phrase.split()] for phrase in self._readings.of(word, mended)]

    def _first_halves(self, word: str, letter: str) -> list[str]:
        """What `word` must have been meant as in front of a `letter` that is no word by itself ("cra t"), even if it is
        a word ("cat t")."""
        if len(letter) > 1 or letter not in self._halves or letter in self._joins.get(word, ()):
            return []
        return [first for first in self._halves[letter] if one_slip(word, first)]

    def joined(self, slots: Iterable[Sequence[str]]) -> list[str]:
        """The words of all `slots`, with those that mean one as one."""
        return self._joined([part for slot in slots for word in slot for part in word.split()])

    def joins_with(self, word: str) -> Iterable[str]:
        """What `word` and some other word behind it are read as."""
        return self._joins.get(word, {}).values()

    def _suspicious(self, words: set[str]) -> set[str]:
        """Those that `_mend` may read as another word, found by looking at all of them at once: most words of most
        texts are ordinary, and a long text has thousands."""
        if not words:
            return set()
        together = " ".join(words)
        found = {word for stem in self._stems if stem in together for word in _words_with(stem, together)}
        found.update(_words_with_runs(together))
        found.update(self._spelling.keys() & words)  # `words.intersection` would go through all spellings
        found.update(filterfalse(str.isalpha, words))
        found.update(words.intersection(self._slips))
        return found

    def _strange(self, unsettled: set[str], words: Sequence[str]) -> Iterable[str]:
        """Those that stand in no list, of too many the first among the `words`."""
        if not self._ordinary:
            return ()
        strange = {word for word in unsettled if len(word) >= SHORTEST_SLIP and word.isalpha()} - self._ordinary
        if len(strange) <= MOST_STRANGE:
            return strange
        return islice(dict.fromkeys(filter(strange.__contains__, words)), MOST_STRANGE)

    def _joined(self, words: list[str]) -> list[str]:
        """Two words that mean one ("can not", "car t") become that one, so that patterns need only one spelling."""
        joins = self._joins
        firsts = compress(range(len(words) - 1), map(joins.__contains__, words))
        done = 0
        joined: list[str] = []
        for place in [first for first in firsts if words[first + 1] in joins[words[first]]]:
            if place >= done:  # the word is not the second of the pair before
                joined += words[done:place]
                joined.append(joins[words[place]][words[place + 1]])
                done = place + 2
        return joined + words[done:]

    def _mend(self, token: str) -> str:
        """The known word behind `token`, several words joined by spaces, or `token` itself."""
        return (self._kept_reading if len(token) <= LONGEST_KEPT else self._read)(token)

    def _read(self, token: str) -> str:
        if token in self._spelling:
            return self._spelling[token]
        if token.isalpha():
            return self._spelled(token) or token
        return self._undisguised(token) if _DISGUISED.search(token) else token

    def _undisguised(self, token: str) -> str:
        unit = _NUMBER_AND_UNIT.fullmatch(token)
        if unit:
            return unit.group(1) + " " + self._mend(unit.group(2))
        joined = _WORD_AND_NUMBER.fullmatch(token)
        if joined and joined.group(1) in self._written:
            return f"{self._as_read(joined.group(1))} {joined.group(2)}"
        if joined and len(joined.group(1)) > SHORTEST_SLIP and (word := self._spelled(joined.group(1))):
            return f"{word} {joined.group(2)}"
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
        return self._one_slip(word) or self._unglued(word) or self._familiar(word)

    def _one_slip(self, word: str) -> str:
        if word.isalpha() and word not in self._slips:
            return ""
        for shape in _shapes(word):
            for meant in self._near.get(shape, ()):
                if _one_slip_apart(word, meant):
                    return meant
        return ""

    def _familiar(self, word: str) -> str:
        """What is meant by a word that stands in no list: a word of the patterns, or two words without their space."""
        if len(word) < SHORTEST_SLIP or not self._ordinary or word in self._ordinary or word in self._pattern_words:
            return ""
        if word.endswith("in") and word + "g" in self._pattern_words:
            return word + "g"
        single = _single(word)
        slips, nearest = self._closest(word, single)
        fronts = [word[:at] for at in range(1, len(word))]
        in_two = _nothing if self._real.isdisjoint((*fronts, *_short_ends(word))) else self._in_two
        return (
            (nearest if slips == _SAME else "")
            or (in_two(word, self._written) if len(word) > SHORTEST_NEAR_WORD else "")
            or (f"i {self._as_read(word[1:])}" if word[0] == "i" and word[1:] in self._pattern_words else "")
            or (nearest if slips <= _ONE_SLIP else "")
            or in_two(word, self._real)
            or (self._unglued(single) if single != word else "")
            or (self._in_two(single, self._real) if single != word else "")
            or (nearest if len(single) >= SHORTEST_BADLY_SPELT else "")
            or ("" if self._parts.isdisjoint(fronts) else self._unglued(word, self._closest_part))
        )

    def _closest(self, word: str, single: str) -> tuple[int, str]:
        """The word of a pattern that is closest, of several the one that tells an emergency, and how far it is away.
        Doubled letters are no slip."""
        if len(word) > LONGEST_SLIP:
            return _MORE, ""
        shapes = _shapes(word) if single == word else {*_shapes(word), *_shapes(single)}
        if self._meant.keys().isdisjoint(shapes):
            return _MORE, ""
        near = {meant for shape in shapes for meant in self._meant.get(shape, ()) if meant[0] == word[0]}
        if not near:
            return _MORE, ""
        least, *_, nearest = min((*self._rank(word, single, meant), meant) for meant in near)
        return least, self._as_read(nearest)

    def _rank(self, word: str, single: str, meant: str) -> tuple[int, bool, int, bool]:
        slips = _distance(word, meant)
        least = min(slips, _distance(single, _single(meant)))
        return least, meant not in self._keys, slips, meant not in self._ordinary

    def _closest_part(self, part: str) -> str:
        if len(part) < SHORTEST_NEAR_WORD:
            return ""
        slips, nearest = self._closest(part, _single(part))
        return nearest if slips <= _ONE_SLIP else ""

    def _in_two(self, word: str, known: Set[str]) -> str:
        """Two words that are `known`, one of them of a pattern. If all words are, one may hold a slip."""
        best, most = "", 0
        for at in range(1, len(word)):
            head, tail = word[:at], word[at:]
            if head in known:
                if tail not in known:
                    tail = self._closest_part(tail) if at < SHORTEST_SLIP and known is self._real else ""
            elif known is self._real and 1 < len(tail) < SHORTEST_SLIP < at and tail in known:
                head = self._closest_part(head)
            else:
                continue
            least = min(len(head), len(tail))
            if least > most and not self._pattern_words.isdisjoint((head, tail)):
                best, most = f"{self._as_read(head)} {self._as_read(tail)}", least
        return best

    def _as_read(self, word: str) -> str:
        return self._spelling.get(word, word)

    def _unglued(self, word: str, last: Callable[[str], str] | None = None) -> str:
        """`word` cut into the fewest known words, or "" when it is not made of known words only. `last` may read one
        more into what is left at its end."""
        if not SHORTEST_GLUED_WORD <= len(word) <= LONGEST_GLUED_WORD or not (last or self._stem.search(word)):
            return ""
        best: dict[int, list[str]] = {0: []}  # the fewest words up to each place that some lead to
        for start in range(len(word)):
            if start in best:
                head = best[start]
                for end in range(start + min(start, 1) + 1, len(word) + 1):
                    part = word[start:end]
                    if part in self._parts and (end not in best or len(best[end]) > len(head) + 1):
                        best[end] = [*head, part]
        parts = best.get(len(word))
        if parts is None and last:
            endings = ((head, last(word[at:])) for at, head in sorted(best.items()) if head)
            parts = next(([*head, meant] for head, meant in endings if meant), None)
        return " ".join(self._as_read(part) for part in parts or ())


def _nothing(word: str, known: Set[str]) -> str:
    return ""


def _short_ends(word: str) -> Iterator[str]:
    return (word[-letters:] for letters in range(2, SHORTEST_SLIP))


def _pattern_words(data: Mapping[str, Any]) -> set[str]:
    """The whole words that patterns are written with."""
    sources = [*data["urgent"], *data["fragments"].values()]
    sources += [source for entry in (*data["rules"], *data["guards"].values()) for source in entry["patterns"]]
    words: set[str] = set()
    for word, optional in (match for source in sources for match in _PATTERN_WORD.findall(source)):
        words.update((word, word[:-1]) if optional else (word,))
    return words


def split(text: str) -> list[str]:
    """The words and decimals of a normalised text, with "." or "?" for each row of signs that ends a sentence."""
    # Signs the rules do not read become spaces; as bytes, because that takes a tenth of the time.
    pieces = _SIGNS.split(text.encode("utf-8", "surrogatepass").translate(_SPACED).decode("ascii"))
    read = {sign: _read_sign(sign) for sign in set(pieces[1::2])}
    pieces[1::2] = map(read.__getitem__, pieces[1::2])
    return " ".join(pieces).replace(",", " ").replace(_COMMA, ",").split()


def _replaced(words: list[str], meant: Mapping[str, Sequence[str]]) -> list[str]:
    done = 0
    replaced: list[str] = []
    for place in compress(range(len(words)), map(meant.__contains__, words)):
        replaced += words[done:place]
        replaced += meant[words[place]]
        done = place + 1
    return replaced + words[done:]


def _read_sign(sign: str) -> str:
    if sign[0].isdigit():
        return sign.replace(",", _COMMA)
    if "?" in sign:
        return "?"
    return "" if len(sign) > 1 and not sign.strip(".") else "."  # "..." is a pause, not an end


def _words_with(part: str, together: str) -> Iterator[str]:
    """The words of a text, divided by single spaces, that `part` stands in."""
    at = together.find(part)
    while at >= 0:
        end, word = _word_around(at, together)
        yield word
        at = together.find(part, end)


def _single(word: str) -> str:
    """The word with no letter twice in a row: who hesitates on a key, or forgets to double it, means the same word."""
    return word if len(set(word)) == len(word) else _DOUBLED.sub(r"\1", word)


_SAME, _NEXT, _ONE_SLIP, _MORE = range(4)
_KEYS = "qwertyuiop asdfghjkl zxcvbnm"
_NEXT_KEYS = frozenset(_KEYS[at : at + 2] for at in range(len(_KEYS))) | {
    _KEYS[at : at + 2][::-1] for at in range(len(_KEYS))
}


def _distance(word: str, meant: str) -> int:
    """How unlikely it is that `word` was meant as `meant`: `_NEXT` for one letter missing, one too many, two
    swapped or the key beside it, `_ONE_SLIP` for another wrong letter."""
    if word == meant:
        return _SAME
    if not _one_slip_apart(word, meant):
        return _MORE
    if len(word) != len(meant):
        return _NEXT
    wrong = [mine + right for mine, right in zip(word, meant) if mine != right]
    return _NEXT if len(wrong) == 2 or wrong[0] in _NEXT_KEYS else _ONE_SLIP


def _words_with_runs(together: str) -> Iterator[str]:
    """The words of such a text in which a letter stands three times in a row. Beside a copy of itself, moved by one
    letter, a text is nothing where neighbours are alike: all letters are compared at once."""
    letters = together.encode("ascii")
    number = int.from_bytes(letters, "little")
    unlike = (number ^ number >> 8).to_bytes(len(letters), "little")
    at = unlike.find(b"\0\0")
    while at >= 0:
        end, word = _word_around(at, together)
        yield word
        at = unlike.find(b"\0\0", end)


def _word_around(at: int, together: str) -> tuple[int, str]:
    """The word around a place of such a text, and where it ends."""
    end = together.find(" ", at)
    end = len(together) if end < 0 else end
    return end, together[together.rfind(" ", 0, at) + 1 : end]


def _shapes(word: str) -> list[str]:
    """The word itself and the word without one of its letters: words one slip apart have a shape in common."""
    return [word, *[word[:at] + word[at + 1 :] for at in range(len(word))]]


def _slips(word: str) -> Iterator[str]:
    """All that `_one_slip_apart` takes for `word`, as far as they are written in letters."""
    yield word[1] + word[0] + word[2:]
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in string.ascii_lowercase:
            yield head + letter + tail
            yield head + letter + tail[1:]


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
