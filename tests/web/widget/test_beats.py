"""When to push and when to breathe: to the microsecond, for as long as it takes."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.web.widget.conftest import HOME

TAKE = """
import { beats, beatsAfter } from './source/offline/beats.js';
const { after, start, pace, counting, count } = JSON.parse(process.argv[1]);
const row = after ? beatsAfter(after, pace, counting) : beats(start, pace, counting);
console.log(JSON.stringify(Array.from({ length: count }, () => row.next().value)));
"""


def take(node: str, count: int, **given: Any) -> list[dict[str, Any]]:
    command = [node, "--input-type=module", "-e", TAKE, json.dumps({"count": count, "start": 5, **given})]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    beats: list[dict[str, Any]] = json.loads(done.stdout)
    return beats


@pytest.mark.parametrize("pace", [100, 110, 120])
def test_an_hour_later_it_is_still_on_time(node: str, pace: int) -> None:
    beats = take(node, 60 * pace, pace=pace, counting=False)
    assert [beat["at"] for beat in beats] == pytest.approx([5 + number * 60 / pace for number in range(60 * pace)])
    assert [beat["push"] for beat in beats] == list(range(1, 60 * pace + 1))


def test_thirty_pushes_are_followed_by_two_breaths_in_less_than_ten_seconds(node: str) -> None:
    beats = take(node, 96, pace=110, counting=True)
    for begin in (0, 32, 64):
        pushes, breaths = beats[begin : begin + 30], beats[begin + 30 : begin + 32]
        assert [beat["push"] for beat in pushes] == list(range(1, 31))
        assert [beat["breath"] for beat in breaths] == [1, 2]
        assert [beat["at"] - pushes[0]["at"] for beat in pushes] == pytest.approx(
            [number * 60 / 110 for number in range(30)]
        )
        assert breaths[1]["at"] - breaths[0]["at"] >= 1
        if begin < 64:
            assert 2 <= beats[begin + 32]["at"] - pushes[-1]["at"] < 10


@pytest.mark.parametrize(
    ("after", "counting", "expected"),
    [
        ({"at": 10, "push": 7}, True, {"at": 10.5, "push": 8}),
        ({"at": 10, "push": 30}, True, {"at": 10.5, "breath": 1}),
        ({"at": 10, "push": 57}, True, {"at": 10.5, "push": 1}),
        ({"at": 10, "breath": 2}, True, {"at": 12, "push": 1}),
        ({"at": 10, "breath": 1}, False, {"at": 12, "push": 1}),
    ],
)
def test_at_another_pace_it_goes_on_from_where_it_was(
    node: str, after: dict[str, Any], counting: bool, expected: dict[str, Any]
) -> None:
    assert take(node, 1, after=after, pace=120, counting=counting) == [expected]
