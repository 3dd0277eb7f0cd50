"""Replies about studies. Pure: studies, phrases and dates in, an `Answer` of kind `trials` out.

All fixed wording comes from `phrases` (the `trials_` keys of `knowledge/content/<locale>/phrases.yml`), what a status
means from a published entry, everything else from the registry's record. No status is shown without its date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from knowledge.model import Answer, Block, FollowUp, Provenance, Run, Source
from knowledge.trials.lines import card_block, phase_words, short_block
from knowledge.trials.model import STUDY_ADDRESS, Study
from knowledge.trials.registry_search import search_address
from knowledge.trials.search import Search
from knowledge.trials.wording import Line, Phrases, listed, plain, say, spoken_date

SHOWN_AT_ONCE = 3

REGISTRY = Source(
    "ctgov", "ClinicalTrials.gov", "US National Library of Medicine", address="https://clinicaltrials.gov/"
)


def study_card(
    study: Study, phrases: Phrases, made: dt.date, meaning: str | None = None, meaning_from: Provenance | None = None
) -> Answer:
    """One study. `made` is the day our copy was put together; `meaning` is what its status means, word for word from
    the published entry that `meaning_from` names. Without a status no meaning is shown."""
    shows_meaning = bool(study.status and meaning)
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(card_block(study, phrases, meaning), *_always(phrases, made)),
        sources=(REGISTRY,),
        as_of=None if study.status is None or study.month_only else study.status_as_of,
        provenance=(_record(study), *((meaning_from,) if shows_meaning and meaning_from else ())),
    )


def study_list(
    studies: Sequence[Study],
    phrases: Phrases,
    made: dt.date,
    search: Search | None = None,
    unplaced: Sequence[Study] = (),
) -> Answer:
    """The first of `studies`, in the order given, and how many more there are; or that our copy has none.

    `search` is None where the studies were looked for by name. `unplaced` are studies that fit apart from a place
    that our copy does not have (`TrialShelf.unplaced`).
    """
    asked = search or Search()
    shown = studies[:SHOWN_AT_ONCE]
    blocks = [_paragraph(_opening(studies, phrases, search))]
    blocks += [short_block(study, phrases) for study in shown]
    if len(studies) > len(shown):
        blocks.append(_paragraph(say(phrases, "trials_more", count=str(len(studies) - len(shown)))))
    if unplaced:
        numbers = listed(_number_link(study.nct_id) for study in unplaced[:SHOWN_AT_ONCE])
        blocks.append(_paragraph(say(phrases, "trials_unplaced", count=str(len(unplaced)), numbers=numbers)))
    if search is not None or not studies:
        blocks.append(_registry_search(phrases, asked))
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(*blocks, *_always(phrases, made)),
        sources=(REGISTRY,),
        follow_ups=_follow_ups(studies, phrases, asked),
        provenance=tuple(_record(study) for study in shown),
    )


def unknown_number(nct_id: str, phrases: Phrases, made: dt.date) -> Answer:
    """A right number that our copy does not have: its registry page, and nothing about the study."""
    address = STUDY_ADDRESS + nct_id
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(
            _paragraph(say(phrases, "trials_unknown_number", number=nct_id)),
            Block("link", runs=say(phrases, "trials_page", address=Run(address, href=address))),
            *_always(phrases, made),
        ),
        sources=(REGISTRY,),
    )


def malformed_number(written: str, phrases: Phrases) -> Answer:
    """A number with too few or too many digits, as `numbers.malformed_nct` gives it."""
    return Answer(
        kind="trials",
        topic="trials",
        blocks=(
            _paragraph(say(phrases, "trials_malformed_number", written=written)),
            _paragraph(say(phrases, "trials_malformed_advice")),
        ),
    )


def search_words(search: Search, phrases: Phrases) -> Line:
    """The limits of a search as they were understood, so that a person can correct them."""
    limits = search.limits
    phase = phase_words(tuple(limits.phase.split("/")), phrases) if limits.phase else None
    recruiting = phrases["trials_search_recruiting"] if limits.recruiting_only else None
    return listed(filter(None, (limits.condition, limits.city, limits.country, phase, recruiting)))


def _opening(studies: Sequence[Study], phrases: Phrases, search: Search | None) -> Line:
    count = str(len(studies))
    if search is None:
        return say(phrases, "trials_found_named", count=count) if studies else say(phrases, "trials_unknown_name")
    words = search_words(search, phrases)
    if not studies:
        return say(phrases, "trials_none", search=words) if words else say(phrases, "trials_none_at_all")
    if not words:
        return say(phrases, "trials_found_all", count=count)
    return say(phrases, "trials_found", search=words, count=count)


def _follow_ups(studies: Sequence[Study], phrases: Phrases, asked: Search) -> tuple[FollowUp, ...]:
    limits = asked.limits
    offers = [
        FollowUp(plain(say(phrases, "trials_show_study", number=study.nct_id)), study.nct_id)
        for study in studies[:SHOWN_AT_ONCE]
    ]
    if len(studies) > SHOWN_AT_ONCE and not limits.recruiting_only and not all(study.recruiting for study in studies):
        offers.append(FollowUp(phrases["trials_only_recruiting"], phrases["trials_only_recruiting_message"]))
    if not studies and (limits.country or limits.city):
        offers.append(FollowUp(phrases["trials_any_country"], phrases["trials_any_country_message"]))
    return tuple(offers)


def _always(phrases: Phrases, made: dt.date) -> tuple[Block, ...]:
    return (
        Block("callout", runs=say(phrases, "trials_not_a_recommendation")),
        _paragraph(say(phrases, "trials_copy", made=spoken_date(phrases, made))),
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
