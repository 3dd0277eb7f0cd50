"""What is shown of one study: its lines, and the same as data for channels that draw it.

A status never stands in a line without its date or the words that the date is unknown; that holds for the status of the
study, of its places, for what it was before, and for changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from knowledge.model import Block, Run
from knowledge.trials.model import Change, Site, Study
from knowledge.trials.search import KM_PER_MILE
from knowledge.trials.wording import Line, Phrases, listed, plain, say, spoken_date

MOST_SITES = 5
MOST_COUNTRIES_IN_SHORT = 5
MOST_CHANGES = 3

STOPPED = ("SUSPENDED", "TERMINATED", "WITHDRAWN")
"""Statuses to which the registry asks for a reason."""


@dataclass(frozen=True)
class Meanings:
    """What published entries say, word for word, beside the words of the registry: of a status, and of the phases."""

    status: str | None = None
    phases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A place of a study as it is shown: how far it is where that is known, and whether its country must be named."""

    site: Site
    km: float | None = None


@dataclass(frozen=True)
class Regard:
    """With regard to whom a study is shown: the country whose places come first, and the ages that were asked for."""

    country: str | None = None
    ages: bool = False


NOBODY, NOT_TOLD = Regard(), Meanings()


def card_block(
    study: Study,
    phrases: Phrases,
    meaning: str | Meanings | None = None,
    places: Sequence[Placed] | None = None,
    regard: Regard = NOBODY,
) -> Block:
    """All that our copy says of a study. `meaning` is what is published about its status, shown as it is. `places` are
    its places in the order in which they are shown."""
    meanings = meaning if isinstance(meaning, Meanings) else Meanings(meaning)
    lines = [(Run(title(study, phrases)),), say(phrases, "trials_number", number=study.nct_id)]
    lines += status_lines(study, phrases, meanings)
    lines += _details(study, phrases, meanings, ordered(study) if places is None else places, regard)
    lines += copy_lines(study, phrases)
    lines.append(page_line(study, phrases))
    return Block(
        "trial", items=tuple(lines), data=study_data(study, phrases, meanings.status if study.status else None)
    )


def short_block(
    study: Study, phrases: Phrases, nearest: Placed | None = None, regard: Regard = NOBODY, there: Sequence[Site] = ()
) -> Block:
    """A study in a list: title and number, status with its date, phase, and where: the place that is `nearest`, the
    places `there` (in the country or city that was asked for), or its countries."""
    lines = [_named(study, phrases)]
    if study.title is None and study.interventions:
        lines.append(say(phrases, "trials_tested", interventions=listed(study.interventions)))
    lines.append(status_line(study, phrases))
    if study.phases:
        lines.append(say(phrases, "trials_phase", phase=phase_words(study.phases, phrases)))
    if regard.ages:
        lines += _ages(study, phrases)
    if nearest is not None:
        lines.append(say(phrases, "trials_nearest", site=_placed(nearest, study, phrases)))
    elif there and regard.country:
        cities = dict.fromkeys(site.city or site.facility or site.state for site in there)
        named = listed([name for name in cities if name][:MOST_SITES])
        if named:
            lines.append(say(phrases, "trials_sites_there", country=regard.country, sites=named))
        else:
            lines.append(say(phrases, "trials_countries", countries=_countries(study)))
        lines += _none_open(study, there, phrases, regard.country)
    elif study.countries:
        lines.append(say(phrases, "trials_countries", countries=_countries(study)))
    if study.missing_since:
        lines.append(say(phrases, "trials_missing_since", day=spoken_date(phrases, study.missing_since)))
    return Block("trial", items=tuple(lines), data=study_data(study, phrases, None))


def part_block(study: Study, phrases: Phrases, parts: Iterable[Line]) -> Block:
    """A study with some of its lines: what was asked about it, and its status, which all the rest depends on."""
    lines = (_named(study, phrases), *parts, status_line(study, phrases), page_line(study, phrases))
    return Block("trial", items=tuple(dict.fromkeys(lines)), data=study_data(study, phrases, None))


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


def status_lines(study: Study, phrases: Phrases, meanings: Meanings = NOT_TOLD) -> Iterator[Line]:
    """The status and all that belongs to it: what it means, what it was, why it was stopped, how it changed."""
    yield status_line(study, phrases)
    if study.status and meanings.status:
        yield (Run(meanings.status),)
    if study.status == "UNKNOWN" and study.last_known_status:
        yield say(phrases, "trials_last_known", status=status_words(study.last_known_status, phrases))
    if study.status in STOPPED and study.why_stopped:
        yield say(phrases, "trials_why_stopped", reason=study.why_stopped)
    yield from (change_line(change, phrases) for change in study.changes[:MOST_CHANGES])


