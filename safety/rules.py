"""The interpreter of `rules.json` and `advice.json`: which messages need a card before anything else is said.

The rules are data, so that a clinician's engineer can audit them and a browser can run the same file. This module is
the reference reading of that file; `docs` of each key stand at the top of `rules.json`, and the examples every reader
must agree on are in `vectors.jsonl`.

How a text is read:

1. `normalise` evens out signs, accents and case; `Rules` splits it into words and sentence ends.
2. Each word is mended when it is a known word with light disguise: text-speak, digits for letters, repeated letters,
   one slip (only for words listed under `near`), or several known words written as one.
   What has several readings gets the likeliest; the others are tried when that one says nothing (`safety.readings`).
3. Around every key word a window is cut and searched for the patterns that name that word. A pattern that fits is a
   match, unless a guard speaks against it (a past event, a film, a question about people in general, "not"). A guard
   marked `yields` gives way to signs of urgency in the same clause. Most patterns are not searched for at all: words
   that they need are missing from the window (`_Needs`), or their sketch does not fit it (`safety.sketches`).
4. The first window with a match decides; inside it the rule that stands first in the file wins.

Every step is linear in the text: patterns only ever see one window, and gaps in patterns are bounded.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, compress, islice, product, repeat
from operator import or_
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from safety.errors import RulesError
from safety.patterns import Expander
from safety.sketches import Sketcher
from safety.spelling import Speller, split

Kind = Literal["emergency", "crisis", "advice"]
Locale = Literal["en", "es"]

WINDOW = 20
"""Words kept on each side of a key word. Longer than the longest pattern plus the reach of a guard."""

REACH = 8
"""Words on each side of a match that a guard may look at. People in need leave out full stops: with a longer reach
"some years ago" from the sentence before would silence what is happening now."""

CLUSTER = 40
"""Words a row of neighbouring key words may span before a new window is cut: bounds the work for one window."""

MOST_READINGS, MOST_CHANGES = 10, 120
"""Other readings of one doubtful word that are tried, and of all in one text: bounds the work for a text."""


@dataclass(frozen=True)
class Finding:
    """What a message needs at once. `rule` is the id in the rules file, `card` the id of the card to show."""

    kind: Kind
    rule: str
    card: str
    locale: Locale


class Mentions(NamedTuple):
    """`therapy`: CAR-T; `suppressed`: a medicine that weakens the defences against infection."""

    therapy: bool
    suppressed: bool


class _Needs:
    """What each of some patterns needs, and by that which of them a text may fit: those of which it holds a word of
    each set that they need. One number for each word has a bit for each such set, those of all patterns side by side;
    for a text, however many patterns there are, it takes an "or" of the numbers of its words."""

    def __init__(self, needs: Sequence[Collection[frozenset[str]]]) -> None:
        self._number = len(needs)
        self._bits: dict[str, int] = {}
        self._spared: list[int] = []
        rows = [sorted(sets, key=len) for sets in needs]
        for at in range(max(map(len, rows), default=0)):
            self._spared.append(sum(1 << order for order, row in enumerate(rows) if len(row) <= at))
            for order, row in enumerate(rows):
                for word in row[at] if at < len(row) else ():
                    self._bits[word] = self._bits.get(word, 0) | 1 << at * self._number + order

    def fulfilled(self, words: Iterable[str]) -> int:
        """A bit for each pattern that lacks nothing in `words`."""
        held = reduce(or_, map(self._bits.get, words, repeat(0)), 0)
        fulfilled = (1 << self._number) - 1
        for spared in self._spared:
            fulfilled &= held | spared
            held >>= self._number
        return fulfilled


@dataclass(frozen=True)
class _Guard:
    where: str
    yields: bool
    regex: re.Pattern[str]


@dataclass(frozen=True)
class _Rule:
    """`guards` has a bit for each guard that speaks against its patterns."""

    id: str
    kind: Kind
    card: str
    locale: Locale
    cards: tuple[tuple[re.Pattern[str], str], ...]
    guards: int


class _Pattern(NamedTuple):
    rule: _Rule
    regex: re.Pattern[str]


_UNSEEN = re.compile(
    "['\u2018\u2019\u02bc`\u00b4\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_PLACES = ("before", "after", "until", "around", "beyond")
_UNENDED = re.compile("(?:[a-z]+|[A-Z]{2,}),?")
_FOREIGN = re.compile("([^\x00-\x7f]+)")
_MARKS = re.compile("[\u0300-\u036f]")


def normalise(text: str) -> str:
    """Lower case without accents, apostrophes or invisible characters; full-width and other compatibility forms
    become plain ones. Never raises, whatever the text."""
    if not text.isascii():
        # By stretches, most of which come again: a plain letter in front changes nothing that marks behind it become.
        pieces = _FOREIGN.split(text)
        plain = {piece: _UNSEEN.sub("", _without_marks(piece)) for piece in set(pieces[1::2])}
        pieces[1::2] = map(plain.__getitem__, pieces[1::2])
        text = "".join(pieces)
    return text.replace("'", "").replace("`", "").lower()


def _without_marks(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).lower()
    return _MARKS.sub("", unicodedata.normalize("NFD", plain))


def cards_named(path: Path) -> frozenset[str]:
    """Ids of every card that the rules of a file can ask for, without making the rules. Raises `RulesError`."""
    try:
        return _cards_of(_read(path))
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise RulesError(f"{path}: {type(fault).__name__} {fault}. Compare with the keys explained in it.") from fault


def load(path: Path) -> Rules:
    """Read a rules file. Raises `RulesError` when it is missing, is not JSON or names something it does not define."""
    data = _read(path)
    try:
        return Rules(data, _ordinary(path.parent / data["ordinary"]) if "ordinary" in data else ())
    except RulesError as fault:
        raise RulesError(f"{path}: {fault}") from fault
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise RulesError(f"{path}: {type(fault).__name__} {fault}. Compare with the keys explained in it.") from fault


class Rules:
    """A rules file, compiled. One instance may serve all threads: between calls it keeps nothing but how single words
    were read last, which changes no outcome."""

    def __init__(self, data: Mapping[str, Any], ordinary: Iterable[str] = ()) -> None:
        self._speller = Speller(data, ordinary)
        self._breaks = frozenset((".", "?", *data["breaks"].split()))
        openers = data.get("openers", "").split()
        self._opener = re.compile("(?:" + "|".join(map(str.title, openers)) + ") ") if openers else None
        self._patterns: list[_Pattern] = []
        self._words_of: list[frozenset[str]] = []
        self._named_by: dict[str, int] = {}
        self._for_therapy = self._for_suppressed = 0
        self._compile(data)

    def check(self, text: str, *, therapy: bool = False, suppressed: bool = False) -> Finding | None:
        """The card `text` needs before anything else, or None. The whole text is read, however long.

        `therapy`: CAR-T was mentioned earlier in this conversation; `suppressed`: a medicine that weakens the defences
        against infection was. A mention in `text` itself counts too.
        """
        found = self._look_twice(text, therapy, suppressed)
        if found is None and (parted := self._parted(text)) != text:
            found = self._look_twice(parted, therapy, suppressed)
        return found

    def _look_twice(self, text: str, therapy: bool, suppressed: bool) -> Finding | None:
        words = split(normalise(text))
        found = self._found(self._speller.mended(words), therapy, suppressed)
        return found or self._second_look(words, therapy, suppressed)

    def _parted(self, text: str) -> str:
        """`text` with the full stops that were left out before words that open a sentence and are written so."""
        parted, done = [], 0
        for opener in self._opener.finditer(text) if self._opener else ():
            end = opener.start() - 1
            if end > 0 and text[end] == " " and _UNENDED.fullmatch(text, text.rfind(" ", 0, end) + 1, end):
                parted.append(text[done:end])
                done = opener.start()
        return ". ".join([*parted, text[done:]])

    def _found(self, words: Sequence[str], therapy: bool, suppressed: bool) -> Finding | None:
        different = set(words)
        possible = self._needs.fulfilled(different)
        if not therapy and self._therapy.isdisjoint(different):
            possible &= ~self._for_therapy
        if not suppressed and self._suppressants.isdisjoint(different):
            possible &= ~self._for_suppressed
        if not possible:
            return None
        sketches = self._sketches
        seen: set[tuple[str, tuple[int, ...]]] = set()
        for keys, start, end in self._windows(words):
            named = possible & reduce(or_, map(self._named_by.__getitem__, keys))
            if named and (named := named & self._needs.fulfilled(words[start:end])):
                signs = bytes(map(self._signs.get, words[start:end], repeat(0)))
                orders = tuple([order for order in _ones(named) if sketches[order].search(signs)])
                window = (" " + " ".join(words[start:end]) + " ", orders)
                if orders and window not in seen:
                    seen.add(window)
                    found = self._look(*window)
                    if found is not None:
                        return found
        return None

    def _second_look(self, written: Sequence[str], therapy: bool, suppressed: bool) -> Finding | None:
        """What is found when one or two doubtful words are read otherwise than by themselves."""
        slots, guesses = self._speller.doubtful(written)
        if not guesses:
            return None
        words = {word for slot in slots for word in slot}
        therapy = therapy or not self._therapy.isdisjoint(self._speller.joined(slots))
        suppressed = suppressed or not self._suppressants.isdisjoint(words)
        useful = self._useful(words, guesses)
        kept = {
            place: [guess for guess in found if not useful.isdisjoint(guess)][:MOST_READINGS]
            for place, found in guesses.items()
        }
        for changed in islice(_changes(kept), MOST_CHANGES):
            read = self._speller.joined(_changed(slots, changed))
            found = self._found(read, therapy, suppressed)
            if found:
                return found
        return None

    def _useful(self, words: set[str], guesses: Mapping[int, Sequence[Sequence[str]]]) -> set[str]:
        """The words of all patterns that could fit if every doubtful word were read in all ways at once."""
        guessed = {word for found in guesses.values() for guess in found for word in guess}
        opening = {word for word in guessed if self._speller.joins_with(word)}
        every = words.union(guessed, *map(self._speller.joins_with, opening))
        orders = self._needs.fulfilled(every) & reduce(or_, map(self._named_by.get, every, repeat(0)))
        useful = set[str]().union(*(self._words_of[order] for order in _ones(orders)))
        return useful | opening if useful else useful

    def mentions(self, text: str) -> Mentions:
        """Of which treatment `text` speaks; remembered over a conversation, that makes `check` heed milder words."""
        words = split(normalise(text))
        mended = self._speller.mended(words)
        suppressed = not self._suppressants.isdisjoint(mended)
        return Mentions(not self._therapy.isdisjoint(mended) or self._may_mean_therapy(words), suppressed)

    def _may_mean_therapy(self, words: list[str]) -> bool:
        """Whether a name of CAR-T is found when doubtful words are read otherwise than by themselves."""
        slots, guesses = self._speller.doubtful(words)
        halves = {
            place: [guess for guess in found if self._speller.joins_with(guess[-1])] for place, found in guesses.items()
        }
        changes = _changes(halves, together=False)
        return any(not self._therapy.isdisjoint(self._speller.joined(_changed(slots, changed))) for changed in changes)

    def sounds_calm(self, text: str) -> bool:
        """Whether `text` as a whole speaks of the past, of a film, of people in general or the like, and not urgently.
        For short messages that are judged by other means; `check` looks at each match by itself."""
        words = f" {' '.join(self._speller.words(normalise(text)))} "
        urgent = any(regex.search(words) for regex in self._urgent)
        return not urgent and any(guard.regex.search(words) for guard in self._calm)

    @property
    def cards(self) -> frozenset[str]:
        """Ids of every card that a rule can ask for."""
        return self._cards

    def _windows(self, words: Sequence[str]) -> Iterator[tuple[set[str], int, int]]:
        """The key words of each window, and where it starts and ends."""
        keys: set[str] = set()
        first = last = 0
        for place in compress(range(len(words)), map(self._named_by.__contains__, words)):
            if keys and (place - first > CLUSTER or place - last > WINDOW):
                yield keys, max(0, first - WINDOW), last + WINDOW + 1
                keys = set()
            if not keys:
                first = place
            keys.add(words[place])
            last = place
        if keys:
            yield keys, max(0, first - WINDOW), last + WINDOW + 1

    def _look(self, text: str, orders: Iterable[int]) -> Finding | None:
        for order in orders:
            pattern = self._patterns[order]
            rule = pattern.rule
            found = self._match(pattern, text)
            if found:
                near = _near(text, found)
                card = next((card for regex, card in rule.cards if regex.search(near)), rule.card)
                return Finding(rule.kind, rule.id, card, rule.locale)
        return None

    def _match(self, pattern: _Pattern, text: str) -> re.Match[str] | None:
        match = pattern.regex.search(text)
        while match and self._silenced(pattern.rule, text, match.start(), match.end()):
            match = pattern.regex.search(text, match.start() + 1)
        return match

    def _silenced(self, rule: _Rule, text: str, start: int, end: int) -> bool:
        """Whether a guard speaks against the match `text[start:end]`. Both ends of a match lie on a space."""
        before = " ".join(self._clause_before(text[:start].rsplit(" ", REACH + 1))) + " "
        after = " " + " ".join(self._clause_after(text[end:].split(" ", REACH + 1)))
        until = before + text[start:end].strip() + " "
        around = until.rstrip() + after
        where = {"before": before, "after": after, "until": until, "around": around, "beyond": text[end:]}
        words = around.split(" ")
        yielding = False
        # What lies beyond the clause is not among its words.
        for place in _ones(rule.guards & (self._guards_need.fulfilled(words) | self._guards_beyond)):
            guard = self._guards[place]
            if guard.regex.search(where[guard.where]):
                if not guard.yields:
                    return True
                yielding = True
        if not yielding:
            return False
        return not any(self._urgent[place].search(around) for place in _ones(self._urgent_needs.fulfilled(words)))

    def _clause_before(self, words: Sequence[str]) -> list[str]:
        at = len(words)
        while at and words[at - 1] not in self._breaks and len(words) - at <= REACH:
            at -= 1
        return ["", *(word for word in words[at:] if word)]

    def _clause_after(self, words: Sequence[str]) -> list[str]:
        """The words up to the end of the clause, with its question mark, so that guards can see a question."""
        kept = []
        for word in words[: REACH + 1]:
            if word == "?":
                kept.append(word)
            if word in self._breaks:
                break
            if word:
                kept.append(word)
        return [*kept, ""]

    # Reading the file ------------------------------------------------------------------------------------------

    def _compile(self, data: Mapping[str, Any]) -> None:
        concepts: dict[str, Sequence[str]] = {}
        for name, entry in data["words"].items():
            concepts[name] = [*entry.get("near", "").split(), *entry.get("exact", "").split()]
        self._therapy = frozenset(concepts.get("THERAPY", ()))
        self._suppressants = frozenset(concepts.get("SUPPRESSANT", ()))
        expand = Expander(concepts, data["fragments"], data["denials"].split())

        self._urgent = tuple(map(expand.regex, data["urgent"]))
        self._urgent_needs = _Needs(list(map(expand.needs, data["urgent"])))
        self._guards: list[_Guard] = []
        guards: dict[str, int] = {}
        for name, entry in data["guards"].items():
            first = len(self._guards)
            where = _one_of(entry["where"], _PLACES)
            self._guards += (_Guard(where, entry["yields"], expand.regex(source)) for source in entry["patterns"])
            guards[name] = (1 << len(self._guards)) - (1 << first)
        self._guards_need = _Needs([expand.needs(source) for source in _patterns(data["guards"].values())])
        self._guards_beyond = sum(1 << at for at, guard in enumerate(self._guards) if guard.where == "beyond")
        calm = reduce(or_, map(guards.__getitem__, data.get("calm_guards", ())), 0)
        self._calm = [self._guards[place] for place in _ones(calm)]
        self._cards = _cards_of(data)
        for entry in data["rules"]:
            unless = entry.get("unless", data["usual_guards"])
            missing = [name for name in unless if name not in guards]
            if missing:
                raise RulesError(f"rule {entry['id']}: guard {missing[0]} is not defined under guards")
            rule = _Rule(
                id=entry["id"],
                kind=_one_of(entry["kind"], get_args(Kind)),
                card=entry["card"],
                locale=_one_of(entry["locale"], get_args(Locale)),
                cards=tuple((expand.regex(source), card) for source, card in data["cards"].get(entry["card"], ())),
                guards=reduce(or_, map(guards.__getitem__, unless), 0),
            )
            missing = [name for name in entry["keys"].split() if name not in concepts]
            if missing:
                raise RulesError(f"rule {rule.id}: key {missing[0]} is not defined under words")
            keys = {word for name in entry["keys"].split() for word in concepts[name]}
            for source in entry["patterns"]:
                regex = expand.regex(source)  # first, because it is what names a fault
                words = set(expand.words_in(source))
                if keys.isdisjoint(words):
                    raise RulesError(f"rule {rule.id}: pattern {source!r} holds none of the words under its keys")
                bit = 1 << len(self._patterns)
                for word in keys & words:
                    self._named_by[word] = self._named_by.get(word, 0) | bit
                if entry.get("therapy", False):
                    self._for_therapy |= bit
                if entry.get("suppressed", False):
                    self._for_suppressed |= bit
                self._patterns.append(_Pattern(rule, regex))
                self._words_of.append(frozenset(words))
        drawn = list(map(expand.items, _patterns(data["rules"])))
        sketcher = Sketcher(concepts, drawn)
        self._sketches = list(map(sketcher.drawn, drawn))
        self._needs = _Needs([expand.needs(source) for source in _patterns(data["rules"])])
        self._signs = sketcher.signs


def _patterns(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (source for entry in entries for source in entry["patterns"])


def _changed(slots: Sequence[Sequence[str]], changed: Mapping[int, Sequence[str]]) -> Iterator[Sequence[str]]:
    """The slots within reach of those that are `changed`, with what these are read as."""
    first, last = max(0, min(changed) - CLUSTER), max(changed) + CLUSTER + 1
    return (changed.get(place, slot) for place, slot in enumerate(slots[first:last], first))


def _changes(
    guesses: Mapping[int, Sequence[Sequence[str]]], together: bool = True
) -> Iterator[dict[int, Sequence[str]]]:
    """Each word read otherwise by itself, then two words near each other `together`."""
    for place, found in guesses.items():
        yield from ({place: guess} for guess in found)
    for first, second in combinations(sorted(guesses) if together else (), 2):
        if second - first <= WINDOW:
            yield from ({first: one, second: other} for one, other in product(guesses[first], guesses[second]))


def _near(text: str, match: re.Match[str]) -> str:
    """The match with `WINDOW` words on each side, however far the window goes: who is in danger stands near by."""
    before = " ".join(text[: match.start()].rsplit(" ", WINDOW)[1:])
    after = " ".join(text[match.end() :].split(" ", WINDOW + 1)[: WINDOW + 1])
    return f" {before}{match.group()}{after} "


def _ones(number: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise RulesError(f"{path}: {fault}. Restore the file from the release it belongs to.") from fault


def _ordinary(path: Path) -> Sequence[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except (OSError, ValueError) as fault:
        raise RulesError(f"{path}: {fault}. Restore the file from the release it belongs to.") from fault


def _cards_of(data: Mapping[str, Any]) -> frozenset[str]:
    asked = {entry["card"] for entry in data["rules"]}
    return frozenset(asked | {card for rows in data["cards"].values() for _, card in rows})


def _one_of(value: Any, allowed: Sequence[str]) -> Any:
    if value not in allowed:
        raise RulesError(f"{value!r} is not one of {', '.join(allowed)}")
    return value
