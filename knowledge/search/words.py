"""Words: even spelling, other names for the same thing, and slips of the keyboard."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract, extractOne

T = TypeVar("T")

_DOUBLED = re.compile(r"([a-z])\1+")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SHORTEST_REPAIRED = 5
"""Shorter words are left as written: too many real words lie one letter apart."""
MOST_SLIPS, USUAL = 10, 8
"""Times that a slip may stand in the published texts, and how many times more usual the word meant has to be."""
SHORTEST_FOREIGN = 7
"""A shorter word may be anything with two slips in it."""
MOST_REMEMBERED = 4096
"""Words out of no list whose reading is remembered, in memory only: each takes a look at every word known, and comes
again with each part of a message and, as a usual slip, in other messages."""
FILLERS = frozenset("um uh erm er uhm hmm mmm".split())
"""Sounds of somebody who speaks into a telephone."""
FEWEST_LETTERS = 3
"""So many single letters in a row may be a name that was spelt out."""
SHORTEST_DOUBLED = 4
"""Words of four letters are found again when all that is wrong is a letter written twice: "babby", "rashh"."""
STOP_WORDS = frozenset(
    (
        "a about after all am an and any are as at be been being but by can could did do does doing for from get "
        "give go had has have having he her him his how i if im in into is isnt it its just like me mean means "
        "might more most my no not of on or our out over own please really shall she should so some such take tell "
        "than that the their them then there they thing this those to too u up us very was we were what whats when "
        "where which while who whom whose why will with without would you your arent cant couldnt didnt doesnt "
        "dont hadnt hasnt havent hes id ill im ive lets shed shell shes shouldnt thats theres theyd theyll theyre "
        "theyve wasnt wed werent weve whats whens wheres whos wont wouldnt youd youll youre youve"
    ).split()
)

_GENERAL_WORDS = (
    "people person someone anyone women men need help used use using taking come call see same before "
    "after right low first other others kind away happen happens check answer ask asked start stop change "
    "learn join show seem lead set hard sudden suddenly keep kept number numbers know work works worse "
    "wrong thing things way ways yet back long many"
).split()


def words(text: str) -> list[str]:
    """The words of a text in lower case, without accents on Latin letters; hyphens and apostrophes inside stay."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return _WORD.findall(folded.lower())


def content_words(text: str) -> list[str]:
    """The words that carry meaning, each cut to a rough stem so that "flare" meets "flares"."""
    return [stem(word) for word in words(text) if not is_stop_word(word) and len(word) > 1]


def is_stop_word(word: str) -> bool:
    """Whether a word carries no meaning of its own, written with its apostrophe or without."""
    return word.replace("'", "") in STOP_WORDS


def stem(word: str) -> str:
    """A rough stem: plural and common verb endings off. Only ever compared with other rough stems."""
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


GENERAL_STEMS = frozenset(map(stem, _GENERAL_WORDS))
"""Words of many questions that do not tell what a question is about, as `stem` leaves them."""
_ASKED_OF_ALL = (
    "last hurt hurts pain safe dangerous serious bad cost price common normal often far soon big old worth ok".split()
)
BARE_STEMS = GENERAL_STEMS | frozenset(map(stem, _ASKED_OF_ALL))
"""The same, and what can be asked of anything: a message of nothing else needs to be told what it is about."""


class Aliases:
    """Other names for the same thing, replaced by the one name that the texts use."""

    def __init__(self, names: Mapping[str, str]) -> None:
        parted = {tuple(words(name)): meaning for name, meaning in names.items()}
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in sorted(parted, key=len, reverse=True):
            self._by_first.setdefault(name[0], []).append((name, parted[name]))
        self.words = frozenset(word for name in parted for word in name)

    def plain(self, text: str) -> str:
        """The words of a text, with every other name replaced."""
        return self.renamed(words(text))

    def renamed(self, parts: Sequence[str]) -> str:
        """The same for words that are already parted; the longest name wins."""
        renamed, place = [], 0
        while place < len(parts):
            for name, meaning in self._by_first.get(parts[place], ()):
                if tuple(parts[place : place + len(name)]) == name:
                    renamed.append(meaning)
                    place += len(name)
                    break
            else:
                renamed.append(parts[place])
                place += 1
        return " ".join(renamed)


