"""The names a study goes by, apart from its number: KYSA-1, Breakfree, KYV-101, obe-cel, its sponsor."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from knowledge.trials.lexicon import Hit, Lexicon, Word, everyday_words, keys, words
from knowledge.trials.model import Study
from knowledge.trials.numbers import NUMBER_WORDS

_IN_FRONT = re.compile(r"([A-Z][A-Za-z]{2,}-[A-Za-z0-9]+|[A-Z]{4,}[0-9]*):\s")
_IN_BRACKETS = re.compile(r"\(([A-Z][A-Za-z]{3,}-(?:[0-9]+|[A-Z]{2,})|[A-Z]{4,})\)")
_CODE = re.compile(r"\b([A-Za-z]{2,6})-?[0-9]{2,}[A-Za-z]?(?:-[0-9]+)?\b")
# Targets, measures and diseases that look like a product code: CD19, HLA-27, COVID-19.
_NOT_A_PRODUCT = frozenset(["cd", "il", "phase", "covid", "hla", "class", "who", "week", "day", "age"])
# Stems of the international nonproprietary names of gene-modified cells (-cabtagene, -leucel) and their short forms.
_CELLS = re.compile(r"\b(?:[a-z]+cabtagene(?: [a-z]+leucel)?|[a-z]+-cel)\b", re.IGNORECASE)
_COMPANY_FORM = re.compile(
    r"(?:[\s,]+(?:therapeutics|pharmaceuticals?|biotech|bio|limited|ltd|inc|co|corp|gmbh|ag|plc)\b\.?)+$", re.IGNORECASE
)
_OF_MANY = frozenset(
    "university hospital institute institut national medical center centre the of for and first second general college "
    "academy china chinese peking beijing shanghai american german royal children".split()
)
"""Words in the names of sponsors that begin the names of others, too."""
_SHORTEST_STEM = 4
_SHORTEST_SPONSOR = 4
_FEWEST_SPELT = 3
_SPEAKS_OF_STUDIES = frozenset(
    (
        "study studies trial trials trail nct recruit recruits recruiting recruitment enroll enrolling enrol enrolment "
        "enrollment status open sponsor sponsored"
    ).split()
)
_NO_NAMES = frozenset("study studies trial trials phase lupus sle cells cell therapy registry nct nephritis".split())
"""What a title may begin with and a message says of any study."""
_BEFORE_A_NUMBER = ("and", "the", "number", "no", "study", "trial")
"""Words between the name of a family of studies and the number of one: "KYSA, and the number three"."""
_FEW = 5
"""Words of a message about studies in which an everyday word that is a name is meant as one."""
_SHORTEST_LIKE, _TWO_SLIPS = 5, 8
"""Letters of a word that may be a misspelt name, and of one that may hold two slips."""


@dataclass(frozen=True)
class Like:
    """A misspelt name: as it was `written`, the `name` that is nearest, and the numbers of its studies."""

    written: str
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class _Named:
    """`certain` names mean nothing else; the others are words that a message may use in their everyday sense."""

    numbers: tuple[str, ...]
    certain: bool


class Names:
    """Finds the studies that a message names."""

    def __init__(self, studies: Iterable[Study]) -> None:
        numbers: dict[str, list[str]] = {}
        certain: set[str] = set()
        self._written: dict[str, str] = {}
        for study in studies:
            for name, is_certain in _names(study):
                key = " ".join(keys(name))
                if key in _NO_NAMES:
                    continue
                self._written.setdefault(key, name)
                # "obecel" is "obe-cel" written as one word.
                for spelling in _spellings(name):
                    numbers.setdefault(spelling, []).append(study.nct_id)
                    if is_certain:
                        certain.add(spelling)
        self._lexicon: Lexicon[_Named] = Lexicon()
        for spelling, named in numbers.items():
            self._lexicon.add(spelling, _Named(tuple(dict.fromkeys(named)), spelling in certain))
        self._single = sorted(name for name in numbers if name.isalpha() and len(name) >= _SHORTEST_LIKE)
        self._families = sorted(name for name in numbers if name.isalpha() and len(name) == _SHORTEST_STEM)
        self._known = frozenset(word for name in numbers for word in name.split()) | everyday_words()

    def find(self, text: str, *, certain: bool = False, of_studies: bool = False) -> tuple[str, ...]:
        """NCT numbers of the studies named in `text`, each once, in the order in which they are named.

        An uncertain name counts when the message speaks `of_studies`, is nothing but that name, or has it in capitals;
        always, where the text is `certain` to be a name.
        """
        found: list[str] = []
        for hit in self._hits(self._written_out(words(text)), certain, of_studies):
            found += hit.value.numbers
        return tuple(dict.fromkeys(found))

    def spans(self, message: Sequence[Word]) -> tuple[range, ...]:
        """Which words of a message are names that `find` finds."""
        return tuple(range(hit.start, hit.end) for hit in self._hits(message, False))

    def _written_out(self, message: Sequence[Word]) -> list[Word]:
        """A message with names as records write them: "k y s a" is one word, and the three of "kysa number three" is
        3, where there is such a study."""
        joined: list[Word] = []
        for single, group in itertools.groupby(message, key=lambda word: len(word.key) == 1 and word.key.isalpha()):
            letters = list(group)
            if single and len(letters) >= _FEWEST_SPELT:
                letters = [Word("".join(word.key for word in letters), "".join(word.written for word in letters))]
            joined += letters
        found: list[Word] = []
        for word in joined:
            digit = NUMBER_WORDS.get(word.key)
            last = next((at for at in reversed(range(len(found))) if found[at].key not in _BEFORE_A_NUMBER), None)
            if digit and last is not None and self._lexicon.get(f"{found[last].key} {digit}"):
                found = [*found[: last + 1], Word(digit, word.written)]
            else:
                found.append(word)
        return found

    def _hits(self, message: Sequence[Word], certain: bool, of_studies: bool = False) -> Iterator[Hit[_Named]]:
        message_keys = [word.key for word in message]
        about_studies = of_studies or not _SPEAKS_OF_STUDIES.isdisjoint(message_keys)
        for hit in self._lexicon.find(message_keys):
            names = message_keys[hit.start : hit.end]
            everyday = everyday_words().issuperset(names)
            long = len(names) > 2 or (len(names) == 2 and not everyday)
            clear = hit.value.certain or certain or long or len(names) == len(message) or _in_capitals(message, hit)
            if about_studies and not clear:
                # "Reset" is a word and a study: far from "study" it is the word.
                called = message_keys[hit.start - 1 : hit.start] in (["called"], ["named"])
                clear = not everyday or called or _beside_study(message_keys, hit) or len(message) <= _FEW
            if clear and not _another_of_the_family(message_keys, hit):
                yield hit

    def named(self, text: str) -> str | None:
        """The first name in `text` of those that `find` finds, as a record writes it."""
        hits = self._lexicon.find(keys(text))
        key = " ".join(keys(text)[hits[0].start : hits[0].end]) if hits else ""
        return self._written.get(key, key) or None

    def like(self, text: str) -> Like | None:
        """A word of `text` that is no everyday word and nearly the name of a study, a product or a sponsor."""
        message = words(text)
        for at, word in enumerate(message):
            unknown = self._no_member(message, at)
            if unknown is not None:
                return unknown
            if len(word.key) < _SHORTEST_LIKE or word.key in self._known or not word.key.isalpha():
                continue
            following = message[at + 1].key if at + 1 < len(message) else ""
            # "kaisa 3" can only be KYSA-3: the number vouches for the name.
            vouched = len(following) == 1 and following.isdigit()
            most = 1 if len(word.key) < _TWO_SLIPS and not vouched else 2
            among = [*self._single, *self._families] if vouched else self._single
            near = extract(word.key, among, scorer=OSA.distance, score_cutoff=most, limit=5)
            fitting = ((slips, name) for name, slips, _ in near if name[0] == word.key[0])
            if len(word.key) < _TWO_SLIPS:
                fitting = (one for one in fitting if one[0] < 2 or self._lexicon.get(f"{one[1]} {following}"))
            meant = min(fitting, default=None)
            if meant is None:
                continue
            # "kyssa 1" is KYSA-1, not the whole family.
            whole = f"{meant[1]} {following}"
            (hit, *_) = self._lexicon.find((whole if self._lexicon.get(whole) else meant[1]).split())
            name = whole if self._lexicon.get(whole) else meant[1]
            written = " ".join(part.written for part in message[at : at + len(name.split())])
            return Like(written, self._written.get(name, name), hit.value.numbers)
        return None

    def _no_member(self, message: Sequence[Word], at: int) -> Like | None:
        """A family of studies that a message names with a number which none of them has: "KYSA-9"."""
        family = self._lexicon.get(message[at].key)
        number = message[at + 1] if at + 1 < len(message) else None
        if family is None or family.certain or number is None or not number.key.isdigit() or len(number.key) > 2:
            return None
        is_word = message[at].key in everyday_words() and not message[at].written.isupper() and len(message) > _FEW
        if is_word or self._lexicon.get(f"{message[at].key} {number.key}"):
            return None
        name = self._written.get(message[at].key, message[at].written)
        return Like(f"{message[at].written} {number.written}", name, family.numbers)


def _spellings(name: str) -> set[str]:
    """The ways in which a name is written: "obe-cel" is "obecel" in one word, and "obe cell" to the ear."""
    ways = {" ".join(keys(name)), " ".join(keys(re.sub(r"[\W_]+", "", name)))}
    return ways | {f"{way}l" for way in ways if _CELLS.fullmatch(name) and way.endswith("cel")}


def _names(study: Study) -> Iterator[tuple[str, bool]]:
    for name in _titles(study):
        yield name, any(letter.isdigit() for letter in name)
        stem = re.split(r"[-\s]", name)[0]
        if len(stem) >= _SHORTEST_STEM:
            yield stem, False
    for name in _products(study):
        yield name, True
    if study.sponsor:
        yield study.sponsor, False
        short = _COMPANY_FORM.sub("", study.sponsor)
        if len(short) >= _SHORTEST_SPONSOR:
            yield short, False
        house, *departments = study.sponsor.split(",")
        if departments and len(keys(house)) > 1:
            yield house, False  # "Union Hospital, Tongji Medical College"
        first = keys(short)[:2]
        if len(keys(short)) > len(first) and not _OF_MANY.intersection(first):
            yield " ".join(first), True  # people say "Bristol Myers"


def _titles(study: Study) -> Iterator[str]:
    """The registry's acronym, and names in front of or in brackets in a title, unless they name a condition (ANCA)."""
    yield from study.names
    conditions = {key for condition in study.conditions for key in keys(condition)}
    for title in filter(None, (study.title, study.official_title)):
        front = _IN_FRONT.match(title)
        for name in ([front.group(1)] if front else []) + _IN_BRACKETS.findall(title):
            if not conditions.issuperset(keys(name)):
                yield name


