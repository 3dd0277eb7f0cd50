"""The names a study goes by, apart from its number: KYSA-1, Breakfree, KYV-101, obe-cel, its sponsor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.trials.lexicon import Hit, Lexicon, Word, keys, words
from knowledge.trials.model import Study

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
_SHORTEST_STEM = 4
_SHORTEST_SPONSOR = 6
_SPEAKS_OF_STUDIES = frozenset(
    ("study studies trial trials nct recruit recruiting recruitment enroll enrolling enrollment status").split()
)


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
        for study in studies:
            for name, is_certain in _names(study):
                # "obecel" is "obe-cel" written as one word.
                for spelling in {" ".join(keys(name)), " ".join(keys(re.sub(r"[\W_]+", "", name)))}:
                    numbers.setdefault(spelling, []).append(study.nct_id)
                    if is_certain:
                        certain.add(spelling)
        self._lexicon: Lexicon[_Named] = Lexicon()
        for spelling, named in numbers.items():
            self._lexicon.add(spelling, _Named(tuple(dict.fromkeys(named)), spelling in certain))

    def find(self, text: str) -> tuple[str, ...]:
        """NCT numbers of the studies named in `text`, each once, in the order in which they are named.

        An uncertain name counts when the message speaks of studies, is nothing but that name, or has it in capitals.
        """
        message = words(text)
        message_keys = [word.key for word in message]
        about_studies = not _SPEAKS_OF_STUDIES.isdisjoint(message_keys)
        found: list[str] = []
        for hit in self._lexicon.find(message_keys):
            clear = hit.value.certain or about_studies or hit.end - hit.start == len(message)
            if (clear or _in_capitals(message, hit)) and not _another_of_the_family(message_keys, hit):
                found += hit.value.numbers
        return tuple(dict.fromkeys(found))


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


def _in_capitals(message: Sequence[Word], hit: Hit[_Named]) -> bool:
    named = message[hit.start : hit.end]
    others = (*message[: hit.start], *message[hit.end :])
    return all(word.written.isupper() for word in named) and not all(word.written.isupper() for word in others)


def _another_of_the_family(message_keys: Sequence[str], hit: Hit[_Named]) -> bool:
    """ "KYSA-2" is not KYSA-1, although KYSA alone stands for the family."""
    following = message_keys[hit.end : hit.end + 1]
    return not hit.value.certain and bool(following) and following[0].isdigit() and len(following[0]) <= 2
