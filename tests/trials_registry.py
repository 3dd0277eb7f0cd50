"""Made-up studies in the shape of a registry answer (facts TRI-055 to TRI-068): the same ones for the same seed.

Their numbers begin with NCT9, so that nobody takes them for real ones, and lie far apart: none is a slip of another.
As in the registry any field may be missing, and a finished study names no status of its places.
"""

from __future__ import annotations

import copy
import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from knowledge.trials.model import RegistryCopy, parse_study

Record = dict[str, Any]

NEWEST = dt.date(2026, 11, 20)
"""No record was updated later than on this day, unless `moved` says so."""
_STEP = 7919
"""Between two numbers; a prime, so that they differ in more than one digit."""
_MISSING = 0.06
"""How often an optional field is not there."""

CONDITIONS = (
    "Systemic Lupus Erythematosus",
    "Lupus Nephritis",
    "Systemic Sclerosis",
    "Idiopathic Inflammatory Myopathies",
    "Myasthenia Gravis",
    "Multiple Sclerosis",
    "ANCA Associated Vasculitis",
    "Sjogren's Disease",
    "Rheumatoid Arthritis",
    "Neuromyelitis Optica",
)
TREATMENTS = ("anti-CD19 CAR-T cells", "anti-BCMA CAR-T cells", "CD19/BCMA CAR-T cells", "allogeneic CAR-T cells")
CITIES = (
    ("United States", "Massachusetts", "Boston", 42.3584, -71.0598),
    ("United States", "California", "San Francisco", 37.7749, -122.4194),
    ("United States", "Texas", "Houston", 29.7633, -95.3633),
    ("United States", "New York", "New York", 40.7143, -74.0060),
    ("United States", "Minnesota", "Rochester", 44.0216, -92.4699),
    ("Canada", "Ontario", "Toronto", 43.7001, -79.4163),
    ("United Kingdom", None, "London", 51.5085, -0.1257),
    ("United Kingdom", None, "Manchester", 53.4809, -2.2374),
    ("Germany", None, "Erlangen", 49.5910, 11.0078),
    ("Germany", None, "Berlin", 52.5244, 13.4105),
    ("Germany", None, "Leipzig", 51.3396, 12.3713),
    ("France", None, "Paris", 48.8534, 2.3488),
    ("France", None, "Lyon", 45.7485, 4.8467),
    ("Spain", None, "Madrid", 40.4165, -3.7026),
    ("Spain", None, "Barcelona", 41.3888, 2.1590),
    ("Italy", None, "Milan", 45.4643, 9.1895),
    ("Netherlands", None, "Leiden", 52.1583, 4.4931),
    ("Poland", None, "Warsaw", 52.2298, 21.0118),
    ("China", "Hubei", "Wuhan", 30.5833, 114.2667),
    ("China", "Shanghai Municipality", "Shanghai", 31.2222, 121.4581),
    ("Japan", None, "Tokyo", 35.6895, 139.6917),
    ("South Korea", None, "Seoul", 37.5660, 126.9784),
    ("Australia", "Victoria", "Melbourne", -37.8140, 144.9633),
    ("Brazil", "São Paulo", "São Paulo", -23.5475, -46.6361),
    ("Israel", None, "Tel Aviv", 32.0809, 34.7806),
)
"""Country, state, city and its coordinates in degrees."""
_STATUSES = {
    "RECRUITING": 45,
    "NOT_YET_RECRUITING": 15,
    "ACTIVE_NOT_RECRUITING": 14,
    "COMPLETED": 10,
    "TERMINATED": 4,
    "WITHDRAWN": 3,
    "SUSPENDED": 2,
    "ENROLLING_BY_INVITATION": 3,
    "UNKNOWN": 4,
}
_OVER = ("COMPLETED", "TERMINATED", "WITHDRAWN", "UNKNOWN")
_PHASES = (["PHASE1"], ["PHASE1", "PHASE2"], ["PHASE2"], ["PHASE3"], ["EARLY_PHASE1"], ["NA"])


def records(count: int, seed: int = 7) -> list[Record]:
    """So many studies, each as the registry sends it in a search or alone."""
    return [_record(number, random.Random(seed * 1_000_003 + number)) for number in range(count)]


def moved(record: Record, status: str, on: str) -> Record:
    """The same study with another status, of which the registry heard on that day (YYYY-MM-DD)."""
    changed = copy.deepcopy(record)
    module = changed["protocolSection"]["statusModule"]
    module["overallStatus"] = status
    module["lastUpdatePostDateStruct"] = {"date": on, "type": "ACTUAL"}
    return changed


