"""Answers about trials: the registry copy, joined with the published entries that say what its words mean."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from knowledge.model import Answer, FollowUp, Provenance, Revision
from knowledge.trials import lines, replies
from knowledge.trials.catalogue import Catalogue
from knowledge.trials.lexicon import keys
from knowledge.trials.lines import Meanings, Placed, Regard
from knowledge.trials.model import RegistryCopy, Site, Study
from knowledge.trials.moves import (
    About,
    AboutEach,
    Again,
    Anew,
    Join,
    Look,
    Malformed,
    More,
    Move,
    Named,
    Numbers,
    Sources,
    Standing,
    Talk,
    UnknownName,
    WhichStudy,
)
from knowledge.trials.reading import Understood
from knowledge.trials.replies import SHOWN_AT_ONCE, CopyMade, Found
from knowledge.trials.search import ANY, Search, added, age_range, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.talk import status_entry
from knowledge.trials.terms import Terms, read_terms
from knowledge.trials.wording import Line, say

Live = Callable[[str], Revision | None]
"""Entry id -> its live revision, None where there is none."""

BESIDE_A_STUDY = ("trials-questions-to-ask", "trials-how-to-join")
BESIDE_A_LIST = ("trials-status-meanings",)
"""Entries about trials that are offered beside what the registry says."""
PHASE_ENTRIES = {
    "EARLY_PHASE1": "trials-phase-1",
    "PHASE1": "trials-phase-1",
    "PHASE2": "trials-phase-2",
    "PHASE3": "trials-phase-3",
}
"""Entries whose simpler text says in plain words what a phase is."""
OPENED = {
    "any_city": Search(city=ANY),
    "any_country": Search(country=ANY, city=ANY),
    "any_status": Search(recruiting_only=False, status=ANY),
    "any_age": Search(ages=ANY),
    "any_phase": Search(phase=ANY),
}
"""The ways to widen a search that finds nothing, in the order in which they are offered."""


def _no_entry(entry_id: str) -> Revision | None:
    return None


@dataclass(frozen=True)
class Said:
    """A reply, and what the talk remembers after it."""

    answer: Answer
    talk: Talk


class TrialAnswers:
    """Answers from one copy of the registry. Immutable."""

    def __init__(self, copy: RegistryCopy, phrases: Mapping[str, str], terms: Terms | None = None) -> None:
        self.copy = copy
        self._terms = terms or read_terms(studies=copy.studies)
        self.shelf = TrialShelf(copy.studies, self._terms)
        self._made, self._phrases = CopyMade(copy.made, copy.is_shipped), phrases

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """The same studies for lists. Made when it is first asked for: conversations do without it."""
        return Catalogue(self.shelf.studies, self._terms)

    def by_numbers(self, numbers: Sequence[str], live: Live) -> Answer:
        """One study in full, or several in short. A number that the copy does not have is said to be unknown."""
        return self.reply(Numbers(tuple(numbers)), Standing(), live).answer

    def by_name(self, text: str, live: Live) -> Answer | None:
        """Studies that the text names (KYSA-1, a product code); None when it names none."""
        studies = self.shelf.by_name(text)
        return self.reply(Named(studies), Standing(), live).answer if studies else None

    def by_search(self, text: str, before: Mapping[str, Any] | None) -> tuple[Answer, dict[str, Any]]:
        """Studies that fit what the text asks for, joined with the search `before` it; and the search to remember."""
        talk = Talk(search=Search.of(before)) if before else Talk()
        said = self.reply(Look(self.shelf.understand(text)), Standing(talk), _no_entry)
        return said.answer, (said.talk.search or Search()).to_json()

    def malformed(self, written: str) -> Answer:
        """What is said to a number with too few or too many digits."""
        meant = [study for number in self.shelf.near_number(written) if (study := self.shelf.by_number(number))]
        return replies.malformed_number(written, self._phrases, meant)

    def reply(self, move: Move, standing: Standing, live: Live) -> Said:
        """What is said to a move. Raises `ValueError` for `Join` and `Read`, which are answered from the entries."""
        talk = replace(standing.talk, yes="")
        if isinstance(move, Numbers):
            return self._numbers(move.numbers, standing, talk, live)
        if isinstance(move, Malformed):
            answer = self.malformed(move.written)
            only = answer.follow_ups[0].message if len(answer.follow_ups) == 1 else ""
            return Said(answer, replace(talk, yes=only))
        if isinstance(move, Named):
            return self._named(move, standing, talk, live)
        if isinstance(move, UnknownName):
            return Said(replies.study_list((), self._phrases, self._made), talk)
        if isinstance(move, WhichStudy):
            shown = [study for number in move.among if (study := self.shelf.by_number(number))]
            return Said(replies.which_study(self._phrases, shown), talk)
        if isinstance(move, Look):
            return self._looked(move.understood, standing, self._base(move, talk), live, adds=move.adds)
        if isinstance(move, Again):
            return self._looked(move.understood, standing, talk, live, again=True)
        if isinstance(move, More):
            return self._more(standing, talk, live, back=move.back)
        if isinstance(move, Anew):
            return Said(replies.what_to_look_for(self._phrases), replace(talk, search=Search(), page=(), begin=0))
        if isinstance(move, Sources):
            return Said(replies.from_registry(self._phrases, self._made), talk)
        if isinstance(move, About):
            return self._about(move, standing, talk, live)
        if isinstance(move, AboutEach):
            return self._about_each(move, standing, talk, live)
        raise ValueError(f"no reply about studies to {type(move).__name__}")

    def listed_again(self, standing: Standing, live: Live) -> Said:
        """The list that was shown last, at the same place."""
        return self._list(standing.talk.search or Search(), standing, standing.talk, live, begin=standing.talk.begin)

    def record_lines(self, number: str) -> tuple[Line, ...]:
        """What the record of a study says about ages and sex, below a line that says so; empty for what is unknown."""
        study = self.shelf.by_number(number)
        if study is None or not (study.min_age or study.max_age or study.sex):
            return ()
        who = [*(lines.age_lines(study, self._phrases) if study.min_age or study.max_age else ())]
        who += lines.sex_lines(study, self._phrases) if study.sex else ()
        return (say(self._phrases, "trials_record_says", number=number), *who, lines.page_line(study, self._phrases))

    def search_offers(self, move: Join) -> tuple[FollowUp, ...]:
        """Searches that are offered beside a deferral: for the age that was named, and for whatever there is."""
        offers = []
        ages = move.understood.search.limits.ages
        if ages and len(set(age_range(ages))) == 1:
            age = str(age_range(ages)[0])
            title, message = (
                say(self._phrases, key, age=age) for key in ("trials_ages_offer", "trials_ages_offer_message")
            )
            offers.append(FollowUp("".join(run.text for run in title), "".join(run.text for run in message)))
        return (*offers, FollowUp(self._phrases["trials_search_offer"], self._phrases["trials_search_offer_message"]))

    def _numbers(self, numbers: Sequence[str], standing: Standing, talk: Talk, live: Live) -> Said:
        studies = [study for number in numbers if (study := self.shelf.by_number(number))]
        if not studies:
            near = [study for number in self.shelf.near_number(numbers[0]) if (study := self.shelf.by_number(number))]
            answer = replies.unknown_number(numbers[0], self._phrases, self._made, near)
            return Said(answer, replace(talk, yes=near[0].nct_id if len(near) == 1 else ""))
        return self._show(studies, standing, talk, live, counted="trials_found_numbers")

    def _named(self, move: Named, standing: Standing, talk: Talk, live: Live) -> Said:
        opening = [replies.read_as(*move.mended, self._phrases)] if move.mended else []
        return self._show(move.studies, standing, talk, live, opening)

    def _show(
        self,
        studies: Sequence[Study],
        standing: Standing,
        talk: Talk,
        live: Live,
        opening: Sequence[Line] = (),
        counted: str = "trials_found_named",
    ) -> Said:
        if len(studies) > 1:
            shown = studies[:SHOWN_AT_ONCE]
            told = (*opening, *self._changes(shown, talk))
            answer = replies.study_list(studies, self._phrases, self._made, opening=told, counted=counted)
            page = tuple(study.nct_id for study in shown)
            return Said(answer, replace(talk.having_seen(shown), page=page, begin=0))
        study = studies[0]
        answer = self._card(study, standing, talk, live, (*opening, *self._changes([study], talk)))
        return Said(answer, talk.having_seen([study]))

    def _card(self, study: Study, standing: Standing, talk: Talk, live: Live, opening: Sequence[Line]) -> Answer:
        meanings, origins = self._meanings(study, live)
        return replies.study_card(
            study,
            self._phrases,
            self._made,
            meanings,
            origins,
            places=self._places(study, standing, talk),
            opening=opening,
            follow_ups=self._education(BESIDE_A_STUDY, live),
        )

    def _places(self, study: Study, standing: Standing, talk: Talk, country: str | None = None) -> tuple[Placed, ...]:
        """The places of a study in the order in which they are of use to this person."""
        search = talk.search or Search()
        where = country or search.limits.country or standing.country
        here = [site for site in study.sites if self.shelf.lies_in(site, where)]
        return lines.ordered(study, here, self.shelf.distances(study, search))

    def _meanings(self, study: Study, live: Live) -> tuple[Meanings, tuple[Provenance, ...]]:
        status = live(status_entry(study.status)) if study.status else None
        phases = [live(entry) for entry in dict.fromkeys(PHASE_ENTRIES.get(phase, "") for phase in study.phases)]
        told = [revision for revision in phases if revision and revision.entry.simpler]
        meanings = Meanings(
            status.entry.answer.split("\n\n")[0] if status else None,
            tuple(" ".join(revision.entry.simpler.split()) for revision in told),
        )
        shown = [*([status] if status else []), *told]
        return meanings, tuple(Provenance("revision", one.entry.id, one.number) for one in shown)

    def _education(self, entries: Sequence[str], live: Live) -> tuple[FollowUp, ...]:
        asked = [revision.entry.question for name in entries if (revision := live(name))]
        return tuple(FollowUp(question, question) for question in asked)

    def _changes(self, studies: Sequence[Study], talk: Talk) -> list[Line]:
        """That a study has another status than when this conversation showed it."""
        changed = ((study, talk.changed(study)) for study in studies)
        return [lines.since_line(study, self._phrases, *before) for study, before in changed if before]

    def _base(self, move: Look, talk: Talk) -> Talk:
        return replace(talk, search=None) if move.anew else talk

    def _looked(
        self,
        understood: Understood,
        standing: Standing,
        talk: Talk,
        live: Live,
        *,
        again: bool = False,
        adds: bool = False,
    ) -> Said:
        join = added if adds else merge
        search = join(talk.search, understood.search) if talk.search else understood.search
        phrases = self._phrases
        if not understood.search.has_place and self.shelf.is_city_without(search):
            # "Outside Georgia" after Atlanta: what is not wanted goes before what was wanted earlier.
            search = replace(search, city=None, near=None, within_km=None)
        if understood.clash:
            answer = replies.clash(*understood.clash, phrases, search)
            return Said(answer, replace(talk, search=search, page=()))
        if understood.unknown_place:
            answer = replies.unknown_place(understood.unknown_place, phrases, self._made, search)
            message = phrases["trials_any_country_message"]
            return Said(answer, replace(talk, search=search, page=(), yes=message))
        opening = [replies.read_as(written, meant, phrases) for written, meant in _mended(understood, search)]
        if understood.near_me and not search.has_place:
            if standing.country:
                search = replace(search, country=standing.country)
            else:
                opening.append(say(phrases, "trials_ask_place"))
        begin = talk.begin if again and understood.search.is_silent else 0
        return self._list(search, standing, talk, live, opening, begin)

    def _more(self, standing: Standing, talk: Talk, live: Live, *, back: bool) -> Said:
        search = talk.search or Search()
        begin = max(0, talk.begin - SHOWN_AT_ONCE) if back else talk.begin + SHOWN_AT_ONCE
        if begin >= len(self._found(search, standing)[1]):
            return Said(replies.nothing_more(self._phrases, self._made, search), talk)
        return self._list(search, standing, talk, live, begin=begin)

    def _found(self, search: Search, standing: Standing) -> tuple[Search, tuple[Study, ...], list[Line]]:
        """The search that is really made, what it finds, and what is to be said of the difference: a city without a
        study stands for what is nearest to it, where our copy knows where it is, else for its country."""
        studies = self.shelf.search(search, standing.country)
        limits = search.limits
        if studies or limits.city is None or limits.without:
            return search, studies, []
        if limits.within_km is not None and self.shelf.is_located(search):
            further = self.shelf.search(replace(search, within_km=None))
            return search, further, []
        if self.shelf.is_located(search) and not limits.near:
            near = replace(search, near=True)
            return near, self.shelf.search(near), []
        if limits.country is None:
            return search, studies, []
        around = replace(search, city=None, near=None, within_km=None)
        there = self.shelf.search(around)
        if not there:
            return search, studies, []
        told = say(self._phrases, "trials_not_in_city", place=limits.city, country=limits.country)
        return around, there, [told]

    def _list(
        self,
        search: Search,
        standing: Standing,
        talk: Talk,
        live: Live,
        opening: Sequence[Line] = (),
        begin: int = 0,
    ) -> Said:
        made, studies, told = self._found(search, standing)
        begin = begin if begin < len(studies) else 0
        wider = () if studies else self._wider(search, standing)
        shown = studies[begin : begin + SHOWN_AT_ONCE]
        found = Found(
            studies,
            made,
            begin,
            unplaced=self.shelf.unplaced(made) if begin == 0 else (),
            ageless=self.shelf.ageless(made) if begin == 0 else (),
            near=self.shelf.within(made),
            wider=wider,
        )
        answer = replies.study_list(
            found,
            self._phrases,
            self._made,
            opening=(*opening, *self._changes(shown, talk), *told),
            nearest=lambda study: self._nearest(study, made),
            there=lambda study: self._there(study, made),
            education=self._education(BESIDE_A_LIST, live),
        )
        page = tuple(study.nct_id for study in shown)
        yes = self._phrases[f"trials_{wider[0]}_message"] if wider else ""
        return Said(answer, replace(talk.having_seen(shown), search=search, page=page, begin=begin, yes=yes))

    def _wider(self, search: Search, standing: Standing) -> tuple[str, ...]:
        """The ways to widen a search by one limit that find something."""
        limits = search.limits
        opened = {
            "any_city": bool(limits.city and limits.country),
            "any_country": search.has_place,
            "any_status": bool(limits.recruiting_only or limits.status),
            "any_age": limits.ages is not None,
            "any_phase": limits.phase is not None,
        }
        ways = (way for way, limited in opened.items() if limited)
        return tuple(way for way in ways if self.shelf.search(merge(search, OPENED[way]), standing.country))

    def _nearest(self, study: Study, search: Search) -> Placed | None:
        near = self.shelf.nearest(study, search)
        return Placed(near.site, near.km) if near else None

    def _there(self, study: Study, search: Search) -> list[Site]:
        """The places of a study in the city, or else the country, that is asked for."""
        limits = search.limits
        return [
            site
            for site in study.sites
            if (limits.city or limits.country)
            and (limits.country is None or self.shelf.lies_in(site, limits.country))
            and (limits.city is None or self.shelf.is_in_city(site, limits.city))
            and (limits.without is None or not self.shelf.is_in_city(site, limits.without))
        ]

    def _about(self, move: About, standing: Standing, talk: Talk, live: Live) -> Said:
        study = self.shelf.by_number(move.number)
        if study is None:
            return self._numbers([move.number], standing, talk, live)
        opening = self._changes([study], talk)
        parts = self._parts(study, move, standing, talk, live)
        if not parts:
            return Said(self._card(study, standing, talk, live, opening), talk.having_seen([study]))
        answer = replies.study_part(
            study, self._phrases, self._made, (*opening, *parts), self._education(BESIDE_A_STUDY, live)
        )
        return Said(answer, talk.having_seen([study]))

    def _about_each(self, move: AboutEach, standing: Standing, talk: Talk, live: Live) -> Said:
        studies = [study for number in move.numbers if (study := self.shelf.by_number(number))]
        parts = [(study, self._parts(study, move, standing, talk, live)) for study in studies]
        answer = replies.studies_parts(
            parts, self._phrases, self._made, self._changes(studies, talk), self._education(BESIDE_A_LIST, live)
        )
        return Said(answer, replace(talk.having_seen(studies), page=move.numbers))

    def _parts(
        self, study: Study, move: About | AboutEach, standing: Standing, talk: Talk, live: Live
    ) -> tuple[Line, ...]:
        """The lines that answer what is asked about a study; none where all of it is asked for."""
        phrases = self._phrases
        meanings, _ = self._meanings(study, live)
        country = move.understood.search.limits.country
        places = self._places(study, standing, talk, country)
        told: list[Line] = []
        for name in move.fields:
            if name == "status":
                told += [lines.status_line(study, phrases)]
            elif name == "changed":
                told += [lines.change_line(change, phrases) for change in study.changes] or [
                    say(phrases, "trials_nothing_changed"),
                    lines.status_line(study, phrases),
                ]
            elif name == "why":
                told.append(lines.status_line(study, phrases))
                told.append(lines.why_line(study, phrases))
            elif name == "checked":
                told += lines.copy_lines(study, phrases)
                told.append(lines.status_line(study, phrases))
            elif name == "where":
                if country and not any(self.shelf.lies_in(site, country) for site in study.sites):
                    told.append(say(phrases, "trials_none_there", country=country))
                told += lines.site_lines(study, phrases, places, Regard(country))
            elif name == "ages":
                told += lines.age_lines(study, phrases)
            elif name == "sex":
                told += lines.sex_lines(study, phrases)
            elif name == "page":
                told.append(say(phrases, "trials_all_said"))
            else:
                told += lines.field_lines(study, phrases, name, meanings)
        return tuple(dict.fromkeys(told))


def _mended(understood: Understood, search: Search) -> list[tuple[str, str]]:
    """Slips in the names of places and conditions, with the name as it was understood."""
    names = [search.city, search.country, search.condition, *(value for _, value in search.alternatives)]
    known = {key: name for name in filter(None, names) for key in keys(name)}
    return [(written, known[meant]) for written, meant in understood.mended if meant in known]
