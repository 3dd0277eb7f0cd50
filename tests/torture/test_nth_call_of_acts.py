"""Each single call to the database may fail during each act: all that was meant is done, or nothing, and it can be done
again. `test_nth_call.py` shows the same for those who talk."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from knowledge.errors import StoreUnavailable
from storage.engine import open_engine
from tests.torture.acts import ACTS, BROKEN_ROW, OTHER_ACTS, PUBLISHING, Seen, rows
from tests.torture.failing_calls import Calls, Fails
from tests.torture.killed_acts import Files, opened
from tests.torture.test_nth_call import for_each_call

FEWEST = 10
"""Calls that each act makes at least; it commits once."""
SAID_TWICE = {"approve one's own, which is refused", "settle a case"}
"""What is kept each time: somebody who tries what they may not do, tried it twice; and a person counts once, however
often they say that a case may come out otherwise."""


@pytest.mark.parametrize("name", [*PUBLISHING, *OTHER_ACTS])
def test_whichever_call_to_the_database_fails_an_act_is_done_or_not_and_can_be_repeated(
    name: str, tmp_path: Path
) -> None:
    act, places = ACTS[name], Files(tmp_path)
    before = places.new()
    with opened(before) as engine:
        act.begin(engine, before.folder)
        old = act.seen(engine, before.folder)
    place = places.copy(before)
    # One for all: to compile its statements anew each time would take longer than the rest.
    engine = open_engine(place.url)
    calls = Calls(engine, Fails())

    def done() -> Seen:
        act.do(engine, place.folder)
        return act.seen(engine, place.folder)

    new = done()
    assert rows(old) != rows(new)
    assert new[BROKEN_ROW] is None

    def held(fails: Fails) -> list[str]:
        engine.dispose()
        shutil.rmtree(place.folder)
        shutil.copytree(before.folder, place.folder)
        calls.begin(fails)
        with suppress(StoreUnavailable):
            act.do(engine, place.folder)
            assert calls.failed == [], "whoever acts is told"
        calls.mended = True
        engine.dispose()
        found = rows(act.seen(engine, place.folder))
        assert found in (rows(old), rows(new)), calls.failed
        if found == rows(old) or name not in SAID_TWICE:
            assert done() == new, calls.failed
        return calls.failed

    for_each_call("one call", FEWEST, held)
    for_each_call("one commit, which is done all the same", 1, held)
    engine.dispose()