def _products(study: Study) -> Iterator[str]:
    """Product codes (KYV-101) and names of cell products (obe-cel)."""
    for text in filter(None, (study.title, study.official_title, *study.interventions)):
        for code in _CODE.finditer(text):
            if code.group(1).casefold() not in _NOT_A_PRODUCT:
                yield code.group()
        for cells in _CELLS.findall(text):
            yield cells
            yield cells.split()[0]


def _beside_study(message_keys: Sequence[str], hit: Hit[_Named]) -> bool:
    beside = {*message_keys[max(0, hit.start - 1) : hit.start], *message_keys[hit.end : hit.end + 1]}
    return not beside.isdisjoint(("study", "studies", "trial", "trials"))


def _in_capitals(message: Sequence[Word], hit: Hit[_Named]) -> bool:
    named = message[hit.start : hit.end]
    others = (*message[: hit.start], *message[hit.end :])
    return all(word.written.isupper() for word in named) and not all(word.written.isupper() for word in others)


def _another_of_the_family(message_keys: Sequence[str], hit: Hit[_Named]) -> bool:
    """ "KYSA-2" is not KYSA-1, although KYSA alone stands for the family."""
    following = message_keys[hit.end : hit.end + 1]
    return not hit.value.certain and bool(following) and following[0].isdigit() and len(following[0]) <= 2
