"""Keeps what a sync has seen, page by page, and turns all of it into the next copy in one transaction.

So a sync that is killed loses and doubles nothing, and people are answered from whole syncs only.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from knowledge.store.faults import translated
from knowledge.store.tables import (
    trial_status_changes,
    trial_studies,
    trial_sync_records,
    trial_sync_searches,
    trial_syncs,
)
from knowledge.trials.record import Found
from knowledge.trials.searches import RegistrySearch
from storage.engine import read, write

RESUMED_WITHIN = dt.timedelta(hours=24)
"""An older sync is not gone on with: what it has seen is too old, and the registry has forgotten its pages."""
MISSING_AFTER = 2
"""Whole syncs in a row without a study until it counts as missing."""

Fence = Callable[[Connection], None]
"""Raises, within a transaction, unless this process may still write."""


@dataclass(frozen=True)
class SearchProgress:
    """`token` asks for the next page; `found` counts the records so far."""

    token: str | None
    pages: int
    found: int
    done: bool


@dataclass(frozen=True)
class BegunSync:
    """A sync that is not whole yet. `searches` is how far each search is, in their order."""

    id: int
    resumed: bool
    searches: tuple[SearchProgress, ...]


@dataclass(frozen=True)
class SyncOutcome:
    """What a whole sync found. `number` is that of the newest copy, `new_copy` whether this sync made it. Studies:
    `seen` in all, `added`, `changed` in anything that is shown, `moved` to another status, `returned` and gone
    `missing`."""

    number: int
    new_copy: bool
    seen: int
    added: int
    changed: int
    moved: int
    missing: int
    returned: int
    unreadable: int
    unknown_words: int


class SyncJournal:
    """Writes for one sync at a time: every transaction asks `fence` first.

    Every method raises `StoreUnavailable`, also when another process has taken over.
    """

    def __init__(self, engine: Engine, fence: Fence) -> None:
        self._engine, self._fence = engine, fence

    def begin(self, searches: Sequence[RegistrySearch], at: dt.datetime) -> BegunSync:
        """The sync to go on with, or a new one when the last is whole, too old, or looked for something else."""
        wanted = json.dumps([dict(search.parameters) for search in searches], sort_keys=True)
        with self._writing() as connection:
            begun = sa.select(trial_syncs).where(trial_syncs.c.state == "begun").order_by(trial_syncs.c.id.desc())
            last = connection.execute(begun.limit(1)).first()
            if last is not None and last.searches == wanted and _is_recent(last.begun_at, at):
                return BegunSync(last.id, True, _progress(connection, last.id))
            _give_up(connection)
            head = {"state": "begun", "searches": wanted, "begun_at": at.isoformat(), "failures": 0}
            head |= {"unreadable": 0, "unknown_words": 0}
            sync_id = int(connection.execute(sa.insert(trial_syncs), head).inserted_primary_key[0])
            rows = [{"sync_id": sync_id, "place": place, **_NOT_BEGUN} for place in range(len(searches))]
            connection.execute(sa.insert(trial_sync_searches), rows)
            return BegunSync(sync_id, False, _progress(connection, sync_id))

    def keep_data_of(self, sync_id: int, moment: dt.datetime | None) -> None:
        """Keeps when the registry made the data that it answers from."""
        stamp = moment.isoformat() if moment else None
        with self._writing() as connection:
            connection.execute(sa.update(trial_syncs).where(trial_syncs.c.id == sync_id).values(data_of=stamp))

    def keep_page(
        self, sync_id: int, place: int | None, found: Sequence[Found], unreadable: int, token: str | None
    ) -> None:
        """Keeps what a page held and, in the same transaction, which page of the search at `place` comes next; None for
        a page that belongs to no search."""
        with self._writing() as connection:
            _keep_records(connection, sync_id, found)
            words = sum(one.unknown_word for one in found)
            head = trial_syncs.c
            counted = {"unreadable": head.unreadable + unreadable, "unknown_words": head.unknown_words + words}
            connection.execute(sa.update(trial_syncs).where(head.id == sync_id).values(**counted))
            if place is not None:
                row = trial_sync_searches.c
                values = {
                    "token": token,
                    "pages": row.pages + 1,
                    "found": row.found + len(found),
                    "done": token is None,
                }
                connection.execute(_search(sync_id, place).values(**values))

    def begin_search_anew(self, sync_id: int, place: int) -> None:
        """Back to the first page of a search. What was seen of it stays seen."""
        with self._writing() as connection:
            connection.execute(_search(sync_id, place).values(**_NOT_BEGUN))

    def unseen(self, sync_id: int, others: Collection[str]) -> list[str]:
        """Numbers of studies, of the copy and of `others`, that this sync has not come across so far."""
        seen = sa.select(trial_sync_records.c.nct_id).where(trial_sync_records.c.sync_id == sync_id)
        with translated(), read(self._engine) as connection:
            known = {*connection.execute(sa.select(trial_studies.c.nct_id)).scalars(), *others}
            return sorted(known - set(connection.execute(seen).scalars()))

    def keep_failure(self, sync_id: int, why: str, at: dt.datetime) -> None:
        """Keeps why a sync stopped; it can be gone on with."""
        failed = {"failures": trial_syncs.c.failures + 1, "failed_at": at.isoformat(), "failure": why}
        with self._writing() as connection:
            connection.execute(sa.update(trial_syncs).where(trial_syncs.c.id == sync_id).values(**failed))

    def finish(self, sync_id: int, at: dt.datetime) -> SyncOutcome:
        """Makes all that a sync has seen the copy that people are answered from."""
        today = at.date().isoformat()
        with self._writing() as connection:
            seen = sa.select(trial_sync_records.c.nct_id).where(trial_sync_records.c.sync_id == sync_id)
            moved = _keep_changes(connection, sync_id, today)
            changed = _change(connection, sync_id)
            returned = _count(connection, trial_studies.c.nct_id.in_(seen), trial_studies.c.missing_since.is_not(None))
            checked = _check(connection, seen, today)
            missing = _miss(connection, seen)
            added = _add(connection, sync_id, today)
            before = connection.execute(sa.select(sa.func.max(trial_syncs.c.copy_number))).scalar() or 0
            # The days on which it was made and checked are part of a copy: people read them.
            new_copy = not before or bool(added or changed or checked or missing)
            number = before + 1 if new_copy else before
            ended = {"state": "whole", "ended_at": at.isoformat(), "copy_number": number if new_copy else None}
            mine = trial_syncs.c.id == sync_id
            connection.execute(sa.update(trial_syncs).where(mine).values(**ended))
            head = connection.execute(sa.select(trial_syncs).where(mine)).one()
            count = connection.execute(sa.select(sa.func.count()).select_from(seen.subquery())).scalar() or 0
            connection.execute(sa.delete(trial_sync_records).where(trial_sync_records.c.sync_id == sync_id))
            connection.execute(sa.delete(trial_sync_searches).where(trial_sync_searches.c.sync_id != sync_id))
            return SyncOutcome(
                number=number,
                new_copy=new_copy,
                seen=count,
                added=added,
                changed=changed,
                moved=moved,
                missing=missing,
                returned=returned,
                unreadable=head.unreadable,
                unknown_words=head.unknown_words,
            )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(), write(self._engine) as connection:
            self._fence(connection)
            yield connection


_NOT_BEGUN = {"token": None, "pages": 0, "found": 0, "done": False}
_CHUNK = 500
"""Most bound values in one statement; SQLite's oldest limit is 999."""
_SHOWN = ("record", "fingerprint", "status", "status_as_of")


