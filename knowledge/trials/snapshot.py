"""The studies that are shipped with the program: `snapshot.json` and, beside it, how old each status is."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from knowledge.errors import ContentError, Fault
from knowledge.trials.model import RecordError, RegistryCopy, Study, parse_study

FOLDER = Path(__file__).parent


def load_snapshot(folder: Path = FOLDER) -> RegistryCopy:
    """Reads `snapshot.json` (a search answer of the registry's API) and `snapshot_dates.json`.

    Raises `ContentError` with every fault: both files are ours, so a record that cannot be read is a damaged file.
    """
    records_file, dates_file = folder / "snapshot.json", folder / "snapshot_dates.json"
    records, dates = _read(records_file), _read(dates_file)
    try:
        made = dt.date.fromisoformat(dates["made"])
        sidecar = dict(dates["studies"])
        listed = list(records["studies"])
    except (KeyError, TypeError, ValueError) as error:
        raise ContentError(
            [Fault(dates_file, 1, f"expected 'made' and 'studies' beside {records_file.name}")]
        ) from error
    studies: list[Study] = []
    faults: list[Fault] = []
    for place, record in enumerate(listed, start=1):
        try:
            number = parse_study(record, None).nct_id
        except RecordError as error:
            faults.append(Fault(records_file, 1, f"study {place} of {len(listed)}: {error}"))
            continue
        row = sidecar.get(number)
        if not isinstance(row, dict):
            faults.append(Fault(dates_file, 1, f"{number} of {records_file.name} has no row"))
            continue
        studies.append(parse_study(record, row.get("status_as_of"), row.get("known_as", ())))
    if faults:
        raise ContentError(faults)
    return RegistryCopy(tuple(studies), made)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ContentError([Fault(file, error.lineno, f"is not JSON: {error.msg}")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError([Fault(file, 1, f"cannot be read: {error}")]) from error
