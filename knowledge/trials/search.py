"""What a person looks for, read from a message, and how a later message changes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from knowledge.trials.lexicon import Hit, Word, words
from knowledge.trials.terms import Place, Terms

ANY = "any"
"""A field that the person opened again ("any country"); None is a field that was not spoken of."""

T = TypeVar("T")


@dataclass(frozen=True)
class Search:
    """`country` may be an area such as Europe, `city` a state or region. `phase` is one of the registry's words or two
    joined by "/". `recruiting_only` is None where the message says nothing about it; None and False search alike.
    """

    condition: str | None = None
    country: str | None = None
    city: str | None = None
    recruiting_only: bool | None = None
    phase: str | None = None

    @property
    def limits(self) -> Search:
        """The same search with every field that limits nothing set to None."""

        def limit(value: str | None) -> str | None:
            return None if value == ANY else value

        return Search(
            limit(self.condition),
            limit(self.country),
            limit(self.city),
            self.recruiting_only or None,
            limit(self.phase),
        )

    @property
    def is_silent(self) -> bool:
        """True when the message named nothing to search by and opened no field again."""
        return self == Search()


def parse_search(text: str, terms: Terms) -> Search:
    """The search that `text` speaks of. Of several conditions or places the first counts, or after "sorry", "I meant"
    and the like the last; one after "not" or "except" never does."""
    message = words(text)
    plain = " ".join(word.key for word in message)
    message_keys = [word.key for word in message]
    place = _pick(_places(message, message_keys, terms), message_keys) or Place()
    condition = _pick(terms.conditions.find(message_keys), message_keys)
    anywhere = bool(_ANYWHERE.search(plain))
    return Search(
        condition=condition or (ANY if _ANY_CONDITION.search(plain) else None),
        country=place.country or (ANY if anywhere else None),
        city=place.city or (ANY if anywhere or _ANY_CITY.search(plain) else None),
        recruiting_only=_recruiting(plain),
        phase=_phase(plain),
    )


def merge(previous: Search, new: Search) -> Search:
    """`previous` refined by `new`: what `new` names or opens again replaces what was there.

    A new country drops the old city, because a city lies in one country; a new city brings its country along.
    """
    changed = {name: value for name, value in vars(new).items() if value is not None}
    if "country" in changed and "city" not in changed and new.country != previous.country:
        changed["city"] = None
    if new.city not in (None, ANY) and "country" not in changed:
        changed["country"] = None
    return replace(previous, **changed)


_EVERY = r"(?:any|all|every|whatever|whichever|no matter (?:which|what|the)) (?:the )?(?:kinds? of |types? of )?"
_ANYWHERE = re.compile(
    rf"\b(?:anywhere|everywhere|worldwide|world wide|{_EVERY}(?:countr(?:y|ies)|places?|locations?))\b"
)
_ANY_CITY = re.compile(rf"\b{_EVERY}(?:city|cities|towns?|states?)\b")
_ANY_CONDITION = re.compile(rf"\b{_EVERY}(?:conditions?|diseases?|illness(?:es)?|diagnos[ie]s)\b")
_ANY_PHASE = re.compile(rf"\b{_EVERY}phases?\b")

_ANY_STATUS = re.compile(
    rf"\b(?:{_EVERY}status(?:es)?|(?:not|dont) (?:just|only) (?:the )?(?:recruiting|open)|"
    r"(?:including|include|also|even) (?:the )?(?:closed|finished|completed)|recruiting or not|open or not)\b"
)
_NOT_RECRUITING = re.compile(
    r"\b(?:not|isnt|arent|no longer|stopped|before|finished|yet) (?:yet |currently |now )?"
    r"(?:recruit\w*|enroll?\w*|open)\b"
)
_RECRUITING = re.compile(
    r"\b(?:recruit(?:s|ing)?|enroll?(?:s|ing)?|open(?! label)|(?:taking|accepting|seeking|looking for) (?:new |in )?"
    r"(?:people|patients|participants|volunteers|subjects))\b"
)

_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "one": "1", "two": "2", "three": "3", "four": "4"}
_STEP = r"(iii|ii|iv|i|[1-4]|one|two|three|four)(?: ?[ab])?"
_PHASE = re.compile(rf"\b(early )?(?:phases?|fase) {_STEP}(?: (?:and |to )?(?:phase )?{_STEP})?\b")

_CORRECTED = frozenset(["sorry", "meant", "mean", "actually", "rather", "instead", "correction"])
_EXCLUDED = frozenset(["not", "except", "excluding", "outside", "without", "besides", "than"])
_ARTICLES = frozenset(["in", "the", "a", "an", "for", "from", "of"])
_STUDY_NOUNS = re.compile(r"(?:trial|study|studies|site|hospital|clinic|center|centre|patient|cit(?:y|ies)|location)s?")
_NOUN_WITHIN = 4
_NEAR = (("near",), ("nearby",), ("close", "to"), ("around",))
_NOT_A_PLACE = frozenset(("me my us our you your here there the by to by it this that a an home where i").split())


def _recruiting(plain: str) -> bool | None:
    if _ANY_STATUS.search(plain):
        return False
    return True if _RECRUITING.search(_NOT_RECRUITING.sub(" ", plain)) else None


def _phase(plain: str) -> str | None:
    found = _PHASE.search(plain)
    if found is None:
        return ANY if _ANY_PHASE.search(plain) else None
    early, *written = found.groups()
    steps = sorted({_ROMAN.get(step, step) for step in written if step})
    if early and steps == ["1"]:
        return "EARLY_PHASE1"
    return "/".join("PHASE" + step for step in steps)


def _places(message: Sequence[Word], message_keys: Sequence[str], terms: Terms) -> list[Hit[Place]]:
    hits = list(terms.places.find(message_keys))
    hits += [hit for hit in terms.people.find(message_keys) if _describes_a_study(message_keys, hit.end)]
    hits += _written_us(message)
    return sorted(hits or _near(message, message_keys), key=lambda hit: hit.start)


def _describes_a_study(message_keys: Sequence[str], end: int) -> bool:
    """ "French trials" names a country, "in French please" a language."""
    return any(_STUDY_NOUNS.fullmatch(key) for key in message_keys[end : end + _NOUN_WITHIN])


def _written_us(message: Sequence[Word]) -> list[Hit[Place]]:
    """ "US" is a country only in capitals or after "in": "us" is a pronoun."""
    shouted = all(word.written.isupper() or word.written.isdigit() for word in message) and len(message) > 2
    return [
        Hit(index, index + 1, Place("United States"))
        for index, word in enumerate(message)
        if word.key == "us"
        and ((word.written == "US" and not shouted) or (index > 0 and message[index - 1].key == "in"))
    ]


def _near(message: Sequence[Word], message_keys: Sequence[str]) -> list[Hit[Place]]:
    """A place we do not know, as in "near Springfield": better no result than one that ignores the place."""
    for index in range(len(message)):
        for near in _NEAR:
            start = index + len(near)
            if tuple(message_keys[index:start]) != near or start == len(message):
                continue
            if message_keys[start] not in _NOT_A_PLACE and not message_keys[start].isdigit():
                return [Hit(start, start + 1, Place(None, message[start].written))]
    return []


def _pick(hits: Sequence[Hit[T]], message_keys: Sequence[str]) -> T | None:
    wanted = [hit for hit in hits if not _excluded(message_keys, hit.start)]
    if not wanted:
        return None
    return wanted[-1 if _CORRECTED.intersection(message_keys) else 0].value


def _excluded(message_keys: Sequence[str], start: int) -> bool:
    while start > 0 and message_keys[start - 1] in _ARTICLES:
        start -= 1
    return start > 0 and message_keys[start - 1] in _EXCLUDED