def _is_recent(begun_at: str, now: dt.datetime) -> bool:
    # A clock that went back must not make a sync last for ever.
    return abs(now - dt.datetime.fromisoformat(begun_at)) < RESUMED_WITHIN


def _progress(connection: Connection, sync_id: int) -> tuple[SearchProgress, ...]:
    row = trial_sync_searches.c
    query = sa.select(row.token, row.pages, row.found, row.done).where(row.sync_id == sync_id).order_by(row.place)
    return tuple(SearchProgress(*found) for found in connection.execute(query))


def _search(sync_id: int, place: int) -> sa.sql.Update:
    row = trial_sync_searches.c
    return sa.update(trial_sync_searches).where(row.sync_id == sync_id, row.place == place)


def _give_up(connection: Connection) -> None:
    begun = sa.select(trial_syncs.c.id).where(trial_syncs.c.state == "begun")
    for table in (trial_sync_records, trial_sync_searches):
        connection.execute(sa.delete(table).where(table.c.sync_id.in_(begun)))
    connection.execute(sa.update(trial_syncs).where(trial_syncs.c.state == "begun").values(state="given_up"))


def _keep_records(connection: Connection, sync_id: int, found: Sequence[Found]) -> None:
    """Of two records of one study the one stays that is as of a later day; of the same day, the first."""
    row = trial_sync_records.c
    newest: dict[str, Found] = {}
    for one in found:
        if one.nct_id not in newest or _is_later(one.status_as_of, newest[one.nct_id].status_as_of):
            newest[one.nct_id] = one
    query = sa.select(row.nct_id, row.status_as_of).where(row.sync_id == sync_id)
    kept: dict[str, str | None] = {}
    numbers = list(newest)
    for start in range(0, len(numbers), _CHUNK):
        kept.update(connection.execute(query.where(row.nct_id.in_(numbers[start : start + _CHUNK]))).all())
    for nct_id, as_of in kept.items():
        if _is_later(newest[nct_id].status_as_of, as_of):
            connection.execute(
                sa.update(trial_sync_records)
                .where(row.sync_id == sync_id, row.nct_id == nct_id)
                .values(**{name: getattr(newest[nct_id], name) for name in _SHOWN})
            )
    fresh = [
        {"sync_id": sync_id, "nct_id": nct_id, **{name: getattr(one, name) for name in _SHOWN}}
        for nct_id, one in newest.items()
        if nct_id not in kept
    ]
    if fresh:
        connection.execute(sa.insert(trial_sync_records), fresh)


