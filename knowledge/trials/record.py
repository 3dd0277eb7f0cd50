"""What we read of a registry record: the fields to ask for, the part that is kept, and how old its status is."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.trials.model import Study, parse_date, parse_study

_PLACES = "contactsLocationsModule.locations"
_READ = {
    "NCTId": ("identificationModule.nctId",),
    "BriefTitle": ("identificationModule.briefTitle",),
    "OfficialTitle": ("identificationModule.officialTitle",),
    "Acronym": ("identificationModule.acronym",),
    "OverallStatus": ("statusModule.overallStatus",),
    "LastKnownStatus": ("statusModule.lastKnownStatus",),
    "WhyStopped": ("statusModule.whyStopped",),
    "StatusVerifiedDate": ("statusModule.statusVerifiedDate",),
    "StartDate": ("statusModule.startDateStruct.date",),
    "CompletionDate": ("statusModule.completionDateStruct.date",),
    "LastUpdatePostDate": ("statusModule.lastUpdatePostDateStruct.date",),
    "LeadSponsorName": ("sponsorCollaboratorsModule.leadSponsor.name",),
    "Condition": ("conditionsModule.conditions",),
    "Phase": ("designModule.phases",),
    "EnrollmentCount": ("designModule.enrollmentInfo.count",),
    "InterventionName": ("armsInterventionsModule.interventions.name",),
    "MinimumAge": ("eligibilityModule.minimumAge",),
    "MaximumAge": ("eligibilityModule.maximumAge",),
    "Sex": ("eligibilityModule.sex",),
    "LocationFacility": (f"{_PLACES}.facility",),
    "LocationStatus": (f"{_PLACES}.status",),
    "LocationCity": (f"{_PLACES}.city",),
    "LocationState": (f"{_PLACES}.state",),
    "LocationCountry": (f"{_PLACES}.country",),
    "LocationGeoPoint": (f"{_PLACES}.geoPoint.lat", f"{_PLACES}.geoPoint.lon"),
}
"""The registry's name of each field that `parse_study` reads -> where it stands below `protocolSection`."""

FIELDS = tuple(_READ)
"""What a search asks for, so that no answer holds more than we read."""

_LONGEST_KEPT = 2000
"""Characters of a text and items of a list. `parse_study` takes no more of a list and less of a text."""

_WHOLE: Mapping[str, Any] = {}
"""In a tree of fields: everything below."""


@dataclass(frozen=True)
class Found:
    """One record as it is kept. `fingerprint` differs when anything that is shown of the study does; `unknown_word`
    says that the registry gave the study a status that is none of its words."""

    nct_id: str
    record: str
    status: str | None
    status_as_of: str | None
    fingerprint: str
    unknown_word: bool


def read_record(record: object, today: dt.date) -> Found:
    """Raises `RecordError` when the record has no valid NCT number."""
    as_of = status_as_of(record, today)
    study = parse_study(record, as_of)
    # Only ASCII: a database takes neither half a character nor, of PostgreSQL, a null character.
    text = json.dumps(kept(record), sort_keys=True, separators=(",", ":"))
    fingerprint = hashlib.sha256(f"{as_of} {text}".encode()).hexdigest()
    unknown_word = study.status is None and _below(record, "statusModule", "overallStatus") is not None
    return Found(study.nct_id, text, study.status, as_of, fingerprint, unknown_word)


def kept_study(text: str, status_as_of: str | None, known_as: tuple[str, ...] = ()) -> Study:
    """The study of a record that `read_record` made."""
    return parse_study(json.loads(text), status_as_of, known_as)


def status_as_of(record: object, today: dt.date) -> str | None:
    """The day on which the registry last heard of the study, as YYYY-MM-DD; where it does not say, the month in which
    the sponsor last confirmed the record, as YYYY-MM. A date in the future is a mistake, and counts as unknown."""
    posted = _below(record, "statusModule", "lastUpdatePostDateStruct", "date")
    date = posted if posted is not None else _below(record, "statusModule", "statusVerifiedDate")
    day, _ = parse_date(date)
    if day is None or day > today:
        return None
    return str(date)


def kept(record: object) -> dict[str, Any]:
    """The same record with nothing but the fields that are read, each no longer than it may be."""
    return {"protocolSection": _part(_below(record), _TREE) or {}}


def _tree() -> Mapping[str, Any]:
    tree: dict[str, Any] = {}
    for path in (path for paths in _READ.values() for path in paths):
        *above, last = path.split(".")
        branch = tree
        for name in above:
            branch = branch.setdefault(name, {})
        branch[last] = _WHOLE
    return tree


_TREE = _tree()


def _part(value: object, tree: Mapping[str, Any]) -> Any:
    """None for what has no place in the tree or is of no kind that a field may have."""
    if isinstance(value, list):
        # No field of the registry is a list of lists, and such a one could grow without an end.
        parts = (_part(item, tree) for item in value[:_LONGEST_KEPT] if not isinstance(item, list))
        return [part for part in parts if part is not None]
    if tree:
        if not isinstance(value, dict):
            return None
        parts_by_name = {name: _part(value.get(name), below) for name, below in tree.items()}
        return {name: part for name, part in parts_by_name.items() if part is not None}
    if isinstance(value, str):
        return value[:_LONGEST_KEPT]
    return value if isinstance(value, (int, float)) else None


def _below(record: object, *names: str) -> object:
    found = record
    for name in ("protocolSection", *names):
        found = found.get(name) if isinstance(found, dict) else None
    return found