def why_line(study: Study, phrases: Phrases) -> Line:
    """Why a study was stopped, in the words of the registry; that our copy has no reason where it has none."""
    if study.why_stopped:
        return say(phrases, "trials_why_stopped", reason=study.why_stopped)
    return say(phrases, "trials_not_stopped")


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


def since_line(study: Study, phrases: Phrases, before: str | None, before_as_of: str | None) -> Line:
    """That the status is another one than when the study was shown earlier in this conversation. `before_as_of` is the
    date that was shown with it, as `Study.as_of` gives it."""
    return say(
        phrases,
        "trials_changed_since_shown",
        before=_dated(before, _spoken(before_as_of, phrases), phrases),
        after=_dated(study.status, _spoken(study.as_of, phrases), phrases),
    )


def copy_lines(study: Study, phrases: Phrases) -> Iterator[Line]:
    """When the registry last sent this record, and since when it no longer does."""
    if study.missing_since:
        yield say(phrases, "trials_missing_since", day=spoken_date(phrases, study.missing_since))
    elif study.checked_on:
        yield say(phrases, "trials_checked", day=spoken_date(phrases, study.checked_on))


def status_words(status: str, phrases: Phrases) -> str:
    return phrases["trials_status_" + status.lower()]


def phase_words(phases: tuple[str, ...], phrases: Phrases) -> str:
    return "/".join(phrases["trials_phase_" + phase.lower()] for phase in phases)


def page_line(study: Study, phrases: Phrases) -> Line:
    return say(phrases, "trials_page", address=Run(study.address, href=study.address))


def ordered(study: Study, country: Iterable[Site] = (), km: dict[Site, float] | None = None) -> tuple[Placed, ...]:
    """The places of a study: those that take people first, those in the person's `country` before others, the nearest
    before those further away; otherwise in the registry's order."""
    here, far = set(country), km or {}
    sites = sorted(
        study.sites,
        key=lambda site: (site.status != "RECRUITING", site not in here, far.get(site, float("inf"))),
    )
    return tuple(Placed(site, far.get(site)) for site in sites)


def age_lines(study: Study, phrases: Phrases) -> tuple[Line, ...]:
    return tuple(_ages(study, phrases)) or (say(phrases, "trials_missing", fields=phrases["trials_missing_ages"]),)


def sex_lines(study: Study, phrases: Phrases) -> tuple[Line, ...]:
    if study.sex is None:
        return (say(phrases, "trials_missing", fields=phrases["trials_missing_sex"]),)
    return (say(phrases, "trials_sex", sex=phrases["trials_sex_" + study.sex.lower()]),)


def field_lines(study: Study, phrases: Phrases, field: str, meanings: Meanings = NOT_TOLD) -> tuple[Line, ...]:
    """The line of one field; that our copy does not have it where it does not."""
    lines: dict[str, Iterable[Line]] = {
        "tested": _tested(study, phrases),
        "conditions": _conditions(study, phrases),
        "phase": _phase(study, phrases, meanings),
        "sponsor": _sponsor(study, phrases),
        "enrollment": _enrollment(study, phrases),
        "dates": _dates(study, phrases),
    }
    found = tuple(lines[field])
    return found or (say(phrases, "trials_missing", fields=phrases["trials_missing_" + field]),)


def site_lines(study: Study, phrases: Phrases, places: Sequence[Placed], regard: Regard = NOBODY) -> tuple[Line, ...]:
    """Where a study takes place."""
    lines = tuple(_where(study, phrases, places, regard))
    return lines or (say(phrases, "trials_missing", fields=phrases["trials_missing_countries"]),)


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
        "sites": [asdict(site) for site in study.sites],
        "min_age": study.min_age,
        "max_age": study.max_age,
        "sex": study.sex,
        "enrollment": study.enrollment,
        "address": study.address,
        "checked_on": _iso(study.checked_on),
        "missing_since": _iso(study.missing_since),
        "changes": [
            {"before": one.before, "after": one.after, "as_of": _iso(one.as_of), "seen_on": _iso(one.seen_on)}
            for one in study.changes
        ],
    }


def _details(
    study: Study, phrases: Phrases, meanings: Meanings, places: Sequence[Placed], regard: Regard
) -> Iterator[Line]:
    yield from _tested(study, phrases)
    yield from _conditions(study, phrases)
    yield from _phase(study, phrases, meanings)
    yield from _sponsor(study, phrases)
    yield from _ages(study, phrases)
    if study.sex:
        yield from sex_lines(study, phrases)
    yield from _enrollment(study, phrases)
    yield from _dates(study, phrases)
    yield from _where(study, phrases, places, regard)
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


def _named(study: Study, phrases: Phrases) -> Line:
    return say(phrases, "trials_listed_as", title=title(study, phrases), number=Run(study.nct_id, href=study.address))


