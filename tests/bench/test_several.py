"""What the messages with several questions are held against."""

from __future__ import annotations

import json

from bench.several import SEVERAL
from knowledge.wiring import Knowledge


def test_each_message_names_entries_that_there_are(shipped: Knowledge) -> None:
    known = {entry.id for entry in shipped.live().index.entries}
    rows = [json.loads(line) for line in SEVERAL.read_text(encoding="utf-8").splitlines()]
    assert {entry for row in rows for wanted in row["wants"] for entry in wanted} - known == set()
    assert all(row["wants"] and all(row["wants"]) for row in rows)
    assert sum(len(row["wants"]) > 1 for row in rows) >= 100
    assert sum(len(row["wants"]) == 1 for row in rows) >= 50
