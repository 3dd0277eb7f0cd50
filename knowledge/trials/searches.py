"""What a sync looks for in the registry: a file of searches that an operator can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import ContentError, Fault
from knowledge.files import read_text, read_yaml

SHIPPED = Path(__file__).parent / "searches.yml"

MOST = 100
"""Searches in one file: at one request a second more of them are a mistake."""

_PARAMETERS = {"condition": "query.cond", "intervention": "query.intr", "term": "query.term"}
"""Our word for a field -> the registry's parameter; fact TRI-036."""


@dataclass(frozen=True)
class RegistrySearch:
    """`name` is for people. `parameters` are the registry's own, and their text is its search language."""

    name: str
    parameters: Mapping[str, str]


def read_searches(file: Path = SHIPPED) -> tuple[RegistrySearch, ...]:
    """Raises `ContentError` with every fault of the file."""
    rows = read_yaml(read_text(file), file)
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST:
        raise ContentError([Fault(file, 1, f"must be a list of 1 to {MOST} searches, as in {SHIPPED}")])
    faults = [
        Fault(file, 1, f"search {place} {wrong}") for place, row in enumerate(rows, 1) if (wrong := _wrong(row, rows))
    ]
    if faults:
        raise ContentError(faults)
    return tuple(
        RegistrySearch(row["name"], {_PARAMETERS[field]: row[field] for field in _PARAMETERS if field in row})
        for row in rows
    )


def _wrong(row: object, rows: list[object]) -> str | None:
    fields = {"name", *_PARAMETERS}
    if not isinstance(row, dict) or not all(isinstance(value, str) and value.strip() for value in row.values()):
        return f"must be lines of key: text, with the keys {', '.join(sorted(fields))}"
    if row.keys() - fields:
        return f"has the key {sorted(map(str, row.keys() - fields))[0]!r}, which is none of {', '.join(sorted(fields))}"
    if "name" not in row or len(row) < 2:
        return "must have a name, and something to search for"
    if sum(isinstance(other, dict) and other.get("name") == row["name"] for other in rows) > 1:
        return f"has the name {row['name']!r}, and so has another one"
    return None
