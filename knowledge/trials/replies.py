"""Replies about studies. Pure: studies, phrases and dates in, an `Answer` of kind `trials` out.

All fixed wording comes from `phrases` (the `trials_` keys of `knowledge/content/<locale>/phrases.yml`), what a status
means from a published entry, everything else from the registry's record. No status is shown without its date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from knowledge.model import Answer, Block, FollowUp, Provenance, Run, Source
from knowledge.trials.lines import NOBODY, Meanings, Placed, Regard, card_block, part_block, phase_words, short_block
from knowledge.trials.model import STUDY_ADDRESS, Site, Study
from knowledge.trials.registry_search import search_address
from knowledge.trials.search import NEAR_KM, OLDEST, Search, age_range
from knowledge.trials.wording import Line, Phrases, listed, plain, say, spoken_date

SHOWN_AT_ONCE = 3

REGISTRY = Source(
    "ctgov", "ClinicalTrials.gov", "US National Library of Medicine", address="https://clinicaltrials.gov/"
)


@dataclass(frozen=True)
class CopyMade:
    """Our copy of the registry: the day on which it was made, and whether it is the one that is shipped."""

    made: dt.date
    shipped: bool = True


@dataclass(frozen=True)
class Found:
    """What a search found, and what its list needs beside the studies.

    `begin`: the place of the first study to show. `unplaced` and `ageless` are studies that fit apart from a place, or
    ages, that our copy does not have. `near`: how many of them are near, None where no distance is known. `wider`:
    searches with one limit less that find more, as (what it opens, its message).
    """

    studies: Sequence[Study]
    search: Search | None = None
    begin: int = 0
    unplaced: Sequence[Study] = ()
    ageless: Sequence[Study] = ()
    near: int | None = None
    wider: Sequence[str] = ()


Nearest = Callable[[Study], "Placed | None"]
There = Callable[[Study], Sequence[Site]]


def study_card(
    study: Study,
    phrases: Phrases,
    made: dt.date | CopyMade,
    meaning: str | Meanings | None = None,
    meaning_from: Provenance | Sequence[Provenance] | None = None,
    *,
    places: Sequence[Placed] | None = None,
    regard: Regard = NOBODY,
    opening: Sequence[Line] = (),
    follow_ups: Sequence[FollowUp] = (),
) -> Answer:
    """One study. `meaning` is what its status (and its phases) mean, word for word from the published entries that
    `meaning_from` names. Without a status no meaning of one is shown. `opening` is said before it."""
    origins = (meaning_from,) if isinstance(meaning_from, Provenance) else tuple(meaning_from or ())
    meanings = meaning if isinstance(meaning, Meanings) else Meanings(meaning)
    shows_meaning = bool((study.status and meanings.status) or meanings.phases)
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(
            *map(_paragraph, opening),
            card_block(study, phrases, meanings, places, regard),
            *_always(phrases, made),
        ),
        sources=(REGISTRY,),
        follow_ups=tuple(follow_ups),
        as_of=None if study.status is None or study.month_only else study.status_as_of,
        provenance=(_record(study), *(origins if shows_meaning else ())),
    )


def study_part(
    study: Study, phrases: Phrases, made: dt.date | CopyMade, lines: Sequence[Line], follow_ups: Sequence[FollowUp] = ()
) -> Answer:
    """What was asked about one study, and nothing more of it."""
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(part_block(study, phrases, lines), *_always(phrases, made)),
        sources=(REGISTRY,),
        follow_ups=tuple(follow_ups),
        provenance=(_record(study),),
    )


def studies_parts(
    parts: Sequence[tuple[Study, Sequence[Line]]],
    phrases: Phrases,
    made: dt.date | CopyMade,
    opening: Sequence[Line] = (),
    follow_ups: Sequence[FollowUp] = (),
) -> Answer:
    """What was asked about several studies, one by one. `opening` is said before it."""
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(
            *map(_paragraph, opening),
            *(part_block(study, phrases, lines) for study, lines in parts),
            *_always(phrases, made),
        ),
        sources=(REGISTRY,),
        follow_ups=(*_shows([study for study, _ in parts], phrases), *follow_ups),
        provenance=tuple(_record(study) for study, _ in parts),
    )


def study_list(
    studies: Sequence[Study] | Found,
    phrases: Phrases,
    made: dt.date | CopyMade,
    search: Search | None = None,
    unplaced: Sequence[Study] = (),
    *,
    opening: Sequence[Line] = (),
    nearest: Nearest = lambda study: None,
    there: There = lambda study: (),
    education: Sequence[FollowUp] = (),
    counted: str = "trials_found_named",
) -> Answer:
    """Three of `studies`, in the order given, and how many more there are; or that our copy has none.

    `search` is None where the studies were looked for by name. `unplaced` are studies that fit apart from a place
    that our copy does not have (`TrialShelf.unplaced`). `opening` is said before the list. `education`: questions about
    trials that are offered beside it. `counted`: the phrase that counts studies which nobody searched for.
    """
    found = studies if isinstance(studies, Found) else Found(studies, search, unplaced=unplaced)
    asked = found.search or Search()
    shown = found.studies[found.begin : found.begin + SHOWN_AT_ONCE]
    rest = len(found.studies) - found.begin - len(shown)
    regard = Regard(_where_words(asked), ages=asked.limits.ages is not None)
    blocks = [*map(_paragraph, opening), *map(_paragraph, _openings(found, phrases, counted))]
    blocks += [short_block(study, phrases, nearest(study), regard, there(study)) for study in shown]
    if rest > 0:
        blocks.append(_paragraph(say(phrases, "trials_more", count=str(rest))))
    for key, others in (("trials_unplaced", found.unplaced), ("trials_ageless", found.ageless)):
        if others:
            numbers = listed(_number_link(study.nct_id) for study in others[:SHOWN_AT_ONCE])
            blocks.append(_paragraph(say(phrases, key, count=str(len(others)), numbers=numbers)))
    if not found.studies and found.wider:
        blocks.append(_paragraph(say(phrases, f"trials_widen_{found.wider[0]}")))
    if found.search is not None or not found.studies:
        blocks.append(_registry_search(phrases, asked))
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(*blocks, *_always(phrases, made)),
        sources=(REGISTRY,),
        follow_ups=(*_follow_ups(found, shown, rest, phrases), *education),
        provenance=tuple(_record(study) for study in shown),
    )


def unknown_number(nct_id: str, phrases: Phrases, made: dt.date | CopyMade, meant: Sequence[Study] = ()) -> Answer:
    """A right number that our copy does not have: its registry page, and nothing about the study. `meant` are studies
    whose number is one slip away."""
    address = STUDY_ADDRESS + nct_id
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(
            _paragraph(say(phrases, "trials_unknown_number", number=nct_id)),
            *_did_you_mean(meant, phrases),
            Block("link", runs=say(phrases, "trials_page", address=Run(address, href=address))),
            *_always(phrases, made),
        ),
        sources=(REGISTRY,),
        follow_ups=_shows(meant, phrases),
    )


def malformed_number(written: str, phrases: Phrases, meant: Sequence[Study] = ()) -> Answer:
    """A number with too few or too many digits, as `numbers.malformed_nct` gives it. `meant` are studies whose number
    is one slip away."""
    advice = _did_you_mean(meant, phrases) or (_paragraph(say(phrases, "trials_malformed_advice")),)
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(_paragraph(say(phrases, "trials_malformed_number", written=written)), *advice),
        follow_ups=_shows(meant, phrases),
    )


def unknown_place(place: str, phrases: Phrases, made: dt.date | CopyMade, search: Search) -> Answer:
    """A place that we do not know, said back to who wrote it; `search` is what else was understood."""
    words = search_words(search, phrases)
    understood = [_paragraph(say(phrases, "trials_understood", search=words))] if words else []
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(
            _paragraph(say(phrases, "trials_unknown_place", place=place)),
            *understood,
            _registry_search(phrases, replace(search, city=place, country=None)),
            *_always(phrases, made),
        ),
        sources=(REGISTRY,),
        follow_ups=(FollowUp(phrases["trials_any_country"], phrases["trials_any_country_message"]),),
    )


def clash(first: str, second: str, phrases: Phrases, search: Search) -> Answer:
    """Two things that cannot both be meant, asked back; `search` is what else was understood."""
    words = search_words(search, phrases)
    understood = [_paragraph(say(phrases, "trials_understood", search=words))] if words else []
    return Answer(
        kind="clarify",
        topic="trials",
        blocks=(*understood, _paragraph(say(phrases, "trials_clash", first=first, second=second))),
        follow_ups=tuple(FollowUp(said, said) for said in (first, second)),
    )


def nothing_more(phrases: Phrases, made: dt.date | CopyMade, search: Search) -> Answer:
    """All studies of the list were shown."""
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(_paragraph(say(phrases, "trials_no_more")), _registry_search(phrases, search), *_always(phrases, made)),
        sources=(REGISTRY,),
    )


def from_registry(phrases: Phrases, made: dt.date | CopyMade) -> Answer:
    """Where everything that is shown of studies comes from."""
    address = REGISTRY.address or ""
    page = Block("link", runs=(Run(address, href=address),))
    return Answer("trials", (*_always(phrases, made)[1:], page), topic="trials", sources=(REGISTRY,))


def which_study(phrases: Phrases, among: Sequence[Study] = ()) -> Answer:
    """Somebody asks about a study without saying which; `among`: those that were shown."""
    asked = _paragraph(say(phrases, "trials_ask_which_of" if among else "trials_ask_which"))
    return Answer("clarify", (asked,), topic="trials", follow_ups=_shows(among, phrases))


def what_to_look_for(phrases: Phrases) -> Answer:
    """A new search begins: what can be named."""
    return Answer("clarify", (_paragraph(say(phrases, "trials_ask_search")),), topic="trials")


def search_words(search: Search, phrases: Phrases) -> Line:
    """The limits of a search as they were understood, so that a person can correct them."""
    limits = search.limits

    def either(field: str) -> str:
        return phrases["trials_or"].join(_words_of(field, value, phrases) for value in search.values(field))

    others = [value for field, value in search.alternatives if field in ("country", "city")]
    place = ", ".join(filter(None, (limits.city, limits.country)))
    if limits.near and place:
        place = plain(say(phrases, "trials_search_near", place=place))
    if limits.within_km and place:
        place = plain(say(phrases, "trials_search_within", place=place, km=str(limits.within_km)))
    return listed(
        filter(
            None,
            (
                limits.name,
                either("condition"),
                phrases["trials_or"].join((place, *others)) if place else None,
                plain(say(phrases, "trials_search_outside", place=limits.outside)) if limits.outside else None,
                plain(say(phrases, "trials_search_without", place=limits.without)) if limits.without else None,
                either("phase"),
                _age_words(limits.ages, phrases) if limits.ages else None,
                phrases["trials_search_" + limits.sex.lower()] if limits.sex else None,
                phrases["trials_search_recruiting"] if limits.recruiting_only else None,
                phrases["trials_search_status_" + limits.status.lower()] if limits.status else None,
            ),
        )
    )


def read_as(written: str, meant: str, phrases: Phrases) -> Line:
    """A slip, and how it was understood."""
    return say(phrases, "trials_read_as", written=written, meant=meant)


def _words_of(field: str, value: str, phrases: Phrases) -> str:
    return phase_words(tuple(value.split("/")), phrases) if field == "phase" else value


def _age_words(ages: str, phrases: Phrases) -> str:
    youngest, oldest = age_range(ages)
    named = {(0, 17): "children", (18, OLDEST): "adults", (13, 17): "teenagers", (0, 1): "babies"}
    if (youngest, oldest) in named:
        return phrases["trials_search_" + named[youngest, oldest]]
    if oldest == OLDEST:
        return plain(say(phrases, "trials_search_age_from", youngest=str(youngest)))
    if youngest == oldest:
        return plain(say(phrases, "trials_search_age", age=str(youngest)))
    return plain(say(phrases, "trials_search_age_between", youngest=str(youngest), oldest=str(oldest)))


def _where_words(search: Search) -> str | None:
    limits = search.limits
    others = [value for field, value in search.alternatives if field in ("country", "city")]
    place = limits.city or limits.country
    return place if place and not others else None


def _openings(found: Found, phrases: Phrases, counted: str) -> list[Line]:
    """What the list is: which search was understood, how many studies fit it, and how many of them are near."""
    count = str(len(found.studies))
    if found.search is None:
        return [say(phrases, counted, count=count) if found.studies else say(phrases, "trials_unknown_name")]
    words = search_words(found.search, phrases)
    if not found.studies:
        return [say(phrases, "trials_none", search=words) if words else say(phrases, "trials_none_at_all")]
    if found.near is not None:
        limits = found.search.limits
        km = str(limits.within_km or NEAR_KM)
        key = "trials_found_near" if found.near else "trials_none_near"
        place = ", ".join(filter(None, (limits.city, limits.country)))
        return [
            say(phrases, "trials_understood", search=words),
            say(phrases, key, count=str(found.near), place=place, km=km),
        ]
    if not words:
        return [say(phrases, "trials_found_all", count=count)]
    return [say(phrases, "trials_found", search=words, count=count)]


def _follow_ups(found: Found, shown: Sequence[Study], rest: int, phrases: Phrases) -> tuple[FollowUp, ...]:
    limits = (found.search or Search()).limits
    offers = list(_shows(shown, phrases))
    if rest > 0:
        offers.append(FollowUp(phrases["trials_show_more"], phrases["trials_show_more_message"]))
        if found.search is not None and not limits.recruiting_only and not all(s.recruiting for s in found.studies):
            offers.append(FollowUp(phrases["trials_only_recruiting"], phrases["trials_only_recruiting_message"]))
    if not found.studies:
        offers += [
            FollowUp(phrases[f"trials_{wider}"], phrases[f"trials_{wider}_message"])
            for wider in found.wider or (["any_country"] if limits.country or limits.city else [])
        ]
    return tuple(offers)


def _shows(studies: Sequence[Study], phrases: Phrases) -> tuple[FollowUp, ...]:
    return tuple(
        FollowUp(plain(say(phrases, "trials_show_study", number=study.nct_id)), study.nct_id)
        for study in studies[:SHOWN_AT_ONCE]
    )


def _did_you_mean(meant: Sequence[Study], phrases: Phrases) -> tuple[Block, ...]:
    if not meant:
        return ()
    numbers = phrases["trials_or"].join(study.nct_id for study in meant)
    titles = tuple(
        say(
            phrases,
            "trials_listed_as",
            title=study.title or phrases["trials_no_title"],
            number=_number_link(study.nct_id),
        )
        for study in meant
    )
    return (_paragraph(say(phrases, "trials_did_you_mean", numbers=numbers)), Block("list", items=titles))


def _always(phrases: Phrases, made: dt.date | CopyMade) -> tuple[Block, ...]:
    copy = made if isinstance(made, CopyMade) else CopyMade(made)
    key = "trials_copy" if copy.shipped else "trials_copy_synced"
    return (
        Block("callout", runs=say(phrases, "trials_not_a_recommendation")),
        _paragraph(say(phrases, key, made=spoken_date(phrases, copy.made))),
    )


def _registry_search(phrases: Phrases, asked: Search) -> Block:
    address = search_address(asked)
    return Block("link", runs=say(phrases, "trials_search_registry", address=Run(address, href=address)))


def _number_link(nct_id: str) -> Run:
    return Run(nct_id, href=STUDY_ADDRESS + nct_id)


def _paragraph(line: Line) -> Block:
    return Block("paragraph", runs=line)


def _record(study: Study) -> Provenance:
    return Provenance("registry", study.nct_id, as_of=study.as_of)
