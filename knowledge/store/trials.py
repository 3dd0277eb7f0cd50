"""Reads the copy of the registry that syncs leave in the knowledge database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from knowledge.store.faults import translated
from knowledge.store.tables import trial_status_changes, trial_studies, trial_sync_searches, trial_syncs
from knowledge.trials.model import Change, RegistryCopy, parse_date
from knowledge.trials.record import kept_study
from storage.engine import read, snapshot

_NEWEST = sa.select(sa.func.max(trial_syncs.c.copy_number))


@dataclass(frozen=True)
class CopyState:
    """How the copy stands. `number` 0 and no `made`: no sync has been whole yet, and people are answered from the
    shipped copy. `whole_at` is the end of the newest whole sync, `data_of` when the registry had made its data.

    `tried_since`: the beginning of the first sync there ever was.

    `failed_at`, `failure` and how many `failures` in a row: of a sync that has not become whole since. `searched`: how
    many studies each search of the newest sync has found so far, by its place. `unreadable` and `unknown_words` count,
    in that sync, records without a number and statuses that are none of the registry's words.
    """

    number: int = 0
    made: dt.date | None = None
    whole_at: dt.datetime | None = None
    data_of: dt.datetime | None = None
    tried_since: dt.datetime | None = None
    studies: int = 0
    missing: int = 0
    failed_at: dt.datetime | None = None
    failure: str | None = None
    failures: int = 0
    searched: tuple[int, ...] = ()
    unreadable: int = 0
    unknown_words: int = 0


@dataclass(frozen=True)
class SyncDay:
    """What syncs did on a day, of the clock of the worker: how many became whole, how many did not, and of how many
    studies another status was seen."""

    day: dt.date
    whole: int
    unfinished: int
    moved: int


class TrialStore:
    """The copy as the last whole sync left it. Safe to share between threads.

    Every method raises `StoreUnavailable` when the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def copy_number(self) -> int:
        """Number of the newest copy, 0 before the first. One indexed row: cheap enough per message."""
        with translated(), read(self._engine) as connection:
            return connection.execute(_NEWEST).scalar() or 0

    def copy(self, known_as: Mapping[str, tuple[str, ...]]) -> RegistryCopy | None:
        """The newest copy, None before the first. `known_as`: names of studies that their records do not carry."""
        with translated(), snapshot(self._engine) as connection:
            newest = trial_syncs.c.copy_number == _NEWEST.scalar_subquery()
            head = connection.execute(sa.select(trial_syncs).where(newest)).first()
            if head is None:
                return None
            changes = _changes(connection)
            rows = connection.execute(sa.select(trial_studies).order_by(trial_studies.c.nct_id))
            studies = tuple(
                replace(
                    kept_study(row.record, row.status_as_of, known_as.get(row.nct_id, ())),
                    checked_on=dt.date.fromisoformat(row.checked_on),
                    missing_since=dt.date.fromisoformat(row.missing_since) if row.missing_since else None,
                    changes=tuple(changes.get(row.nct_id, ())),
                )
                for row in rows
            )
        return RegistryCopy(studies, dt.datetime.fromisoformat(head.ended_at).date(), head.copy_number)

    def state(self) -> CopyState:
        with translated(), snapshot(self._engine) as connection:
            newest = sa.select(trial_syncs).order_by(trial_syncs.c.id.desc()).limit(1)
            last = connection.execute(newest).first()
            if last is None:
                return CopyState()
            whole = connection.execute(newest.where(trial_syncs.c.state == "whole")).first()
            numbered = connection.execute(newest.where(trial_syncs.c.copy_number.is_not(None))).first()
            count = sa.select(sa.func.count()).select_from(trial_studies)
            first = sa.select(trial_syncs.c.begun_at).order_by(trial_syncs.c.id).limit(1)
            searches = sa.select(trial_sync_searches.c.found).where(trial_sync_searches.c.sync_id == last.id)
            failed = last.state != "whole" and last.failure is not None
            return CopyState(
                number=numbered.copy_number if numbered else 0,
                made=_moment(numbered.ended_at).date() if numbered else None,
                whole_at=_moment(whole.ended_at) if whole else None,
                data_of=_moment(whole.data_of) if whole and whole.data_of else None,
                tried_since=_moment(connection.execute(first).scalar()),
                studies=connection.execute(count).scalar() or 0,
                missing=connection.execute(count.where(trial_studies.c.missing_since.is_not(None))).scalar() or 0,
                failed_at=_moment(last.failed_at) if failed else None,
                failure=last.failure if failed else None,
                failures=last.failures if failed else 0,
                searched=tuple(connection.execute(searches.order_by(trial_sync_searches.c.place)).scalars()),
                unreadable=last.unreadable,
                unknown_words=last.unknown_words,
            )

    def days(self, since: dt.date) -> list[SyncDay]:
        """The days from `since` on with a sync, or with a study whose status changed, in order. A sync stands on the
        day on which it became whole, or was last heard of."""
        row, seen_on = trial_syncs.c, trial_status_changes.c.seen_on
        ended = sa.func.coalesce(row.ended_at, row.failed_at, row.begun_at)
        day, is_whole = sa.func.substr(ended, 1, 10), row.state == "whole"
        syncs = sa.select(day, is_whole, sa.func.count()).where(ended >= since.isoformat()).group_by(day, is_whole)
        moved = sa.select(seen_on, sa.func.count()).where(seen_on >= since.isoformat()).group_by(seen_on)
        with translated(), snapshot(self._engine) as connection:
            counts: dict[str, list[int]] = {}
            for name, whole, count in connection.execute(syncs):
                counts.setdefault(name, [0, 0, 0])[0 if whole else 1] += count
            for name, count in connection.execute(moved):
                counts.setdefault(name, [0, 0, 0])[2] += count
        return [SyncDay(dt.date.fromisoformat(name), *found) for name, found in sorted(counts.items())]


def _changes(connection: Connection) -> dict[str, list[Change]]:
    """By number of the study, the newest first."""
    found: dict[str, list[Change]] = {}
    for row in connection.execute(sa.select(trial_status_changes).order_by(trial_status_changes.c.id.desc())):
        day, is_month = parse_date(row.as_of)
        change = Change(row.before, row.after, None if is_month else day, dt.date.fromisoformat(row.seen_on))
        found.setdefault(row.nct_id, []).append(change)
    return found


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