def _slips(counts: Mapping[str, int], english: Collection[str]) -> set[str]:
    """Words of the texts that are slips of others: phrasings are written as people type. Each is rare, no ordinary
    English, and but for doubled letters, or for one or two, the same as a word that is far more usual."""
    rare = [
        word
        for word, count in counts.items()
        if count <= MOST_SLIPS and len(word) >= SHORTEST_REPAIRED and word not in english and word.isalpha()
    ]
    usual = [word for word, count in counts.items() if count >= USUAL and len(word) >= SHORTEST_DOUBLED]
    single = {_DOUBLED.sub(r"\1", word): word for word in usual}
    longer = _by_first_letter(word for word in usual if len(word) >= SHORTEST_REPAIRED)
    meant = {word: single.get(_DOUBLED.sub(r"\1", word)) or _nearest(word, longer, counts) for word in rare}
    return {word for word in rare if meant[word] and counts[meant[word]] >= USUAL * counts[word]}


def _by_first_letter(known: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in known:
        found.setdefault(word[0], []).append(word)
    return found


def _nearest(word: str, targets: Mapping[str, Sequence[str]], counts: Mapping[str, int]) -> str:
    """The word that `word` is a slip of, or "". `targets`: by their first letter. A slip on that is rare; demanding it
    to fit keeps unknown names from being bent into known ones."""
    most = 1 if len(word) < 8 else 2
    near = extract(word, targets.get(word[0], ()), scorer=OSA.distance, score_cutoff=most, limit=None)
    candidates = [(slips, -counts[target], target) for target, slips, _ in near]
    return min(candidates)[2] if candidates else ""


class Vocabulary:
    """The words of the published texts, and the way back to them from a misspelt one."""

    def __init__(self, written: Iterable[str], aliases: Aliases, english: Collection[str]) -> None:
        """`written`: every word of the texts, as often as it occurs. `english`: ordinary words, which are never taken
        for a slip."""
        self._aliases, self._english = aliases, english
        counts = Counter(written)
        self._known = (set(counts) - _slips(counts, english)) | aliases.words
        self._targets = _by_first_letter(word for word in self._known if len(word) >= SHORTEST_REPAIRED)
        self._counts = counts
        self._ordinary = [word for word in english if len(word) >= SHORTEST_REPAIRED]
        # By the word, too: those of a set come in another order in each process.
        known = sorted(word for word in self._known if len(word) >= SHORTEST_DOUBLED)
        doubled = sorted(known, key=lambda word: counts[word])
        self._by_letters = {_DOUBLED.sub(r"\1", word): word for word in doubled}
        self._repaired: dict[str, str] = {}
        self._foreign: dict[str, bool] = {}

    def canonical(self, text: str) -> str:
        """The text as the index compares it: slips repaired, other names replaced by the ones the texts use."""
        return self._aliases.renamed([self._repair(word) for word in self._spelt(words(text)) if word not in FILLERS])

    def _spelt(self, parts: Sequence[str]) -> list[str]:
        """The words with names that were spelt out put together: "c-p-r", "A N A"."""
        found: list[str] = []
        letters: list[str] = []
        for part in (*parts, ""):
            split = part.split("-")
            if part and all(len(letter) == 1 for letter in split):
                letters += split
                continue
            name = "".join(letters)
            found += [name] if len(letters) >= FEWEST_LETTERS and name in self._known else letters
            letters = []
            found += [part] if part else []
        return found

    def is_strange(self, word: str) -> bool:
        """Whether the word is a name or a slip that neither the published texts nor ordinary English know."""
        return word not in self._known and not word[0].isdigit() and word not in self._english

    def is_foreign(self, word: str) -> bool:
        """Whether a strange word is far from every word known: a name, such as that of another medicine, not a slip."""
        if len(word) < SHORTEST_FOREIGN or not self.is_strange(word):
            return False
        foreign = self._foreign.get(word)
        if foreign is None:
            lists = (*self._targets.values(), self._ordinary)
            foreign = not any(extractOne(word, known, scorer=OSA.distance, score_cutoff=2) for known in lists)
            _remember(self._foreign, word, foreign)
        return foreign

    def _repair(self, word: str) -> str:
        if len(word) < SHORTEST_REPAIRED or word in self._known or word[0].isdigit() or word in self._english:
            return word
        repaired = self._repaired.get(word)
        if repaired is None:
            letters = _DOUBLED.sub(r"\1", word)
            doubled = self._by_letters.get(letters) if letters != word else None
            repaired = doubled or _nearest(word, self._targets, self._counts) or word
            _remember(self._repaired, word, repaired)
        return repaired


def _remember(known: dict[str, T], word: str, what: T) -> None:
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    known[word] = what
