"""Reads what a message says about studies: what is looked for, where, and how it is put.

Nothing here decides what is answered. A message is read as words (`lexicon.words`) after slips were mended; every word
that was understood is marked, so that what is left over tells how much of the message is about something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from knowledge.search.words import STOP_WORDS
from knowledge.trials.ages import read_ages, read_sex
from knowledge.trials.lexicon import Hit, Word, everyday_words, words
from knowledge.trials.search import ANY, KM_PER_MILE, Search
from knowledge.trials.terms import Candidates, Place, Terms
from knowledge.trials.wordings import wordings


@dataclass(frozen=True)
class Understood:
    """What a message says about a search.

    `unknown_place`: a place that we do not know, as the person wrote it. `mended`: slips, as (written, understood).
    `clash`: two things that cannot both be meant, as the person will know them. `near_me`: near, without saying where.
    `speaks_of_studies`: a word for a study stands in it. `asks`: it is put as a search ("find me a study"); `lists`: it
    names several studies, in no sentence perhaps ("lupus trials germany"); `explains`: it wants something explained.
    `left`: words that carry meaning and say nothing about a search.
    """

    search: Search = field(default_factory=Search)
    unknown_place: str | None = None
    mended: tuple[tuple[str, str], ...] = ()
    clash: tuple[str, str] | None = None
    near_me: bool = False
    speaks_of_studies: bool = False
    asks: bool = False
    lists: bool = False
    explains: bool = False
    left: tuple[str, ...] = ()


_STATUSES = (
    *("ACTIVE_NOT_RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "COMPLETED", "TERMINATED"),
    *("SUSPENDED", "WITHDRAWN"),
)
"""Statuses that can be asked for. The first that fits counts: "active, not recruiting" is one of them."""
_TAKES_NOBODY = ("COMPLETED", "TERMINATED", "WITHDRAWN", "SUSPENDED", "ACTIVE_NOT_RECRUITING")

_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "one": "1", "two": "2", "three": "3", "four": "4"}
_STEP = r"(iii|ii|iv|i|[1-4]|one|two|three|four)(?: ?[abc])?"
_PHASE = re.compile(rf"\b(early )?(?:phases?|fase) {_STEP}(?: (/|and|to|or|&) (?:phases? )?{_STEP})?(?![0-9])\b")
_DECLINED = re.compile(
    r"\b(?:not|dont want|do not want|no|except|besides|isnt|arent|without)(?: (?:a|an|in|just|only|any|the))* $"
)
_AND_UP = re.compile(r" (?:or|and) (?:later|above|higher|up|beyond|over|more)\b")
_FEW_BESIDE = 3
"""Words beside the name of a place that is a message by itself: "ok, just reading"."""
_NOUN_WITHIN = 4
"""Words between "German" and the study that it describes."""
_WORDS_AROUND = 7
"""Words before or behind a place in which it may be turned down."""


@dataclass
class _Message:
    """The words of one message, as they are marked off while it is read."""

    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        self.keys = [word.key for word in self.words]
        self.used: set[int] = set()
        self._starts: list[int] = []
        place = 0
        for key in self.keys:
            self._starts.append(place)
            place += len(key) + 1

    @cached_property
    def plain(self) -> str:
        return " ".join(self.keys)

    @property
    def is_shouted(self) -> bool:
        letters = [word.written for word in self.words if word.written.isalpha() and len(word.written) > 1]
        return len(letters) > 1 and all(written.isupper() for written in letters)

    def span(self, found: re.Match[str]) -> range:
        """The words under a match in `plain`."""
        inside = [at for at, start in enumerate(self._starts) if found.start() <= start < found.end()]
        return range(inside[0], inside[-1] + 1) if inside else range(0)

    def says(self, name: str) -> bool:
        """Whether an expression of `wordings.yml` stands in the message."""
        return wordings()[name].search(self.plain) is not None

    def mark(self, name: str) -> bool:
        """The same, and marks what it finds."""
        spans = [self.span(found) for found in wordings()[name].finditer(self.plain)]
        for span in spans:
            self.used.update(span)
        return bool(spans)


class SearchReader:
    """Reads searches with the words of `terms`. `has_sites` tells whether a study takes place there."""

    def __init__(
        self,
        terms: Terms,
        has_sites: Callable[[Place], bool],
        named: Callable[[Sequence[Word]], Iterable[range]] = lambda message: (),
    ) -> None:
        """`named`: which words of a message are names of studies, products and sponsors."""
        self._terms, self._has_sites, self._named = terms, has_sites, named
        self._spelling = terms.spelling(wordings().words("own"), fillers())

    def mended(self, text: str) -> str:
        """The words of a message with its slips mended."""
        return " ".join(word.key for word in self._spelling.mended(words(text)))

    def read(self, text: str, country: str | None = None) -> Understood:
        """`country`: where the person is, or what was spoken of before; it decides between places of one name."""
        message = _Message(self._spelling.mended(words(text)))
        speaks = message.mark("study")
        asks = message.says("asks") or message.says("open_somewhere")
        lists = message.says("studies")
        explains = message.says("explains") or (message.says("definite") and not lists)
        for span in self._named(message.words):
            message.used.update(span)
        recruiting, status, status_clash = _status(message)
        # "Which trials were stopped" looks for them; "what was stopped" asks about one.
        explains = explains and not (status and ((asks and lists) or message.says("ones_that")))
        phase, phases = _phases(message, text)
        told = self._without_hospitals(message)
        ages, sex = read_ages(told), read_sex(told)
        for found in (*ages.found, *sex.found):
            message.used.update(message.span(found))
        condition, conditions = self._conditions(message)
        places = self._places(message, country)
        near_me = not places.search.has_place and message.mark("near_me")
        anywhere = message.mark("anywhere")
        search = Search(
            condition=condition or (ANY if message.mark("any_condition") else None),
            country=places.search.country or (ANY if anywhere else None),
            city=places.search.city or (ANY if anywhere or message.mark("any_city") else None),
            recruiting_only=recruiting,
            phase=phase or (ANY if message.mark("any_phase") else None),
            ages=ages.range or (ANY if message.mark("any_age") else None),
            sex=sex.sex,
            status=status,
            near=places.search.near,
            within_km=0 if message.mark("any_distance") else places.search.within_km,
            outside=places.search.outside,
            without=places.search.without,
            alternatives=(*conditions, *places.search.alternatives, *phases),
        )
        left = tuple(key for at, key in enumerate(message.keys) if at not in message.used and key not in fillers())
        return Understood(
            search=search,
            unknown_place=places.unknown,
            mended=_mended(message, self._spelling.is_known),
            clash=places.clash or status_clash or ages.clash,
            near_me=near_me,
            speaks_of_studies=speaks,
            asks=asks and not explains,
            lists=lists and not explains,
            explains=explains,
            left=left,
        )

    def _conditions(self, message: _Message) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """The condition that is meant, and others that are named beside it with "or" or "and"."""
        hits = list(self._terms.conditions.find(message.keys))
        for hit in hits:
            message.used.update(range(hit.start, hit.end))
        kidney = [at for at, key in enumerate(message.keys) if key in ("kidney", "kidneys", "renal")]
        last = hits[-1] if hits else None
        wanted = _meant([hit for hit in hits if last and not _turned_down(message, hit, last)], message.keys)
        names = list(dict.fromkeys(hit.value for hit in wanted))
        if kidney and names == ["lupus"]:
            message.used.update(kidney)
            names = ["lupus nephritis"]
        if "lupus nephritis" in names and "lupus" in names:
            names.remove("lupus")  # the one is a form of the other
        first, *others = names or [None]
        return first, tuple(("condition", other) for other in others if other)

    def _places(self, message: _Message, country: str | None) -> _Places:
        hits: list[Hit[Candidates]] = [
            hit for hit in self._terms.places.find(message.keys) if self._counts(message, hit)
        ]
        hits = self._with_hospitals(message, hits)
        taken = {at for hit in hits for at in range(hit.start, hit.end)}
        people = (hit for hit in self._terms.people.find(message.keys) if _describes_a_study(message.keys, hit.end))
        hits += [Hit(hit.start, hit.end, (hit.value,)) for hit in people if hit.start not in taken]
        hits += [hit for hit in self._codes(message) if hit.start not in taken]
        hits.sort(key=lambda hit: hit.start)
        for hit in hits:
            message.used.update(range(hit.start, hit.end))
        turned_down = {hit.start: how for hit in hits if (how := _turned_down(message, hit, hits[-1]))}
        if message.says("anywhere"):
            # "Anywhere, even in Spain" names Spain as one of many.
            turned_down.update({hit.start: "forgotten" for hit in hits if _ends_in(message, hit, "for_example")})
        outside = next((hit for hit in hits if turned_down.get(hit.start) == "excluded"), None)
        without = outside.value[0].city if outside else None
        wanted = _meant([hit for hit in hits if hit.start not in turned_down], message.keys)
        groups, clash = self._joined(message, wanted, country)
        unknown = None if groups else self._unknown(message)
        if clash:
            return _Places(Search(), None, clash)
        if not groups:
            away = outside.value[0].country if outside and not without else None
            dropped = ANY if hits and not outside else None
            if not hits and (within := self._within_km(message)):
                return _Places(Search(near=True, within_km=within), None, None)
            return _Places(Search(country=dropped, city=dropped, outside=away, without=without), unknown, clash)
        first, *others = groups
        near = message.mark("near") and first.city is not None
        alternatives = tuple(
            ("city", other.city) if other.city else ("country", other.country or "") for other in others
        )
        within = self._within_km(message) if first.city else None
        search = Search(
            country=first.country,
            city=first.city,
            near=True if near or within else None,
            within_km=within,
            outside=outside.value[0].country if outside and self._terms.is_area(first.country or "") else None,
            without=without if without != first.city else None,
            alternatives=alternatives,
        )
        return _Places(search, unknown, clash)

    def _without_hospitals(self, message: _Message) -> str:
        """The words of a message with the long names of hospitals blotted out: a women's hospital is open to men."""
        keys = list(message.keys)
        for hit in self._terms.hospitals.places.find([_plain(word.written) for word in message.words]):
            for at in range(hit.start, hit.end) if hit.end - hit.start > 1 else ():
                keys[at] = "_" * len(keys[at])
        return " ".join(keys)

    def _with_hospitals(self, message: _Message, hits: Sequence[Hit[Candidates]]) -> list[Hit[Candidates]]:
        """The places with the hospitals that are named; of a city and a longer name of a hospital around it, the
        hospital."""
        found = [
            Hit(hit.start, hit.end, tuple(Place(country, name) for name, country in hit.value))
            for hit in self._terms.hospitals.places.find([_plain(word.written) for word in message.words])
            if not message.used.intersection(range(hit.start, hit.end)) and _counts_as_hospital(message, hit, hits)
        ]
        meant = [
            hospital
            for hospital in found
            if not any(
                _overlap(hospital, hit)
                and hit.end - hit.start >= hospital.end - hospital.start
                and any(map(self._has_sites, hit.value))
                for hit in hits
            )
        ]
        return [*(hit for hit in hits if not any(_overlap(hit, hospital) for hospital in meant)), *meant]

    def _within_km(self, message: _Message) -> int | None:
        found = wordings()["within"].search(message.plain)
        message.mark("within")
        return round(int(found[1]) * (KM_PER_MILE if found[2].startswith("mi") else 1)) if found else None

    def _counts(self, message: _Message, hit: Hit[Candidates]) -> bool:
        """Whether the name of a place is meant as one: "Nancy" may be a person, "reading" is mostly no town."""
        if message.used.intersection(range(hit.start, hit.end)):
            return False
        mended = any(message.words[at].key != _plain(message.words[at].written) for at in range(hit.start, hit.end))
        everyday = hit.end - hit.start == 1 and message.keys[hit.start] in self._terms.also_words
        if not everyday and (not mended or message.says("study")):
            return True
        before = message.keys[hit.start - 1] if hit.start else ""
        if before in wordings().words("place_prepositions") or (before == "about" and hit.end == len(message.keys)):
            return True
        joined = hit.start - 1 if before in ("or", "and") else hit.start
        if any(found.end == joined for found in self._terms.places.find(message.keys[:joined])):
            return True  # "Louisiana or Georgia"
        others = [key for at, key in enumerate(message.keys) if not hit.start <= at < hit.end]
        alone = len(others) <= _FEW_BESIDE and all(key in fillers() for key in others)
        written = message.words[hit.start].written
        capital = written[:1].isupper() and not written.isupper()
        return alone or (capital and message.says("study"))

    def _codes(self, message: _Message) -> Iterator[Hit[Candidates]]:
        """ "US" is a country only in capitals or after "in": "us" is a pronoun. "TX" is a state, LA a city first."""
        for at, word in enumerate(message.words):
            if at in message.used:
                continue  # "MS" is a disease, too
            after_in = at > 0 and message.keys[at - 1] in ("in", "the")
            capitals = word.written.isupper() and not message.is_shouted
            # "Lupus trials us" ends in the country, "help us" does not.
            at_the_end = at + 1 == len(message.words) and (at == 0 or at - 1 in message.used)
            if word.key == "la" and at > 0 and message.keys[at - 1] in ("in", "near", "around"):
                yield Hit(at, at + 1, (Place("United States", "Los Angeles"), Place("United States", "Louisiana")))
            elif word.key == "us" and (capitals or after_in or at_the_end):
                yield Hit(at, at + 1, (Place("United States"),))
            elif word.written in self._terms.state_codes and capitals and at > 0 and self._may_be_state(message, at):
                if word.written == "LA":
                    yield Hit(at, at + 1, (Place("United States", "Los Angeles"), Place("United States", "Louisiana")))
                else:
                    yield Hit(at, at + 1, (Place("United States", self._terms.state_codes[word.written]),))

    def _may_be_state(self, message: _Message, at: int) -> bool:
        """ "In MA" and "Boston, MA" are a state, "MS patients" have a disease."""
        before = message.keys[at - 1]
        return before in wordings().words("place_prepositions") or (at - 1) in {
            hit.end - 1 for hit in self._terms.places.find(message.keys[:at])
        }

    def _joined(
        self, message: _Message, hits: Sequence[Hit[Candidates]], country: str | None
    ) -> tuple[list[Place], tuple[str, str] | None]:
        """The places that are meant: "Paris, France" is one, "Germany or Austria" are two. A city that lies in another
        country than the one written beside it is a clash."""
        found: list[Place] = []
        at = 0
        while at < len(hits):
            hit, following = hits[at], hits[at + 1] if at + 1 < len(hits) else None
            between = message.keys[hit.end : following.start] if following else []
            if following and len(between) <= 2 and not {"or", "and"}.intersection(between):
                within = self._within(hit.value, following.value) or self._within(following.value, hit.value)
                if within is not None:
                    found.append(within)
                    at += 2
                    continue
                if _is_city(hit.value) and self._is_larger(following.value) and set(between) <= {"in"}:
                    first, second = (
                        " ".join(message.words[place].written for place in range(one.start, one.end))
                        for one in (hit, following)
                    )
                    return [], (f"{first} ({hit.value[0].country})", second)
            found.append(self._likeliest(hit.value, country))
            at += 1
        unique = list(dict.fromkeys(found))
        # Europe beside Germany says nothing more.
        narrow = [one for one in unique if not any(self._lies_in(other, one) for other in unique if other != one)]
        return narrow, None

    def _is_larger(self, candidates: Candidates) -> bool:
        """Whether a name is that of a country or of a part of one."""
        return any(not place.city or self._terms.is_region(place) for place in candidates)

    def _within(self, inner: Candidates, outer: Candidates) -> Place | None:
        """The place among `inner` that lies in one of `outer`."""
        for place in inner:
            for around in outer:
                if place.city and around.city and place.country == around.country and place.city != around.city:
                    return place
                if place.city and not around.city and place.country in self._terms.countries_in(around.country or ""):
                    return place
        return None

    def _lies_in(self, inner: Place, outer: Place) -> bool:
        """Whether `outer` is an area or a country that `inner` is part of."""
        return outer.city is None and inner.country in self._terms.countries_in(outer.country or "")

    def _likeliest(self, candidates: Candidates, country: str | None) -> Place:
        """Of several places of one name: the one in the country at hand, then those where studies take place."""
        at_hand = [place for place in candidates if place.country == country]
        with_sites = [place for place in candidates if self._has_sites(place)]
        cities = {place.country for place in with_sites if place.city}
        if not at_hand and len(cities) > 1 and len({place.city for place in with_sites}) == 1:
            return Place(None, with_sites[0].city)
        return (at_hand or with_sites or list(candidates))[0]

    def _unknown(self, message: _Message) -> str | None:
        """A place that nobody told us of, as in "near Springfield": whoever names one must hear that."""
        for at, key in enumerate(message.keys[:-1]):
            sure = bool(wordings()["near"].fullmatch(key)) or (key == "to" and message.keys[at - 1 : at] == ["close"])
            if key not in ("in", "at", "from") and not sure:
                continue
            start = at + 1
            while start < len(message.keys) and message.keys[start] in ("the", "city", "of", "town", "area", "village"):
                start += 1
            if start == len(message.keys) or start in message.used:
                continue
            word = message.words[start]
            following = message.keys[start + 1 : start + 2]
            is_code = sure and len(word.key) <= 2 and bool(following) and following[0].isdigit()
            named = word.written[:1].isupper() and not message.is_shouted
            filling = word.key in fillers() and not (sure and named)
            if word.key in wordings().words("no_place") or (filling and not is_code):
                continue
            if word.key.isdigit() and not sure:
                continue
            if not (sure or named or word.key not in everyday_words() or message.says("study")):
                continue
            end = start + 1
            while end < min(len(message.keys), start + 4) and (is_code or _goes_on(message, end)):
                end += 1
            message.used.update(range(start, end))
            return " ".join(found.written for found in message.words[start:end])
        return None


