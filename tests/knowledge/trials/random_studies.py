"""Random studies and copies of the registry, whatever a record may hold or leave out."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from knowledge.trials.model import PHASES, SEXES, STATUSES, Change, RegistryCopy, Site, Study

DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2026, 11, 29))
STATUS = st.none() | st.sampled_from(sorted(STATUSES))
WORDS = st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=30)
TEXT = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
PLACES = st.sampled_from(
    [("Leipzig", "Germany"), ("Paris", "France"), ("Boston", "United States"), ("Manchester", "United Kingdom")]
)
AGES = st.none() | st.integers(0, 99).map(lambda years: f"{years} Years")


@st.composite
def sites(draw: st.DrawFn) -> Site:
    city, country = draw(PLACES)
    located = draw(st.booleans())
    latitude = draw(st.floats(-90, 90)) if located else None
    longitude = draw(st.floats(-180, 180)) if located else None
    return Site(draw(st.none() | TEXT), city, None, country, draw(STATUS), latitude, longitude)


CHANGES = st.builds(Change, before=STATUS, after=STATUS, as_of=st.none() | DAYS, seen_on=DAYS)

STUDIES = st.builds(
    Study,
    nct_id=st.integers(0, 9_999_999).map(lambda number: f"NCT9{number:07}"),
    title=st.none() | TEXT,
    names=st.lists(TEXT, max_size=2).map(tuple),
    status=STATUS,
    status_as_of=st.none() | DAYS,
    month_only=st.booleans(),
    sponsor=st.none() | TEXT,
    phases=st.lists(st.sampled_from(PHASES), unique=True, max_size=2).map(tuple),
    conditions=st.lists(
        st.sampled_from(["Lupus Nephritis", "Systemic Lupus Erythematosus", "Dermatomyositis"]) | TEXT, max_size=3
    ).map(tuple),
    interventions=st.lists(TEXT, max_size=3).map(tuple),
    sites=st.lists(sites(), max_size=8).map(tuple),
    min_age=AGES,
    max_age=AGES,
    sex=st.none() | st.sampled_from(sorted(SEXES)),
    enrollment=st.none() | st.integers(0, 1000),
    last_known_status=STATUS,
    why_stopped=st.none() | TEXT,
    checked_on=st.none() | DAYS,
    missing_since=st.none() | DAYS,
    changes=st.lists(CHANGES, max_size=4).map(tuple),
)
COPIES = st.builds(
    RegistryCopy, studies=st.lists(STUDIES, min_size=1, max_size=8).map(tuple), made=DAYS, number=st.integers(0, 3)
)
