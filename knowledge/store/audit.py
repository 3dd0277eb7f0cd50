"""The audit trail as a chain: each row's hash covers the row before, so no row can be changed, put in or taken out
without every later hash being wrong. Cutting rows off the end leaves a shorter chain that is whole; the newest number
and hash, kept elsewhere (`./lantern editing audit` prints them), show that too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from knowledge.model import AuditRow

BEGINNING = "0" * 64


def row_hash(previous: str, row: AuditRow) -> str:
    """SHA-256, in hex, of the previous row's hash and all of this row but its own hash."""
    said = [
        row.number,
        row.at.isoformat(),
        row.act,
        row.person,
        row.locale,
        row.entry,
        row.release,
        row.reason,
        row.detail,
    ]
    text = json.dumps([previous, *said], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def first_broken(rows: Iterable[AuditRow]) -> int | None:
    """Number of the first row that is not what was written, or where one is missing; None for a whole chain."""
    previous, expected = BEGINNING, 1
    for row in rows:
        if row.number != expected or row.hash != row_hash(previous, row):
            return expected
        previous, expected = row.hash, expected + 1
    return None


def entries_of(locale: str | None, entry: str | None, detail: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Locale and id of every entry that a row says something of: of its own columns, and of its `detail` where an act
    was done to several at once."""
    found = {(locale, entry)} if locale and entry else set()
    for name in detail.get("entries", ()):
        of, _, name = name.rpartition("/")
        found.add((of, name))
    for row in (*detail.get("published", ()), *detail.get("drafts", ())):
        found.add((row["locale"], row["entry"]))
    return found


def about(rows: Iterable[AuditRow], entry: tuple[str, str]) -> Iterator[AuditRow]:
    """The rows that say something of one entry, by locale and id: also where an act was done to several, and where a
    plan to publish it was taken back or failed. `rows` begin where the trail does."""
    planned: dict[int, set[tuple[str, str]]] = {}
    for row in rows:
        named = entries_of(row.locale, row.entry, row.detail)
        if row.act == "plan":
            planned[row.detail["plan"]] = named
        if entry in named or entry in planned.get(row.detail.get("plan", 0), ()):
            yield row
