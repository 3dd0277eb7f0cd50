"""What is shown of one study: its lines, and the same as data for channels that draw it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from knowledge.model import Block, Run
from knowledge.trials.model import Change, Site, Study
from knowledge.trials.wording import Line, Phrases, listed, plain, say, spoken_date

MOST_SITES = 5
MOST_COUNTRIES_IN_SHORT = 5
STOPPED = ("SUSPENDED", "TERMINATED", "WITHDRAWN")
"""Statuses to which the registry asks for a reason."""


def card_block(study: Study, phrases: Phrases, meaning: str | None) -> Block:
    """All that our copy says of a study. `meaning` is the published sentence about its status, shown as it is."""
    lines = [(Run(title(study, phrases)),), say(phrases, "trials_number", number=study.nct_id)]
    lines.append(status_line(study, phrases))
    if meaning and study.status:
        lines.append((Run(meaning),))
    lines += _details(study, phrases)
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
    if study.missing_since:
        lines.append(say(phrases, "trials_missing_since", day=spoken_date(phrases, study.missing_since)))
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


def status_lines(study: Study, phrases: Phrases) -> Iterator[Line]:
    """The status and all that belongs to it: what it was, why it was stopped, how it changed."""
    yield status_line(study, phrases)
    if study.status == "UNKNOWN" and study.last_known_status:
        yield say(phrases, "trials_last_known", status=status_words(study.last_known_status, phrases))
    if study.status in STOPPED and study.why_stopped:
        yield say(phrases, "trials_why_stopped", reason=study.why_stopped)
    yield from (change_line(change, phrases) for change in study.changes)


def change_line(change: Change, phrases: Phrases) -> Line:
    """One change of the status, with the registry's date of it and the day on which our copy got it."""
    before, after = (
        status_words(status, phrases) if status else phrases["trials_status_none"]
        for status in (change.before, change.after)
    )
    seen_on = spoken_date(phrases, change.seen_on)
    if change.as_of is None:
        return say(phrases, "trials_changed_undated", before=before, after=after, seen_on=seen_on)
    as_of = spoken_date(phrases, change.as_of)
    return say(phrases, "trials_changed", before=before, after=after, as_of=as_of, seen_on=seen_on)


def copy_lines(study: Study, phrases: Phrases) -> Iterator[Line]:
    """When the registry last sent this record, and since when it no longer does."""
    if study.missing_since:
        yield say(phrases, "trials_missing_since", day=spoken_date(phrases, study.missing_since))
    elif study.checked_on:
        yield say(phrases, "trials_checked", day=spoken_date(phrases, study.checked_on))


def field_lines(study: Study, phrases: Phrases, field: str) -> tuple[Line, ...]:
    """The line of one field (tested, conditions, phase, sponsor, enrollment), or that our copy does not have it."""
    lines: dict[str, Iterator[Line]] = {
        "tested": _tested(study, phrases),
        "conditions": _conditions(study, phrases),
        "phase": _phase(study, phrases),
        "sponsor": _sponsor(study, phrases),
        "enrollment": _enrollment(study, phrases),
    }
    return tuple(lines[field]) or (say(phrases, "trials_missing", fields=phrases["trials_missing_" + field]),)


def age_lines(study: Study, phrases: Phrases) -> tuple[Line, ...]:
    return tuple(_ages(study, phrases)) or (say(phrases, "trials_missing", fields=phrases["trials_missing_ages"]),)


def sex_lines(study: Study, phrases: Phrases) -> tuple[Line, ...]:
    return tuple(_sex(study, phrases)) or (say(phrases, "trials_missing", fields=phrases["trials_missing_sex"]),)


def _details(study: Study, phrases: Phrases) -> Iterator[Line]:
    for part in (_tested, _conditions, _phase, _sponsor, _ages, _sex, _enrollment):
        yield from part(study, phrases)
    if study.countries:
        yield say(phrases, "trials_countries", countries=listed(study.countries))
    yield from _where(study, phrases)
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


def _tested(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.interventions:
        yield say(phrases, "trials_tested", interventions=listed(study.interventions))


def _conditions(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.conditions:
        yield say(phrases, "trials_conditions", conditions=listed(study.conditions, "; "))


def _phase(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.phases:
        yield say(phrases, "trials_phase", phase=phase_words(study.phases, phrases))


def _sponsor(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.sponsor:
        yield say(phrases, "trials_sponsor", sponsor=study.sponsor)


def _enrollment(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.enrollment is not None:
        yield say(phrases, "trials_enrollment", count=str(study.enrollment))


def _ages(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.min_age and study.max_age:
        yield say(phrases, "trials_ages_between", youngest=study.min_age, oldest=study.max_age)
    elif study.min_age:
        yield say(phrases, "trials_ages_from", youngest=study.min_age)
    elif study.max_age:
        yield say(phrases, "trials_ages_to", oldest=study.max_age)


def _sex(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.sex:
        yield say(phrases, "trials_sex", sex=phrases["trials_sex_" + study.sex.lower()])


def _where(study: Study, phrases: Phrases) -> Iterator[Line]:
    named = [site for site in study.sites if site.facility or site.city]
    if named:
        yield say(phrases, "trials_sites", sites=listed(map(_site, named[:MOST_SITES]), "; "))
    if len(named) > MOST_SITES:
        yield say(phrases, "trials_more_sites", count=str(len(named) - MOST_SITES))


def _site(site: Site) -> str:
    return ", ".join(filter(None, (site.facility, site.city, site.state)))
