"""What the safety check found of texts that wait for publication. A finding is of one exact text beside one release."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.store.change import Change
from knowledge.store.faults import translated
from knowledge.store.tables import audit, safety_checks
from knowledge.thresholds import AS_IT_COMES, Thresholds, in_force
from storage.engine import read, write

SETTLED_BY = 2
"""People who must agree that a case may come out otherwise."""


@dataclass(frozen=True)
class Broken:
    """A case of safety that would not come out as it must. `kind`: emergency, advice or outside; `text`: the message;
    `before`, `after`: what becomes of it as things are, and with the text."""

    kind: str
    text: str
    before: str
    after: str


@dataclass(frozen=True)
class Moved:
    """A message of a person that would be answered otherwise; `message` is its number in the record."""

    message: int
    before: str
    after: str


@dataclass(frozen=True)
class Found:
    """`cases` and `questions`: how many were replayed."""

    cases: int
    questions: int
    broken: tuple[Broken, ...]
    moved: tuple[Moved, ...]


class SafetyChecks:
    """Every method raises `StoreUnavailable` when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def found(self, content_hash: str, release: int) -> Found | None:
        """What was found of this text beside this release, by the thresholds in force; None while it was not
        checked."""
        query = sa.select(safety_checks.c.found).where(
            safety_checks.c.content_hash == content_hash, safety_checks.c.release_number == release
        )
        with translated(), read(self._engine) as connection:
            kept = {name: row.value for name, row in Change(connection).site_settings().items()}
            body = connection.execute(query.where(safety_checks.c.thresholds == in_force(kept).mark)).scalar()
        if body is None:
            return None
        row = json.loads(body)
        broken = tuple(Broken(**one) for one in row["broken"])
        return Found(row["cases"], row["questions"], broken, tuple(Moved(**one) for one in row["moved"]))

    def keep(
        self,
        content_hash: str,
        release: int,
        found: Found,
        at: dt.datetime,
        thresholds: Thresholds = AS_IT_COMES,
    ) -> None:
        """Keeps a finding, by `thresholds`; those beside earlier releases mean nothing any more and go."""
        row = {"content_hash": content_hash, "release_number": release, "at": at.isoformat()}
        row["thresholds"] = thresholds.mark
        mine = (safety_checks.c.content_hash == content_hash) & (safety_checks.c.release_number == release)
        with translated(), write(self._engine) as connection:
            connection.execute(sa.delete(safety_checks).where(mine | (safety_checks.c.release_number < release)))
            connection.execute(sa.insert(safety_checks), {**row, "found": json.dumps(asdict(found))})

    def unsettled(self, broken: Sequence[Broken]) -> tuple[Broken, ...]:
        """Those of which two people have not agreed that they may come out otherwise."""
        settled = self.settled_by() if broken else {}
        return tuple(one for one in broken if len(settled.get(case_mark(one.text), ())) < SETTLED_BY)

    def settled_by(self) -> dict[str, set[str]]:
        """By the mark of a case: who said that it may come out otherwise."""
        query = sa.select(audit.c.person, audit.c.detail).where(audit.c.act == "settle_case")
        people: dict[str, set[str]] = {}
        with translated(), read(self._engine) as connection:
            for person, detail in connection.execute(query):
                people.setdefault(json.loads(detail)["case"], set()).add(person)
        return people


def case_mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def outcomes(moved: Iterable[Moved]) -> dict[tuple[str, str], list[int]]:
    """Messages by what becomes of them, before and after."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in moved:
        found.setdefault((one.before, one.after), []).append(one.message)
    return found