def _tested(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.interventions:
        yield say(phrases, "trials_tested", interventions=listed(study.interventions))


def _conditions(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.conditions:
        yield say(phrases, "trials_conditions", conditions=listed(study.conditions, "; "))


def _phase(study: Study, phrases: Phrases, meanings: Meanings) -> Iterator[Line]:
    if study.phases:
        yield say(phrases, "trials_phase", phase=phase_words(study.phases, phrases))
        yield from ((Run(meaning),) for meaning in meanings.phases)


def _sponsor(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.sponsor:
        yield say(phrases, "trials_sponsor", sponsor=study.sponsor)


def _enrollment(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.enrollment is not None:
        yield say(phrases, "trials_enrollment", count=str(study.enrollment))


def _dates(study: Study, phrases: Phrases) -> Iterator[Line]:
    for key, date in (("trials_starts", study.starts_on), ("trials_ends", study.ends_on)):
        if date:
            yield say(phrases, key, date=_spoken(date, phrases) or date)


def _ages(study: Study, phrases: Phrases) -> Iterator[Line]:
    if study.min_age and study.max_age:
        yield say(phrases, "trials_ages_between", youngest=study.min_age, oldest=study.max_age)
    elif study.min_age:
        yield say(phrases, "trials_ages_from", youngest=study.min_age)
    elif study.max_age:
        yield say(phrases, "trials_ages_to", oldest=study.max_age)


def _where(study: Study, phrases: Phrases, places: Sequence[Placed], regard: Regard) -> Iterator[Line]:
    if study.countries:
        yield say(phrases, "trials_countries", countries=listed(study.countries))
    named = [place for place in places if place.site.facility or place.site.city]
    shown = named[:MOST_SITES]
    recruiting = [place for place in shown if place.site.status == "RECRUITING"]
    others = [place for place in shown if place.site.status != "RECRUITING"]
    if recruiting:
        dated = _as_of(study, phrases)
        key = "trials_sites_recruiting" if dated else "trials_sites_recruiting_undated"
        yield say(phrases, key, sites=_all_placed(recruiting, study, phrases), **dated)
    if others:
        key = "trials_sites_other" if recruiting else "trials_sites"
        yield say(phrases, key, sites=_all_placed(others, study, phrases))
    if len(named) > MOST_SITES:
        yield say(phrases, "trials_more_sites", count=str(len(named) - MOST_SITES))


def _all_placed(places: Iterable[Placed], study: Study, phrases: Phrases) -> Line:
    return listed((_placed(place, study, phrases) for place in places), "; ")


def _placed(place: Placed, study: Study, phrases: Phrases) -> Line:
    """The words of the registry for a place; its country where the study has several; how far it is."""
    site = place.site
    country = site.country if len(study.countries) > 1 else None
    named = listed(filter(None, (site.facility, site.city, site.state, country)))
    if place.km is None:
        return named
    km, miles = (f"{distance:.0f}" for distance in (place.km, place.km / KM_PER_MILE))
    return say(phrases, "trials_site_far", site=named, km=km, miles=miles)


def _none_open(study: Study, there: Sequence[Site], phrases: Phrases, country: str) -> Iterator[Line]:
    """That none of the places where somebody looks takes people, although the study does elsewhere."""
    told = [site.status for site in there if site.status]
    if study.recruiting and len(told) == len(there) and "RECRUITING" not in told:
        dated = _as_of(study, phrases)
        key = "trials_none_open_there" if dated else "trials_none_open_there_undated"
        yield say(phrases, key, country=country, **dated)


def _countries(study: Study) -> Line:
    shown = listed(study.countries[:MOST_COUNTRIES_IN_SHORT])
    if len(study.countries) > MOST_COUNTRIES_IN_SHORT:
        shown += (Run(", \N{HORIZONTAL ELLIPSIS}"),)
    return shown


def _dated(status: str | None, as_of: str | None, phrases: Phrases) -> Line:
    words = status_words(status, phrases) if status else phrases["trials_status_none"]
    if as_of is None:
        return say(phrases, "trials_dated_unknown", status=words)
    return say(phrases, "trials_dated", status=words, as_of=as_of)


def _as_of(study: Study, phrases: Phrases) -> dict[str, str]:
    """The slot `as_of` of a phrase that dates a status; none where the date is unknown."""
    return {"as_of": spoken_date(phrases, study.status_as_of, study.month_only)} if study.status_as_of else {}


def _spoken(as_of: str | None, phrases: Phrases) -> str | None:
    """A date as `Study.as_of` gives it, spoken."""
    if as_of is None:
        return None
    month_only = as_of.count("-") == 1
    return spoken_date(phrases, dt.date.fromisoformat(f"{as_of}-01" if month_only else as_of), month_only)


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
