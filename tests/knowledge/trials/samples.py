"""A small registry copy, made up, in which every limit of a search tells studies apart. Numbers begin with NCT9."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from knowledge.trials.model import Change, RegistryCopy, Site, Study

MADE = dt.date(2026, 11, 20)
DATED = dt.date(2026, 10, 1)


def site(facility: str, city: str, country: str, latitude: float, longitude: float, status: str | None = None) -> Site:
    return Site(facility, city, None, country, status, latitude, longitude)


LEIPZIG = site("Universitätsklinikum Leipzig", "Leipzig", "Germany", 51.3397, 12.3731, "RECRUITING")
BERLIN = site("Charité", "Berlin", "Germany", 52.5200, 13.4050, "RECRUITING")
ERLANGEN = site("Uniklinik Erlangen", "Erlangen", "Germany", 49.5897, 11.0120, "COMPLETED")
MANCHESTER = site("Royal Infirmary", "Manchester", "United Kingdom", 53.4808, -2.2426, "RECRUITING")
LONDON = site("Hammersmith Hospital", "London", "United Kingdom", 51.5074, -0.1278, "RECRUITING")
PARIS = site("Hôpital Saint-Louis", "Paris", "France", 48.8566, 2.3522, "RECRUITING")
MADRID = site("Hospital La Paz", "Madrid", "Spain", 40.4168, -3.7038, "RECRUITING")
BARCELONA = site("Hospital Clínic", "Barcelona", "Spain", 41.3874, 2.1686, "NOT_YET_RECRUITING")
BOSTON = replace(
    site("General Hospital", "Boston", "United States", 42.3601, -71.0589, "RECRUITING"), state="Massachusetts"
)
HOUSTON = replace(site("Methodist", "Houston", "United States", 29.7604, -95.3698, "RECRUITING"), state="Texas")

NEPHRITIS_GERMANY = Study(
    "NCT90110011",
    title="LANTERN-LN: Made-up Cells in Lupus Nephritis",
    names=("LANTERN-LN",),
    status="RECRUITING",
    status_as_of=DATED,
    sponsor="Made-up Therapeutics",
    phases=("PHASE1", "PHASE2"),
    conditions=("Lupus Nephritis",),
    interventions=("MUT-101 CAR-T cells",),
    sites=(ERLANGEN, LEIPZIG, PARIS),
    min_age="18 Years",
    max_age="70 Years",
    sex="ALL",
    enrollment=30,
    checked_on=MADE,
)
LUPUS_CHILDREN_UK = Study(
    "NCT90220122",
    title="Made-up Cells in Children With Lupus",
    status="RECRUITING",
    status_as_of=dt.date(2026, 9, 1),
    month_only=True,
    sponsor="Second Pretend Hospital",
    phases=("PHASE1",),
    conditions=("Systemic Lupus Erythematosus",),
    interventions=("MUT-202",),
    sites=(MANCHESTER, LONDON),
    min_age="5 Years",
    max_age="17 Years",
    sex="FEMALE",
    checked_on=MADE,
)
LUPUS_SPAIN = Study(
    "NCT90330533",
    title="BRIGHTCELL: Made-up Cells in Systemic Lupus",
    names=("BRIGHTCELL",),
    status="ACTIVE_NOT_RECRUITING",
    status_as_of=DATED,
    sponsor="Made-up Therapeutics",
    phases=("PHASE2",),
    conditions=("Systemic Lupus Erythematosus",),
    interventions=("MUT-101 CAR-T cells",),
    sites=(MADRID, BARCELONA),
    min_age="18 Years",
    changes=(Change("RECRUITING", "ACTIVE_NOT_RECRUITING", DATED, dt.date(2026, 10, 4)),),
    checked_on=MADE,
)
SCLERODERMA_USA = Study(
    "NCT90440744",
    title="Made-up Cells in Scleroderma",
    status="NOT_YET_RECRUITING",
    status_as_of=DATED,
    phases=("PHASE3",),
    conditions=("Systemic Sclerosis",),
    interventions=("MUT-404",),
    sites=(BOSTON, HOUSTON),
    min_age="18 Years",
    max_age="65 Years",
    sex="ALL",
    checked_on=MADE,
)
MYOSITIS_STOPPED = Study(
    "NCT90550955",
    title="Made-up Cells in Myositis",
    status="TERMINATED",
    status_as_of=DATED,
    phases=("PHASE2",),
    conditions=("Dermatomyositis",),
    interventions=("MUT-505",),
    sites=(PARIS,),
    why_stopped="Not enough participants.",
    missing_since=dt.date(2026, 11, 1),
)
LUPUS_UNPLACED = Study(
    "NCT90661266",
    title="Made-up Cells in Lupus, Places Not Named",
    status="RECRUITING",
    phases=("PHASE1",),
    conditions=("Systemic Lupus Erythematosus",),
    interventions=("MUT-606",),
)
LUPUS_EUROPE = Study(
    "NCT90771577",
    title="More Made-up Cells in Lupus",
    status="RECRUITING",
    status_as_of=dt.date(2026, 8, 1),
    phases=("PHASE2",),
    conditions=("Systemic Lupus Erythematosus", "Lupus Nephritis"),
    interventions=("MUT-707",),
    sites=(BERLIN, PARIS, MADRID, LONDON),
    min_age="16 Years",
    sex="ALL",
    checked_on=MADE,
)

STUDIES = (
    NEPHRITIS_GERMANY,
    LUPUS_CHILDREN_UK,
    LUPUS_SPAIN,
    SCLERODERMA_USA,
    MYOSITIS_STOPPED,
    LUPUS_UNPLACED,
    LUPUS_EUROPE,
)
COPY = RegistryCopy(STUDIES, MADE, number=3)
