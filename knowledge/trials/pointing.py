"""Which of the studies at hand a message points at: "the second one", "the one in Rome", "the big one", "the other".

Nothing here decides whether it points at all; that is `talk.heard`, which knows what else the message may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from knowledge.trials.lexicon import keys
from knowledge.trials.model import Study
from knowledge.trials.numbers import NUMBER_WORDS
from knowledge.trials.questions import Field
from knowledge.trials.reading import fillers
from knowledge.trials.search import Search
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.wordings import wordings

KIDNEYS = "lupus nephritis"
"""What "for kidneys" means among studies, as `terms.json` writes it."""

_MOST: Mapping[str, tuple[Callable[[Study], Any], bool, Field]] = {
    "biggest": (lambda study: study.enrollment, True, "enrollment"),
    "smallest": (lambda study: study.enrollment, False, "enrollment"),
    "ends_first": (lambda study: study.ends_on, False, "dates"),
    "ends_last": (lambda study: study.ends_on, True, "dates"),
    "starts_first": (lambda study: study.starts_on, False, "dates"),
    "starts_last": (lambda study: study.starts_on, True, "dates"),
    "most_sites": (lambda study: len(study.sites), True, "where"),
}
"""Expressions that point at the study with the largest, or smallest, value; and what is asked of it with them. Dates
are compared as the registry writes them, year first."""
_WHICH, _OF_THEM = re.compile(r"\bwhich\b"), re.compile(r"(?:the|that|newest|most recent)\b")

_PLACES = {
    **dict.fromkeys(("first", "1st", "top", "nearest", "closest", "1", "one"), 0),
    **dict.fromkeys(("second", "2nd", "2", "two"), 1),
    **dict.fromkeys(("third", "3rd", "3", "three"), 2),
}


@dataclass(frozen=True)
class Pointed:
    """The `study` that is meant; `rest`: the words that do not say which. `plainly`: it is said in words that mean
    nothing but one of a list ("the second one"); "the German study" may also be one that is known from elsewhere.
    `fields`: what it was told by and is asked with it ("which is over soonest")."""

    study: Study
    rest: str = ""
    plainly: bool = True
    fields: tuple[Field, ...] = ()


def pointed(
    plain: str, page: Sequence[Study], shelf: TrialShelf, focus: str | None = None, earlier: Sequence[Study] = ()
) -> Pointed | None:
    """The one study that a message points at; None where it is none of those at hand, or more than one. `plain`: its
    words as `lexicon.keys` gives them, joined by blanks. `page`: the studies that were listed last, `focus`: the number
    of the one that was talked about last, `earlier`: others that were shown, which only a description can mean."""
    for study, placed in _by_place(plain, page, focus):
        return Pointed(study, _rest(plain, placed)) if study else None
    for name, (value, is_largest, field) in _MOST.items():
        said, asks_which = wordings()[name].search(plain), _WHICH.search(plain) is not None
        if said and (asks_which or _OF_THEM.match(said.group())):
            extreme = _extreme(page, value, is_largest)
            return Pointed(extreme, _rest(plain, said), fields=(field,) if asks_which else ()) if extreme else None
    for name, plainly in (("one_that", True), ("one_of_name", True), ("study_of_name", False)):
        found = wordings()[name].search(plain)
        if found is None:
            continue
        words = found[1].split()
        # "The one in Madrid end": what comes behind the description is part of what is asked.
        for count in range(len(words), 0, -1):
            description = " ".join(words[:count])
            meant = _described(description, page, shelf) or _described(description, earlier, shelf)
            if meant:
                return Pointed(meant, _rest(plain, found, words[count:]), plainly)
        return None
    named = wordings()["the_name"].search(plain)
    borne = bearing(named[1], page) if named else []
    return Pointed(borne[0], plainly=False) if len(borne) == 1 < len(page) else None


def bearing(words: str, studies: Sequence[Study]) -> list[Study]:
    """Studies of which all words that tell something are in their names and title: "the expanded access"."""
    said = [word for word in words.split() if word not in fillers()]
    return [study for study in studies if said and _all_in(said, _name_words(study) | _title_words(study))]


def _by_place(plain: str, page: Sequence[Study], focus: str | None) -> Iterator[tuple[Study | None, re.Match[str]]]:
    """The study that is named by its place in the list, or as the other one of two."""
    place = wordings()["ordinal"].search(plain) or wordings()["ordinal_number"].search(plain)
    if place and not wordings()["no_ordinal"].search(plain):
        said = next(filter(None, place.groups()))
        at = len(page) - 1 if said == "last" else _PLACES[said]
        yield page[at] if at < len(page) else None, place
    other = wordings()["other_one"].search(plain)
    if other:
        others = [study for study in page if study.nct_id != focus]
        yield others[0] if focus and len(others) == 1 < len(page) else None, other


def _extreme(page: Sequence[Study], value: Callable[[Study], Any], is_largest: bool) -> Study | None:
    """The one study of the page with the largest or smallest value, of those whose value is known; None where two have
    it."""
    values = [(found, study) for study in page if (found := value(study)) is not None]
    most = (max if is_largest else min)((found for found, _ in values), default=None)
    having = [study for found, study in values if found == most]
    return having[0] if len(having) == 1 else None


def _rest(plain: str, found: re.Match[str], kept: Sequence[str] = ()) -> str:
    """The words around what points, with those of it that are `kept`."""
    return " ".join((*plain[: found.start()].split(), *kept, *plain[found.end() :].split()))


def _described(words: str, page: Sequence[Study], shelf: TrialShelf) -> Study | None:
    """The one study of the page that all these words tell of. One that bears them as its name goes before one that
    only takes such people."""
    understood = shelf.understand(f"{words} study")  # "German" names a country only beside what it describes
    limits = replace(understood.search, near=None).limits
    said = [NUMBER_WORDS.get(word, word) for word in words.split() if word not in fillers() or word in NUMBER_WORDS]
    if wordings()["kidneys"].search(words) and limits.condition is None:
        limits = replace(limits, condition=KIDNEYS)
    fitting = {study.nct_id for study in shelf.search(limits)} if limits != Search() else set()
    named = {study.nct_id for study in shelf.by_name(words, of_studies=True)}
    own = [word for word in said if word in understood.left or (word.isdigit() and not limits.phase)]
    if wordings()["kidneys"].search(words):
        own = [word for word in own if not wordings()["kidneys"].fullmatch(word)]

    def rank(study: Study) -> int:
        if study.nct_id in named or (said and _all_in(said, _name_words(study))):
            return 3
        if said and _all_in(said, _title_words(study)):
            return 2
        fits = study.nct_id in fitting if limits != Search() else bool(own)
        return 1 if fits and _all_in(own, _words_of(study)) else 0

    ranks = [(rank(study), study) for study in page]
    best = max((found for found, _ in ranks), default=0)
    having = [study for found, study in ranks if found == best]
    return having[0] if best and len(having) == 1 else None


def _all_in(said: Sequence[str], words: frozenset[str]) -> bool:
    return all(word in words or word.rstrip("s") in words for word in said)


@lru_cache(maxsize=64)
def _name_words(study: Study) -> frozenset[str]:
    return frozenset(word for name in study.names for word in keys(name))


@lru_cache(maxsize=64)
def _title_words(study: Study) -> frozenset[str]:
    return frozenset(keys(" ".join(filter(None, (study.title, study.sponsor)))))


@lru_cache(maxsize=64)
def _words_of(study: Study) -> frozenset[str]:
    """The words and numbers by which a record can be told from others."""
    return frozenset(keys(" ".join(_texts(study))))


def _texts(study: Study) -> Iterator[str]:
    yield from filter(None, (study.title, study.official_title, study.sponsor, study.min_age, study.max_age))
    yield from (*study.names, *study.conditions, *study.interventions)
    yield from (date[:4] for date in (study.starts_on, study.ends_on) if date)
    if study.enrollment is not None:
        yield str(study.enrollment)
    for site in study.sites:
        yield from filter(None, (site.facility, site.city, site.state, site.country))
