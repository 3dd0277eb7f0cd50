"""The short part of a torture run (`make torture` is the long one): one round with a fault of each kind."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Lantern
from tests.torture import faults
from tests.torture.faults import Stage
from tests.torture.rounds import play, staged

SEED = 7


@pytest.fixture(scope="module")
def stage(prepared_home: Path, running_lantern: Lantern, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A Lantern of its own, with the assistant that was trained for another."""
    folder = tmp_path_factory.mktemp("torture")
    prepared = shutil.copytree(prepared_home, folder / "prepared")
    shutil.copytree(running_lantern.home / "models", prepared / "models", dirs_exist_ok=True)
    with staged(folder, prepared, random.Random(SEED)) as stage:
        stage.pace = 0.3
        yield stage


@pytest.mark.timeout(900)
def test_every_promise_is_kept_while_processes_are_killed_and_the_database_is_locked_and_full(stage: Stage) -> None:
    begin = [faults.assistant_killed, faults.database_locked, faults.gateway_killed]
    if stage.disk:
        begin.insert(2, faults.disk_full)
    assert play(stage, faults.one_after_the_other(*begin)) == []
    if not stage.disk:
        pytest.skip("all was tried but a full disk, for which this user would have to be allowed to mount one")
