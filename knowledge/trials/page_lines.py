"""Lines that pages and feeds show and no reply does: places with their status, changes with both their dates, news."""

from __future__ import annotations

from knowledge.model import Run
from knowledge.trials.catalogue import CountryCount
from knowledge.trials.lines import status_words, title
from knowledge.trials.model import RegistryCopy, Site, Study
from knowledge.trials.news import News
from knowledge.trials.wording import Line, Phrases, say, spoken_date


def dated_status(status: str | None, as_of: str | None, phrases: Phrases) -> Line:
    """A status as part of a sentence, with its spoken date or the words that the date is unknown."""
    words = status_words(status, phrases) if status else phrases["trials_status_none"]
    if as_of is None:
        return say(phrases, "trials_dated_unknown", status=words)
    return say(phrases, "trials_dated", status=words, as_of=as_of)


def spoken_as_of(study: Study, phrases: Phrases) -> str | None:
    """The date of a study's status in words."""
    return spoken_date(phrases, study.status_as_of, study.month_only) if study.status_as_of else None


def site_line(site: Site, study: Study, phrases: Phrases) -> Line:
    """A place of a study. Its status is as old as the record, which has no other date for it."""
    name = _named(site) or phrases["trials_site_unnamed"]
    if site.status is None:
        return (Run(name),)
    status = dated_status(site.status, spoken_as_of(study, phrases), phrases)
    return say(phrases, "trials_site", site=name, status=status)


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


def feed_title(followed: Line | Study, phrases: Phrases) -> Line:
    """What a feed tells of: one study, or the studies of a search, given by its words; without any, all studies."""
    if isinstance(followed, Study):
        return say(phrases, "trials_feed_study", title=title(followed, phrases))
    return say(phrases, "trials_feed_search", search=followed) if followed else say(phrases, "trials_feed_all")


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


def _named(site: Site) -> str:
    return ", ".join(filter(None, (site.facility, site.city, site.state)))
