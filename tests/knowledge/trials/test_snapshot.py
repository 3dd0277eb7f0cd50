from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from knowledge.errors import ContentError
from knowledge.trials.model import RegistryCopy
from knowledge.trials.snapshot import FOLDER, load_snapshot


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("snapshot.json", "snapshot_dates.json"):
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path


def test_every_shipped_record_becomes_a_study(snapshot: RegistryCopy) -> None:
    records = json.loads((FOLDER / "snapshot.json").read_text(encoding="utf-8"))["studies"]
    numbers = [record["protocolSection"]["identificationModule"]["nctId"] for record in records]
    assert [study.nct_id for study in snapshot.studies] == numbers
    assert len(set(numbers)) == 18


def test_every_shipped_status_is_a_word_we_know(snapshot: RegistryCopy) -> None:
    records = json.loads((FOLDER / "snapshot.json").read_text(encoding="utf-8"))["studies"]
    written = [record["protocolSection"].get("statusModule", {}).get("overallStatus") for record in records]
    assert [study.status for study in snapshot.studies] == written


def test_no_status_is_newer_than_the_copy(snapshot: RegistryCopy) -> None:
    dates = [study.status_as_of for study in snapshot.studies if study.status_as_of]
    assert dates
    assert max(dates) <= snapshot.made


def test_a_record_without_number_is_named(copy: Path) -> None:
    file = copy / "snapshot.json"
    file.write_text(file.read_text(encoding="utf-8").replace("NCT05938725", "NCT5938725"), encoding="utf-8")
    with pytest.raises(ContentError, match=r"snapshot\.json:1 study 1 of 18: .*nctId"):
        load_snapshot(copy)


def test_a_study_without_a_row_of_dates_is_named(copy: Path) -> None:
    file = copy / "snapshot_dates.json"
    file.write_text(file.read_text(encoding="utf-8").replace("NCT05938725", "NCT00000000"), encoding="utf-8")
    with pytest.raises(ContentError, match=r"snapshot_dates\.json:1 NCT05938725 of snapshot\.json has no row"):
        load_snapshot(copy)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"made": 5}', '{"made": "2026-11-22", "studies": 3}', "\x00"])
@pytest.mark.parametrize("name", ["snapshot.json", "snapshot_dates.json"])
def test_a_damaged_file_is_named(copy: Path, name: str, damage: str) -> None:
    (copy / name).write_text(damage, encoding="utf-8")
    with pytest.raises(ContentError, match=r"snapshot"):
        load_snapshot(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "snapshot.json").unlink()
    with pytest.raises(ContentError, match=r"snapshot\.json:1 cannot be read"):
        load_snapshot(copy)
