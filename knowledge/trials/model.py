"""A study of the registry, read field by field.

A record has the shape of a ClinicalTrials.gov API v2 answer (`protocolSection` and its modules). It comes from outside,
so nothing in it is trusted: a field of the wrong type is a missing field, and a word that is not in the registry's own
lists is unknown (None). Only the number must be right, because without it a record speaks of no study.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.errors import KnowledgeError

STATUSES = frozenset(
    (
        "NOT_YET_RECRUITING RECRUITING ENROLLING_BY_INVITATION ACTIVE_NOT_RECRUITING SUSPENDED TERMINATED "
        "COMPLETED WITHDRAWN UNKNOWN AVAILABLE NO_LONGER_AVAILABLE TEMPORARILY_NOT_AVAILABLE "
        "APPROVED_FOR_MARKETING WITHHELD"
    ).split()
)
"""The registry's words for `overallStatus`; facts TRI-021 to TRI-031."""

PHASES = ("EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4", "NA")
"""The registry's words for `phases`, in the order they are shown; fact TRI-062."""

SEXES = frozenset(("ALL", "FEMALE", "MALE"))

STUDY_ADDRESS = "https://clinicaltrials.gov/study/"

_NUMBER = re.compile(r"NCT[0-9]{8}")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")
_AGE = re.compile(r"[0-9]{1,3} (?:Year|Month|Week|Day|Hour|Minute)s?")
# The registry backslash-escapes comparators and brackets in some texts (fact TRI-069).
_ESCAPED = re.compile(r"\\([<>*\[\]])")

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))

# The registry allows 300 characters for a brief and 600 for an official title; anything longer is damage.
_LONGEST_TEXT = 600
_LONGEST_LIST = 2000
_MOST_PEOPLE = 10_000_000


class RecordError(KnowledgeError):
    """A registry record that cannot be read as a study; the message names the field and what is expected there."""


@dataclass(frozen=True)
class Site:
    """A place where a study takes place, in the registry's own words. At least one field is not None."""

    facility: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    status: str | None = None
    """One of `STATUSES`: whether this place takes people; the registry drops it once the study is over."""
    latitude: float | None = None
    longitude: float | None = None
    """Degrees, from the registry's `geoPoint`; either both are known or neither."""


@dataclass(frozen=True)
class Change:
    """A status that gave way to another. `as_of` is the registry's date of the newer one, `seen_on` the day on which
    our copy got it; both are shown, because a registry may be told late and asked late."""

    before: str | None
    after: str | None
    as_of: dt.date | None
    seen_on: dt.date


@dataclass(frozen=True)
class Study:
    """One study as our copy has it. None or an empty tuple means that our copy does not say.

    `title` is the short title, or the official one where there is no short one. `status` is one of `STATUSES`,
    `phases` are of `PHASES`, ages are the registry's words ("18 Years"), `enrollment` counts people, planned or real.
    `status_as_of` is the day on which the status was so; with `month_only` just its month is known and the day is 1.
    `names` are names by which the study is known: the registry's acronym first. `last_known_status` is what the status
    was before the registry called it UNKNOWN, `why_stopped` the sponsor's words. `starts_on` and `ends_on` are
    YYYY-MM-DD or YYYY-MM, planned or real.

    What only a synced copy knows: `checked_on`, the last day on which the registry sent this record; `missing_since`,
    that day again once two searches in a row no longer found the study; `changes` of its status, the newest first.
    """

    nct_id: str
    title: str | None = None
    official_title: str | None = None
    names: tuple[str, ...] = ()
    status: str | None = None
    status_as_of: dt.date | None = None
    month_only: bool = False
    sponsor: str | None = None
    phases: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()
    min_age: str | None = None
    max_age: str | None = None
    sex: str | None = None
    enrollment: int | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    last_known_status: str | None = None
    why_stopped: str | None = None
    checked_on: dt.date | None = None
    missing_since: dt.date | None = None
    changes: tuple[Change, ...] = ()

    @property
    def address(self) -> str:
        return STUDY_ADDRESS + self.nct_id

    @property
    def recruiting(self) -> bool:
        return self.status == "RECRUITING"

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries of the sites, each once, in the registry's order."""
        return tuple(dict.fromkeys(site.country for site in self.sites if site.country))

    @property
    def as_of(self) -> str | None:
        """The status date as YYYY-MM-DD, or YYYY-MM where only the month is known."""
        if self.status_as_of is None:
            return None
        return self.status_as_of.strftime("%Y-%m") if self.month_only else self.status_as_of.isoformat()