def number_of(record: Record) -> str:
    return str(record["protocolSection"]["identificationModule"]["nctId"])


def registry_copy(found: Iterable[Record], made: dt.date = NEWEST, number: int = 1) -> RegistryCopy:
    """The copy that a whole sync of these records leaves. Each was seen on the day that it was `made`."""
    studies = (replace(parse_study(record, _updated(record)), checked_on=made) for record in found)
    return RegistryCopy(tuple(studies), made, number)


def _updated(record: Record) -> str | None:
    posted = record["protocolSection"]["statusModule"].get("lastUpdatePostDateStruct", {})
    return posted.get("date")


def _record(place: int, chance: random.Random) -> Record:
    status = chance.choices(list(_STATUSES), list(_STATUSES.values()))[0]
    conditions = chance.sample(CONDITIONS, chance.choice((1, 1, 1, 2, 3)))
    treatment, product = chance.choice(TREATMENTS), f"TEST-{place:04}"
    ages = chance.choice((("18 Years", "70 Years"), ("18 Years", None), ("5 Years", "17 Years"), (None, None)))
    name = f"STUDY-{place}"
    sections = {
        "identificationModule": _some(
            chance,
            nctId=f"NCT{90_000_000 + place * _STEP % 10_000_000}",
            orgStudyIdInfo={"id": product},
            briefTitle=f"{name}: {treatment} in {' and '.join(conditions)}",
            officialTitle=f"An Open-Label Study of {product}, {treatment}, in People With {conditions[0]} Aged \\> 5",
            acronym=name if chance.random() < 0.5 else None,
        ),
        "statusModule": _status(status, chance),
        "sponsorCollaboratorsModule": _some(
            chance, leadSponsor={"name": f"Made-up Therapeutics {place % 40}", "class": "INDUSTRY"}
        ),
        "conditionsModule": _some(chance, conditions=conditions, keywords=["CAR-T"]),
        "designModule": _some(
            chance,
            studyType="INTERVENTIONAL",
            phases=chance.choice(_PHASES),
            enrollmentInfo={"count": chance.randrange(5, 200), "type": "ESTIMATED"},
        ),
        "armsInterventionsModule": _some(
            chance,
            interventions=[
                {"type": "BIOLOGICAL", "name": f"{product} ({treatment})", "description": "One infusion."},
                {"type": "DRUG", "name": "Cyclophosphamide"},
            ],
        ),
        "eligibilityModule": _some(
            chance,
            eligibilityCriteria="Inclusion Criteria:\n\n* Active disease\n\nExclusion Criteria:\n\n* Pregnancy",
            sex=chance.choice(("ALL", "ALL", "ALL", "FEMALE")),
            minimumAge=ages[0],
            maximumAge=ages[1],
        ),
        "contactsLocationsModule": _some(chance, locations=_places(status, chance)),
    }
    return {"protocolSection": sections, "derivedSection": {"miscInfoModule": {}}, "hasResults": False}


def _status(status: str, chance: random.Random) -> Record:
    updated = NEWEST - dt.timedelta(days=chance.randrange(900 if status in _OVER else 300))
    return _some(
        chance,
        overallStatus=status,
        statusVerifiedDate=updated.strftime("%Y-%m"),
        lastKnownStatus="RECRUITING" if status == "UNKNOWN" else None,
        whyStopped="Sponsor decision." if status in ("TERMINATED", "WITHDRAWN", "SUSPENDED") else None,
        startDateStruct={"date": "2025-03", "type": "ACTUAL"},
        lastUpdatePostDateStruct={"date": updated.isoformat(), "type": "ACTUAL"},
    )


def _places(status: str, chance: random.Random) -> list[Record]:
    found = []
    for country, state, city, latitude, longitude in chance.sample(CITIES, chance.choice((1, 1, 2, 3, 5, 8))):
        place = {
            "facility": f"University Hospital {city}",
            "city": city,
            "state": state,
            "zip": "00000" if country == "United States" else None,
            "country": country,
            "status": None if status in _OVER else chance.choice(("RECRUITING", "NOT_YET_RECRUITING", "COMPLETED")),
            "geoPoint": {"lat": latitude, "lon": longitude},
        }
        found.append({name: value for name, value in place.items() if value is not None})
    return found


def _some(chance: random.Random, **fields: Any) -> Record:
    """The fields that are there: all that have a value, but now and then one less. A number is never missing."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and (name in ("nctId", "overallStatus") or chance.random() >= _MISSING)
    }
