"""What other thresholds would do: asked for by staff, measured by the worker, of one release beside the thresholds that
are in force."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.store.faults import translated
from knowledge.store.tables import threshold_effects
from knowledge.thresholds import Thresholds
from storage.engine import read, write


@dataclass(frozen=True)
class Counts:
    """Messages by what becomes of them. `deferred` are requests for advice, which no threshold changes."""

    answered: int = 0
    asked_back: int = 0
    not_answered: int = 0
    deferred: int = 0

    @property
    def all(self) -> int:
        return self.answered + self.asked_back + self.not_answered + self.deferred


@dataclass(frozen=True)
class Effect:
    """What becomes of messages with the threshold `name` at `value` and the other as it is: of `questions`, the newest
    ones of people; of `outside` ones, none of which has an answer. `broken`: cases of safety that would not come out as
    they must, as people know them."""

    name: str
    value: float
    questions: Counts = field(default_factory=Counts)
    outside: Counts = field(default_factory=Counts)
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """`effects` is empty while the worker has yet to measure them."""

    asked_by: str
    asked_at: dt.datetime
    measured_at: dt.datetime | None = None
    effects: tuple[Effect, ...] = ()

    def of(self, name: str, value: float) -> Effect | None:
        return next((one for one in self.effects if (one.name, one.value) == (name, value)), None)


class ThresholdEffects:
    """Every method raises `StoreUnavailable` when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, release: int, thresholds: Thresholds, by: str, at: dt.datetime) -> None:
        """Has them measured anew; what was measured before goes."""
        row = {"release_number": release, "thresholds": thresholds.mark, "asked_by": by, "asked_at": at.isoformat()}
        with translated(), write(self._engine) as connection:
            connection.execute(sa.delete(threshold_effects))
            connection.execute(sa.insert(threshold_effects), row)

    def wanted(self) -> Measurement | None:
        """What the worker has yet to measure."""
        return self._read(threshold_effects.c.measured_at.is_(None))

    def measurement(self, release: int, thresholds: Thresholds) -> Measurement | None:
        """What was measured, or asked for, of this release beside these thresholds."""
        named = threshold_effects.c.thresholds == thresholds.mark
        return self._read((threshold_effects.c.release_number == release) & named)

    def keep(
        self, wanted: Measurement, release: int, thresholds: Thresholds, effects: Sequence[Effect], at: dt.datetime
    ) -> None:
        """Keeps what was measured because it was `wanted`: of the release that was live then. Nothing is kept where
        somebody has asked again meanwhile."""
        found = json.dumps([asdict(effect) for effect in effects])
        values = {"release_number": release, "thresholds": thresholds.mark, "found": found}
        with translated(), write(self._engine) as connection:
            change = sa.update(threshold_effects).where(_asked(wanted))
            connection.execute(change.values(measured_at=at.isoformat(), **values))

    def give_up(self, wanted: Measurement) -> None:
        """Forgets that they were asked for, so that somebody may ask again."""
        with translated(), write(self._engine) as connection:
            connection.execute(sa.delete(threshold_effects).where(_asked(wanted)))

    def _read(self, which: sa.sql.ColumnElement) -> Measurement | None:
        with translated(), read(self._engine) as connection:
            row = connection.execute(sa.select(threshold_effects).where(which)).first()
        if row is None:
            return None
        measured_at = dt.datetime.fromisoformat(row.measured_at) if row.measured_at else None
        found = tuple(_effect(one) for one in json.loads(row.found or "[]"))
        return Measurement(row.asked_by, dt.datetime.fromisoformat(row.asked_at), measured_at, found)


def _asked(wanted: Measurement) -> sa.sql.ColumnElement:
    same_time = threshold_effects.c.asked_at == wanted.asked_at.isoformat()
    return (threshold_effects.c.asked_by == wanted.asked_by) & same_time


def _effect(row: Mapping[str, Any]) -> Effect:
    counts = {name: Counts(**row[name]) for name in ("questions", "outside")}
    return Effect(**{**row, **counts, "broken": tuple(row["broken"])})