def parse_study(record: object, status_as_of: str | None, known_as: Sequence[str] = ()) -> Study:
    """The study of one registry record.

    `status_as_of` is YYYY-MM-DD or YYYY-MM; anything else counts as unknown. `known_as` adds names that the record does
    not carry. Raises `RecordError` when the record has no valid NCT number.
    """
    section = _mapping(_mapping(record).get("protocolSection"))

    def module(name: str) -> Mapping[str, object]:
        return _mapping(section.get(name + "Module"))

    identification, eligibility, design = module("identification"), module("eligibility"), module("design")
    number = identification.get("nctId")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise RecordError("protocolSection.identificationModule.nctId: expected NCT and 8 digits, as in NCT05938725")
    official_title = _text(identification.get("officialTitle"))
    as_of, month_only = parse_date(status_as_of)
    return Study(
        nct_id=number,
        title=_text(identification.get("briefTitle")) or official_title,
        official_title=official_title,
        names=_texts([identification.get("acronym"), *known_as]),
        status=_word(module("status").get("overallStatus"), STATUSES),
        status_as_of=as_of,
        month_only=month_only,
        sponsor=_text(_mapping(module("sponsorCollaborators").get("leadSponsor")).get("name")),
        phases=tuple(phase for phase in PHASES if phase in _sequence(design.get("phases"))),
        conditions=_texts(_sequence(module("conditions").get("conditions"))),
        interventions=_texts(
            [_mapping(item).get("name") for item in _sequence(module("armsInterventions").get("interventions"))]
        ),
        sites=_sites(module("contactsLocations").get("locations")),
        min_age=_age(eligibility.get("minimumAge")),
        max_age=_age(eligibility.get("maximumAge")),
        sex=_word(eligibility.get("sex"), SEXES),
        starts_on=_day_or_month(module("status").get("startDateStruct")),
        ends_on=_day_or_month(module("status").get("completionDateStruct")),
        enrollment=_count(_mapping(design.get("enrollmentInfo")).get("count")),
        last_known_status=_word(module("status").get("lastKnownStatus"), STATUSES),
        why_stopped=_text(module("status").get("whyStopped")),
    )


@dataclass(frozen=True)
class RegistryCopy:
    """All studies that conversations and pages answer from, as one value.

    `made` is the day of the copy: the day on which the last whole sync ended, or on which the shipped snapshot was put
    together. `number` counts up with every sync that changed anything; 0 is the shipped snapshot.
    """

    studies: tuple[Study, ...]
    made: dt.date
    number: int = 0

    @property
    def is_shipped(self) -> bool:
        return self.number == 0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> Sequence[object]:
    return value[:_LONGEST_LIST] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """One line of text without invisible characters, which could turn the reading direction or hide words."""
    if not isinstance(value, str):
        return None
    seen = "".join(letter for letter in value if letter.isspace() or unicodedata.category(letter) not in _INVISIBLE)
    seen = " ".join(_ESCAPED.sub(r"\1", seen).split())
    if len(seen) > _LONGEST_TEXT:
        seen = seen[: _LONGEST_TEXT - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return seen or None


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in map(_text, values) if text))


def _word(value: object, known: frozenset[str]) -> str | None:
    return value if isinstance(value, str) and value in known else None


def _day_or_month(value: object) -> str | None:
    date = _mapping(value).get("date")
    return date if isinstance(date, str) and parse_date(date)[0] else None


def _age(value: object) -> str | None:
    return value if isinstance(value, str) and _AGE.fullmatch(value) else None


def _count(value: object) -> int | None:
    # True is an int for Python, but not a number of people.
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST_PEOPLE else None


def _sites(value: object) -> tuple[Site, ...]:
    places = []
    for item in _sequence(value):
        fields = _mapping(item)
        facility, city, state, country = (_text(fields.get(name)) for name in ("facility", "city", "state", "country"))
        site = Site(facility, city, state, country)
        if site != Site():
            latitude, longitude = _point(fields.get("geoPoint"))
            status = _word(fields.get("status"), STATUSES)
            places.append(replace(site, status=status, latitude=latitude, longitude=longitude))
    return tuple(dict.fromkeys(places))


def _point(value: object) -> tuple[float, float] | tuple[None, None]:
    point = _mapping(value)
    degrees = [_degrees(point.get(name), most) for name, most in (("lat", 90), ("lon", 180))]
    latitude, longitude = degrees
    return (None, None) if latitude is None or longitude is None else (latitude, longitude)


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Not a number and the infinities fail the comparison, too.
    return float(value) if -most <= value <= most else None


def parse_date(value: object) -> tuple[dt.date | None, bool]:
    """The day that YYYY-MM-DD or YYYY-MM names, None for anything else; and whether only its month is known."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None, False
    year, month, day = found.groups()
    try:
        return dt.date(int(year), int(month), int(day or 1)), day is None
    except ValueError:
        return None, False