@dataclass(frozen=True)
class _Places:
    search: Search
    unknown: str | None
    clash: tuple[str, str] | None


def _status(message: _Message) -> tuple[bool | None, str | None, tuple[str, str] | None]:
    """Whether only recruiting studies count, another status that is asked for, and both where they are opposites."""
    if message.mark("any_status"):
        return False, None, None
    named = () if message.says("means") else _STATUSES
    status = next((word for word in named if message.mark(f"status_{word.lower()}")), None)
    other = wordings()[f"status_{status.lower()}"].search(message.plain) if status else None
    rest = message.plain[: other.start()] + message.plain[other.end() :] if other else message.plain
    found = wordings()["recruiting"].search(wordings()["not_recruiting"].sub(" ", rest))
    message.mark("recruiting")
    if found and other and status in _TAKES_NOBODY:
        return None, None, (found.group(), other.group())
    return (True if found and not status else None), status, None


def _phases(message: _Message, text: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The phase that is asked for, and others that count too ("phase 2 or 3"); "2/3" is one that joins both."""
    slashed = re.sub(r"\s*[/\u2044]\s*", " / ", text.casefold())
    plain = " ".join(re.findall(r"[a-z]+|[0-9]+|/", slashed))
    read = plain if "/" in plain else message.plain
    found = next((found for found in _PHASE.finditer(read) if not _DECLINED.search(read[: found.start()])), None)
    if found is None:
        return _other_phases(message)
    for again in _PHASE.finditer(message.plain):
        message.used.update(message.span(again))
    early, first, joint, second = found.groups()
    one, other = (_ROMAN.get(step, step) if step else None for step in (first, second))
    if early and one == "1" and not other:
        return "EARLY_PHASE1", ()
    if other is None and _AND_UP.match(read[found.end() :]):
        return f"PHASE{one}", tuple(("phase", f"PHASE{step}") for step in range(int(one or 0) + 1, 5))
    if other is None or other == one:
        return f"PHASE{one}", ()
    low, high = sorted((int(one or 0), int(other)))
    if joint == "/":
        message.used.update(at for at, key in enumerate(message.keys) if key in (first, second))
        return f"PHASE{low}/PHASE{high}", ()
    steps = range(low + 1, high + 1) if joint == "to" else (high,)
    return f"PHASE{low}", tuple(("phase", f"PHASE{step}") for step in steps)


def _other_phases(message: _Message) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """What "not phase 1" leaves."""
    declined = _PHASE.search(message.plain)
    if declined is None:
        return None, ()
    message.used.update(message.span(declined))
    named = {_ROMAN.get(step, step) for step in declined.groups()[1::2] if step}
    first, *others = (f"PHASE{step}" for step in range(1, 5) if str(step) not in named)
    return first, tuple(("phase", other) for other in others)


def _turned_down(message: _Message, hit: Hit, last: Hit) -> Literal["", "forgotten", "excluded"]:
    """Whether what is named is not wanted. `forgotten`: it limits nothing any more ("it need not be Spain");
    `excluded`: it is to be left out ("anywhere but Spain", "Spain is too far"). "Nothing in Spain" turns Spain down
    only where something else is named behind it; otherwise it asks about Spain."""
    if _stands_after(message.keys, hit.start, "forgotten") or _ends_in(message, hit, "forgotten_before"):
        return "forgotten"
    if _stands_after(message.keys, hit.start, "excluded", "outside") or _ends_in(message, hit, "excluded_before"):
        return "excluded"
    if hit is not last and _ends_in(message, hit, "excluded_before_another"):
        return "excluded"
    behind = " ".join(message.keys[hit.end : hit.end + _WORDS_AROUND])
    found = wordings()["excluded_behind"].match(behind)
    if found is None:
        return ""
    message.used.update(range(hit.end, hit.end + len(found.group().split())))
    return "excluded"


def _ends_in(message: _Message, hit: Hit, name: str) -> bool:
    """Whether an expression of `wordings.yml` stands right before what is named; its words are marked."""
    before = " ".join(message.keys[max(0, hit.start - _WORDS_AROUND) : hit.start])
    found = wordings()[name].search(before)
    if found:
        message.used.update(range(hit.start - len(found.group().split()), hit.start))
    return found is not None


def _meant(hits: Sequence[Hit], keys: Sequence[str]) -> list[Hit]:
    """The hits that are asked for: after "I meant" only what follows it."""
    corrections = wordings().words("corrected")
    corrected = max((at for at, key in enumerate(keys) if key in corrections), default=None)
    if corrected is None or not hits:
        return list(hits)
    after = [hit for hit in hits if hit.start > corrected]
    return after or list(hits[-1:])


def _stands_after(keys: Sequence[str], start: int, *kinds: str) -> bool:
    """Whether a word of one of these kinds stands before `start`, with nothing but articles between."""
    articles = wordings().words("articles")
    while start > 0 and keys[start - 1] in articles:
        start -= 1
    return start > 0 and any(keys[start - 1] in wordings().words(kind) for kind in kinds)


def _describes_a_study(keys: Sequence[str], end: int) -> bool:
    """ "French trials" names a country, "in French please" a language."""
    return any(wordings()["study_noun"].fullmatch(key) for key in keys[end : end + _NOUN_WITHIN])


def _counts_as_hospital(message: _Message, hit: Hit, places: Sequence[Hit]) -> bool:
    """A name of one word is meant as a hospital where it is written as a name, or stands as a place does; one that is
    an everyday word, too ("mayo"), only where it stands so."""
    if hit.end - hit.start > 1:
        return True
    placed = {at for place in places for at in range(place.start, place.end)}
    others = [key for at, key in enumerate(message.keys) if at not in placed | message.used and at != hit.start]
    alone = len(others) <= _FEW_BESIDE and all(key in fillers() for key in others)
    before = message.keys[hit.start - 1] if hit.start else ""
    if alone or before in wordings().words("place_prepositions"):
        return True
    written = message.words[hit.start].written
    capital = (written.isupper() or (written[:1].isupper() and hit.start > 0)) and not message.is_shouted
    return (capital or message.says("study")) and message.keys[hit.start] not in everyday_words()


def _overlap(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end


def _is_city(candidates: Candidates) -> bool:
    return all(place.city for place in candidates)


def _goes_on(message: _Message, at: int) -> bool:
    """Whether a word belongs to the name of the place before it: both are written with a capital."""
    word = message.words[at]
    return at not in message.used and word.written[:1].isupper() and word.key not in fillers()


def _mended(message: _Message, is_known: Callable[[str], bool]) -> tuple[tuple[str, str], ...]:
    """Slips among the words that were understood, so that the person sees how."""
    slips = (at for at, word in enumerate(message.words) if at in message.used and not is_known(_plain(word.written)))
    return tuple(dict.fromkeys((message.words[at].written, message.words[at].key) for at in slips))


@lru_cache(maxsize=1)
def fillers() -> frozenset[str]:
    """Words that say nothing about what else a message may be about."""
    return wordings().words("fillers") | STOP_WORDS


def _plain(written: str) -> str:
    return words(written)[0].key if words(written) else written
