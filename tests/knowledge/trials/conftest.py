from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import knowledge.trials
from knowledge.trials.model import RegistryCopy
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.snapshot import load_snapshot
from knowledge.trials.terms import read_terms

PHRASES = Path(knowledge.trials.__file__).parent.parent / "content" / "en" / "phrases.yml"


@pytest.fixture(scope="session")
def phrases() -> Mapping[str, str]:
    table = YAML(typ="safe", pure=True).load(PHRASES.read_text(encoding="utf-8"))
    return {key: text for key, text in table.items() if key.startswith("trials_")}


@pytest.fixture(scope="session")
def snapshot() -> RegistryCopy:
    return load_snapshot()


@pytest.fixture(scope="session")
def shelf(snapshot: RegistryCopy) -> TrialShelf:
    return TrialShelf(snapshot.studies, read_terms(studies=snapshot.studies))
