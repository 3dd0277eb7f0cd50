"""The short part of the run in which a gateway with channels is killed: ten kills; `make torture` has two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.channel_kills import Run, Scale

SEED = 7


@pytest.mark.timeout(600)
def test_killed_at_any_step_each_message_is_answered_once_and_in_order_or_seen_in_the_dead_letters(
    tmp_path: Path,
) -> None:
    run = Run(Scale(kills=10, messages=60, people=6), SEED, tmp_path)
    assert run.suffer() == []
    assert run.kills == 10
