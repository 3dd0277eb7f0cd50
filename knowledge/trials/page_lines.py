"""Lines that pages and feeds show and no reply does: places with their status, changes with both their dates, news."""

from __future__ import annotations

from knowledge.model import Run
from knowledge.trials.catalogue import CountryCount
from knowledge.trials.lines import site_name, status_words, title
from knowledge.trials.model import Change, RegistryCopy, Site, Study
from knowledge.trials.news import News
from knowledge.trials.wording import Line, Phrases, say, spoken_date


def dated_status(status: str | None, as_of: str | None, phrases: Phrases) -> Line:
    """A status as part of a sentence, with its spoken date or the words that the date is unknown."""
    if status is None:
        return say(phrases, "trials_no_status")
    if as_of is None:
        return say(phrases, "trials_dated_status_undated", status=status_words(status, phrases))
    return say(phrases, "trials_dated_status", status=status_words(status, phrases), as_of=as_of)


def spoken_as_of(study: Study, phrases: Phrases) -> str | None:
    """The date of a study's status in words."""
    return spoken_date(phrases, study.status_as_of, study.month_only) if study.status_as_of else None


def site_line(site: Site, study: Study, phrases: Phrases) -> Line:
    """A place of a study. Its status is as old as the record, which has no other date for it."""
    name = site_name(site) or phrases["trials_site_unnamed"]
    if site.status is None:
        return (Run(name),)
    status = dated_status(site.status, spoken_as_of(study, phrases), phrases)
    return say(phrases, "trials_site", site=name, status=status)


def change_line(change: Change, phrases: Phrases) -> Line:
    """How a status changed, with the registry's date and the day on which our copy got it."""
    before, after = (
        status_words(status, phrases) if status else phrases["trials_no_status"]
        for status in (change.before, change.after)
    )
    seen_on = spoken_date(phrases, change.seen_on)
    if change.as_of is None:
        return say(phrases, "trials_change_undated", before=before, after=after, seen_on=seen_on)
    as_of = spoken_date(phrases, change.as_of)
    return say(phrases, "trials_change", before=before, after=after, as_of=as_of, seen_on=seen_on)


def news_title(piece: News, phrases: Phrases) -> Line:
    """A piece of news in one line: what is so now, since when, of which study."""
    named = title(piece.study, phrases)
    if piece.kind == "missing":
        return say(phrases, "trials_news_missing", day=spoken_date(phrases, piece.day), title=named)
    if piece.change is None:
        status = dated_status(piece.study.status, spoken_as_of(piece.study, phrases), phrases)
    else:
        as_of = spoken_date(phrases, piece.change.as_of) if piece.change.as_of else None
        status = dated_status(piece.change.after, as_of, phrases)
    return say(phrases, "trials_news", status=status, title=named)


def copy_line(copy: RegistryCopy, phrases: Phrases) -> Line:
    """Where our copy comes from and how old it is."""
    key = "trials_copy" if copy.is_shipped else "trials_copy_synced"
    return say(phrases, key, made=spoken_date(phrases, copy.made))


def made(copy: RegistryCopy, phrases: Phrases) -> str:
    """The day of our copy in words."""
    return spoken_date(phrases, copy.made)


def recruiting_as_of(count: CountryCount, phrases: Phrases) -> Line:
    """How old the statuses are that the recruiting studies of a country were counted by; empty where there are none."""
    if count.oldest is None or count.newest is None:
        return say(phrases, "trials_counted_undated", count=str(count.undated)) if count.undated else ()
    oldest, newest = (spoken_as_of(study, phrases) or "" for study in (count.oldest, count.newest))
    if oldest == newest:
        dated = say(phrases, "trials_counted_as_of", as_of=newest)
    else:
        dated = say(phrases, "trials_counted_between", oldest=oldest, newest=newest)
    if not count.undated:
        return dated
    return (*dated, Run("; "), *say(phrases, "trials_counted_undated", count=str(count.undated)))


def checked_line(study: Study, phrases: Phrases) -> Line | None:
    """When the registry last sent this study; None where it never did, as in the shipped copy."""
    if study.checked_on is None or study.missing_since is not None:
        return None
    return say(phrases, "trials_checked", day=spoken_date(phrases, study.checked_on))


def gone_line(study: Study, phrases: Phrases) -> Line | None:
    """That the registry no longer finds this study, and since when."""
    if study.missing_since is None:
        return None
    return say(phrases, "trials_missing_since", day=spoken_date(phrases, study.missing_since))
