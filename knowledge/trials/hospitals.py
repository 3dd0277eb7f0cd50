"""Hospitals as people name them: in full, by what tells them apart ("the Marsden"), by their initials (UCLA).

They are places of searches like cities. Which names there are, the studies themselves say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from knowledge.trials.lexicon import Lexicon, everyday_words, words

Facility = tuple[str, str | None]
"""The name of a hospital as a record writes it, and its country as we call it."""

_NO_NAME = re.compile(
    r"\b(?:site|sites|investigat\w+|institution|facility|location|pharma\w*|therapeutics|contact|info\w*)\b",
    re.IGNORECASE,
)
"""What sponsors write instead of the name of a hospital."""
_KINDS = frozenset(
    (
        "hospital hospitals hopital hopitaux ospedale ospedali hospitalier clinic clinics clinica clinico klinik "
        "kliniken klinikum universitaetsklinikum universitatsklinikum universitaetsmedizin universitatsmedizin "
        "university universities universite universita universitario universitaria universidad universitaires "
        "universitaire universitat policlinico polyclinic infirmary institute instituto institut istituto center "
        "centre centers centro college school faculty foundation fondazione fundacion"
    ).split()
)
"""Words that say what kind of place it is."""
_COMMON = _KINDS | frozenset(
    (
        "the of for and in at on de la le les du des der die das und del di da do dos e y el al first second third "
        "affiliated general national regional provincial central city people peoples teaching medical medicine "
        "medicina health healthcare care cancer research science sciences children childrens pediatric paediatric "
        "women womens special surgery diseases disease department division unit trust nhs system group new old "
        "north south east west saint st san santa royal memorial state school college public municipal military "
        "branch campus international"
    ).split()
)
"""Words that many names share, or that tell nothing by themselves."""
_MEDICAL = frozenset("medical medicine health healthcare care cancer research science sciences".split())
_SMALL = frozenset("the of for and in at de la le du des der die und del di".split())
"""Words that initials leave out."""
_SHORTEST_OWN = 4
"""Letters of a word that can stand for a hospital by itself."""
_FEWEST_INITIALS, _MOST_INITIALS = 3, 5
_SHORTENED = 4
"""Letters that stay of a name behind a "u": "umich"."""
_MOST_OF_A_NAME = 5
"""Hospitals of one short name; one that more of them bear names none."""


class Hospitals:
    """The hospitals of a copy of the registry, by every name that people may give them."""

    def __init__(self, facilities: Iterable[Facility], is_taken: Callable[[str], bool]) -> None:
        """`is_taken` tells words that mean something else: places, diseases, words of any message."""
        bearers: dict[str, dict[Facility, None]] = {}
        for facility in facilities:
            for name in names_of(facility[0], is_taken):
                bearers.setdefault(name, {})[facility] = None
        self._names: dict[Facility, list[str]] = {}
        self._places: Lexicon[tuple[Facility, ...]] = Lexicon()
        for name, having in bearers.items():
            if len(having) > _MOST_OF_A_NAME:
                continue
            shown: dict[Facility, None] = {}
            for written, country in having:
                # One hospital is shown by its whole name, several by the name that they share.
                of_country = [facility for facility in having if facility[1] == country]
                called = written if len(of_country) == 1 else name.title()
                shown[called, country] = None
                self._names.setdefault((written, country), []).append(called)
            self._places.add(name, tuple(shown))

    @property
    def places(self) -> Lexicon[tuple[Facility, ...]]:
        """What each name stands for, as (name of the place in a search, country)."""
        return self._places

    def names(self, written: str | None, country: str | None) -> tuple[str, ...]:
        """The names by which a search finds a hospital that a record calls `written`."""
        return tuple(dict.fromkeys(self._names.get((written or "", country), ())))


def names_of(written: str, is_taken: Callable[[str], bool]) -> Iterator[str]:
    """The names of one hospital, as words in lower case: "royal marsden hospital", "royal marsden",
    "marsden"."""
    spelt = words(written)
    if _NO_NAME.search(written) or not spelt:
        return
    named = tuple(word.key for word in spelt)
    core = _without_kinds(named)
    if len(named) > 1 and (len(named) > 2 or not _COMMON.issuperset(named)):
        yield " ".join(named)
    if len(core) > 1 and core != named:
        yield f"{' '.join(core)} hospital"
        if not is_taken(" ".join(core)):
            yield " ".join(core)
    for word in spelt:
        long_enough = len(word.key) >= (_FEWEST_INITIALS if word.written.isupper() else _SHORTEST_OWN)
        own = long_enough and word.key not in _COMMON and word.key.isalpha() and not is_taken(word.key)
        # "Duke" is a word, too; at the head of a name it is one.
        if own and (word.key in core[:1] or word.key not in everyday_words()):
            yield word.key
    kind = next((at for at, word in enumerate(named) if word in _KINDS), 0)
    if 0 < kind < len(named) - 1 and not _COMMON.issuperset(named[:kind]):
        yield " ".join(named[: kind + 1])  # "Washington University" of its school of medicine
    yield from _short_forms(named, is_taken)


def _without_kinds(named: tuple[str, ...]) -> tuple[str, ...]:
    """A name without the words at its ends that say what kind of place it is."""
    begin, end = 0, len(named)
    while begin < end and (named[begin] in _KINDS or named[begin] in _SMALL):
        begin += 1
    while begin < end and (named[end - 1] in _KINDS or named[end - 1] in _MEDICAL):
        end -= 1
    return named[begin:end]


def _short_forms(named: tuple[str, ...], is_taken: Callable[[str], bool]) -> Iterator[str]:
    """Initials, and what people make of "University of ...": "umich"."""
    for letters in dict.fromkeys(
        ("".join(word[0] for word in named if word not in _SMALL), "".join(w[0] for w in named))
    ):
        fits = _FEWEST_INITIALS <= len(letters) <= _MOST_INITIALS and letters.isalpha()
        if fits and not is_taken(letters) and letters not in everyday_words():
            yield letters
    if named[:2] == ("university", "of") and len(named) > 2 and len(named[2]) > _SHORTENED:
        yield f"u{named[2]}"
        yield f"u{named[2][:_SHORTENED]}"
