from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.secrets import shared_secret


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "assistant"
    secret = shared_secret(file)
    assert len(secret) == 32
    assert shared_secret(file) == secret
    assert shared_secret(tmp_path / "other") != secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("left", ["", "00", "not hex"])
def test_half_a_secret_is_never_signed_with(tmp_path: Path, left: str) -> None:
    file = tmp_path / "assistant"
    file.write_text(left, encoding="ascii")
    assert len(shared_secret(file)) == 32


def test_those_who_ask_at_the_same_time_share_one_secret(tmp_path: Path) -> None:
    for number in range(20):
        file = tmp_path / str(number)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(shared_secret, [file] * 8))) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(map(str, range(20)))
