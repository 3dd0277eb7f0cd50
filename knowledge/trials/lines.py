"""What is shown of one study: its lines, and the same as data for channels that draw it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from knowledge.model import Block, Run
from knowledge.trials.model import Site, Study
from knowledge.trials.wording import Line, Phrases, listed, plain, say, spoken_date

MOST_SITES = 5
MOST_COUNTRIES_IN_SHORT = 5


def card_block(study: Study, phrases: Phrases, meaning: str | None) -> Block:
    """All that our copy says of a study. `meaning` is the published sentence about its status, shown as it is."""
    lines = [(Run(title(study, phrases)),), say(phrases, "trials_number", number=study.nct_id)]
    lines.append(status_line(study, phrases))
    if meaning and study.status:
        lines.append((Run(meaning),))
    lines += detail_lines(study, phrases)
    lines += _where(study, phrases)
    lines += missing_lines(study, phrases)
    lines.append(page_line(study, phrases))
    return Block("trial", items=tuple(lines), data=study_data(study, phrases, meaning if study.status else None))


def short_block(study: Study, phrases: Phrases) -> Block:
    """A study in a list: title and number, status with its date, phase, countries."""
    number = Run(study.nct_id, href=study.address)
    lines = [say(phrases, "trials_listed_as", title=title(study, phrases), number=number)]
    if study.title is None and study.interventions:
        lines.append(say(phrases, "trials_tested", interventions=listed(study.interventions)))
    lines.append(status_line(study, phrases))
    if study.phases:
        lines.append(say(phrases, "trials_phase", phase=phase_words(study.phases, phrases)))
    if study.countries:
        shown = listed(study.countries[:MOST_COUNTRIES_IN_SHORT])
        if len(study.countries) > MOST_COUNTRIES_IN_SHORT:
            shown += (Run(", \N{HORIZONTAL ELLIPSIS}"),)
        lines.append(say(phrases, "trials_countries", countries=shown))
    return Block("trial", items=tuple(lines), data=study_data(study, phrases, None))


def title(study: Study, phrases: Phrases) -> str:
    return study.title or phrases["trials_no_title"]


def status_line(study: Study, phrases: Phrases) -> Line:
    """The status, never without its date or the words that the date is unknown."""
    if study.status is None:
        return say(phrases, "trials_status_missing")
    status = status_words(study.status, phrases)
    if study.status_as_of is None:
        return say(phrases, "trials_status_undated", status=status)
    as_of = spoken_date(phrases, study.status_as_of, study.month_only)
    return say(phrases, "trials_status", status=status, as_of=as_of)


def status_words(status: str, phrases: Phrases) -> str:
    return phrases["trials_status_" + status.lower()]


def phase_words(phases: tuple[str, ...], phrases: Phrases) -> str:
    return "/".join(phrases["trials_phase_" + phase.lower()] for phase in phases)


def page_line(study: Study, phrases: Phrases) -> Line:
    return say(phrases, "trials_page", address=Run(study.address, href=study.address))


def study_data(study: Study, phrases: Phrases, meaning: str | None) -> dict[str, Any]:
    """The fields of a study as JSON values. `status` and `phases` are the registry's words, the others ours."""
    return {
        "nct_id": study.nct_id,
        "title": study.title,
        "official_title": study.official_title,
        "status": study.status,
        "status_line": plain(status_line(study, phrases)),
        "status_as_of": study.as_of,
        "status_meaning": meaning,
        "phases": list(study.phases),
        "phase": phase_words(study.phases, phrases) or None,
        "sponsor": study.sponsor,
        "conditions": list(study.conditions),
        "interventions": list(study.interventions),
        "countries": list(study.countries),
        "sites": [vars(site).copy() for site in study.sites],
        "min_age": study.min_age,
        "max_age": study.max_age,
        "sex": study.sex,
        "enrollment": study.enrollment,
        "address": study.address,
    }


def detail_lines(study: Study, phrases: Phrases) -> Iterator[Line]:
    """All that is said of a study beside its title, its status and its places."""
    if study.interventions:
        yield say(phrases, "trials_tested", interventions=listed(study.interventions))
    if study.conditions:
        yield say(phrases, "trials_conditions", conditions=listed(study.conditions, "; "))
    if study.phases:
        yield say(phrases, "trials_phase", phase=phase_words(study.phases, phrases))
    if study.sponsor:
        yield say(phrases, "trials_sponsor", sponsor=study.sponsor)
    yield from _who(study, phrases)
    if study.enrollment is not None:
        yield say(phrases, "trials_enrollment", count=str(study.enrollment))
    if study.countries:
        yield say(phrases, "trials_countries", countries=listed(study.countries))


def missing_lines(study: Study, phrases: Phrases) -> Iterator[Line]:
    """What a reader may look for and our copy does not have."""
    missing = [
        phrases["trials_missing_" + field]
        for field, known in (
            ("phase", study.phases),
            ("sponsor", study.sponsor),
            ("ages", study.min_age or study.max_age),
            ("countries", study.countries),
        )
        if not known
    ]
    if missing:
        yield say(phrases, "trials_missing", fields=", ".join(missing))


def _who(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.min_age and study.max_age:
        yield say(phrases, "trials_ages_between", youngest=study.min_age, oldest=study.max_age)
    elif study.min_age:
        yield say(phrases, "trials_ages_from", youngest=study.min_age)
    elif study.max_age:
        yield say(phrases, "trials_ages_to", oldest=study.max_age)
    if study.sex:
        yield say(phrases, "trials_sex", sex=phrases["trials_sex_" + study.sex.lower()])


def _where(study: Study, phrases: Phrases) -> Iterator[Line]:
    named = [site for site in study.sites if site.facility or site.city]
    if named:
        yield say(phrases, "trials_sites", sites=listed(map(site_name, named[:MOST_SITES]), "; "))
    if len(named) > MOST_SITES:
        yield say(phrases, "trials_more_sites", count=str(len(named) - MOST_SITES))


def site_name(site: Site) -> str:
    """Empty where the record names nothing but a country."""
    return ", ".join(filter(None, (site.facility, site.city, site.state)))