def _is_later(one: str | None, other: str | None) -> bool:
    return (one or "") > (other or "")


def _keep_changes(connection: Connection, sync_id: int, today: str) -> int:
    """One row for each study whose status is another one now; returns how many."""
    old, new = trial_studies.c, trial_sync_records.c
    both = sa.join(trial_studies, trial_sync_records, old.nct_id == new.nct_id)
    query = sa.select(
        old.nct_id, old.status.label("before"), new.status.label("after"), new.status_as_of.label("as_of")
    )
    query = query.select_from(both).where(new.sync_id == sync_id, old.status.is_distinct_from(new.status))
    rows = [{**row, "seen_on": today} for row in connection.execute(query.order_by(old.nct_id)).mappings()]
    if rows:
        connection.execute(sa.insert(trial_status_changes), rows)
    return len(rows)


def _change(connection: Connection, sync_id: int) -> int:
    """Takes over what is shown of known studies; returns of how many it is another now."""
    old, new = trial_studies.c, trial_sync_records.c
    mine = sa.select(new.nct_id).where(new.sync_id == sync_id)

    def fresh(name: str) -> sa.sql.ColumnElement:
        of_it = sa.select(new[name]).where(new.sync_id == sync_id, new.nct_id == old.nct_id)
        return of_it.correlate(trial_studies).scalar_subquery()

    differs = old.fingerprint != fresh("fingerprint")
    changed = sa.update(trial_studies).where(old.nct_id.in_(mine), differs)
    return int(connection.execute(changed.values(**{name: fresh(name) for name in _SHOWN})).rowcount)


def _check(connection: Connection, seen: sa.sql.Select, today: str) -> int:
    """Known studies that were seen; returns for how many that says something new."""
    row = trial_studies.c
    stale = (row.checked_on != today) | (row.not_found != 0)
    checked = sa.update(trial_studies).where(row.nct_id.in_(seen), stale)
    return int(connection.execute(checked.values(checked_on=today, not_found=0, missing_since=None)).rowcount)


def _miss(connection: Connection, seen: sa.sql.Select) -> int:
    """Known studies that were not seen; returns how many count as missing from now on."""
    row = trial_studies.c
    connection.execute(sa.update(trial_studies).where(row.nct_id.not_in(seen)).values(not_found=row.not_found + 1))
    missing = sa.update(trial_studies).where(row.not_found >= MISSING_AFTER, row.missing_since.is_(None))
    return int(connection.execute(missing.values(missing_since=row.checked_on)).rowcount)


def _add(connection: Connection, sync_id: int, today: str) -> int:
    new = trial_sync_records.c
    known = sa.exists().where(trial_studies.c.nct_id == new.nct_id)
    shown = (new[name] for name in _SHOWN)
    fresh = sa.select(new.nct_id, *shown, sa.literal(today), sa.literal(0)).where(new.sync_id == sync_id, ~known)
    names = ["nct_id", *_SHOWN, "checked_on", "not_found"]
    return int(connection.execute(sa.insert(trial_studies).from_select(names, fresh)).rowcount)


def _count(connection: Connection, *conditions: sa.sql.ColumnElement) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(trial_studies).where(*conditions)).scalar() or 0
