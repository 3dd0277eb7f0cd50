"""The worker does what is due, once, whatever fails, and only while it has the lease."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.commands.work import keep_calendar
from bot.worker import LOOK_SECONDS, Every, Job, Later, NotDone, Worker
from knowledge.editing.calendar import Calendar, Done
from knowledge.store.jobs import CALENDAR, RETENTION, WORKER, JobBook
from knowledge.store.repository import KnowledgeStore
from knowledge.store.tables import leases
from knowledge.store.trials import CopyState, SyncDay
from knowledge.upkeep import Upkeep
from storage.engine import open_engine
from storage.lease import Lease

NOON = dt.datetime(2026, 11, 29, 12, tzinfo=dt.timezone.utc)
SECONDS = 30.0


class Stopped(Exception):
    """The end of a test's worker."""


@dataclass
class Shift:
    """A database with leases and jobs, and the time, which passes when somebody waits. `looks` ends a worker."""

    engine: Engine
    book: JobBook
    seconds: float = 0.0
    looks: int = 10
    done: list[str] = field(default_factory=list)

    def ticks(self) -> float:
        return self.seconds

    def now(self) -> dt.datetime:
        return NOON + dt.timedelta(seconds=self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.looks -= 1
        if self.looks < 0:
            raise Stopped

    def worker(self, name: str, *jobs: Job) -> Worker:
        return Worker(self.lease(name), jobs, self.book, self.now)

    def lease(self, name: str) -> Lease:
        return Lease(self.engine, leases, WORKER, name, SECONDS, self.ticks, self.now)

    def job(self, name: str, seconds: float = LOOK_SECONDS, run: Callable[[], str | None] = lambda: None) -> Job:
        def noted() -> str | None:
            self.done.append(name)
            return run()

        return Job(name, Every(seconds, self.ticks), noted)

    def works(self, worker: Worker, looks: int = 10) -> None:
        self.looks = looks
        with pytest.raises(Stopped):
            worker.run(self.wait)


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    engine = open_engine(f"sqlite:///{tmp_path / 'knowledge.db'}")
    KnowledgeStore(engine).migrate()
    yield Shift(engine, JobBook(engine))
    engine.dispose()


def fails(fault: Exception) -> Callable[[], str | None]:
    def run() -> str | None:
        raise fault

    return run


def test_each_job_is_done_at_once_and_then_as_often_as_it_is_due(shift: Shift) -> None:
    shift.works(shift.worker("one", shift.job("often"), shift.job("seldom", 4 * LOOK_SECONDS)), looks=8)
    assert shift.done.count("often") == 9
    assert shift.done.count("seldom") == 3


def test_a_job_that_fails_is_tried_again_and_keeps_no_other_from_being_done(shift: Shift) -> None:
    shift.works(shift.worker("one", shift.job("bad", run=fails(RuntimeError("secret"))), shift.job("good")), looks=2)
    assert shift.done == ["bad", "good"] * 3


def test_the_others_need_not_wait_for_a_long_job(shift: Shift) -> None:
    def in_two_parts() -> str | None:
        shift.seconds += LOOK_SECONDS
        worker.look()
        shift.done.append("second part")
        return None

    worker = shift.worker("one", shift.job("long", run=in_two_parts), shift.job("short"))
    assert worker.once(shift.wait)
    assert shift.done == ["long", "short", "second part"]


def test_why_a_job_failed_is_kept_until_it_is_done(shift: Shift) -> None:
    faults: list[Exception] = [NotDone("the clock may be wrong"), RuntimeError("/srv/secret"), Later("busy")]

    def run() -> str | None:
        if faults:
            raise faults.pop(0)
        return None

    worker = shift.worker("one", shift.job("moody", run=run))
    kept = []
    for _ in range(4):
        worker.once(shift.wait)
        state = shift.book.all()["moody"]
        kept.append((state.failure, state.done_at))
        shift.seconds += LOOK_SECONDS
    assert kept[0] == ("the clock may be wrong", None)
    why, _ = kept[1]
    assert why is not None
    assert why.startswith("RuntimeError at test_worker.py:")
    assert "secret" not in why
    assert kept[2] == kept[1], "what has to wait is neither done nor failed"
    assert kept[3] == (None, NOON + dt.timedelta(seconds=3 * LOOK_SECONDS))


def test_once_says_whether_all_was_done(shift: Shift) -> None:
    assert shift.worker("one", shift.job("good")).once(shift.wait)
    assert not shift.worker("one", shift.job("good"), shift.job("bad", run=fails(NotDone("no")))).once(shift.wait)


def test_a_second_worker_stands_by_and_follows_one_that_was_killed(shift: Shift) -> None:
    assert shift.lease("killed").take()
    shift.works(shift.worker("two", shift.job("work")), looks=2)
    assert shift.done == []
    shift.works(shift.worker("two", shift.job("work")), looks=6)
    assert shift.done != []


def test_a_worker_that_was_taken_for_dead_stops_working(shift: Shift) -> None:
    followed = shift.lease("two")

    def taken_over() -> str | None:
        # So long a pause that another one has given it up: the machine slept.
        followed.take()
        shift.seconds += SECONDS
        assert followed.take()
        with pytest.raises(Exception, match="another process has taken over"), shift.engine.begin() as connection:
            one._lease.require(connection)
        return None

    one = shift.worker("one", shift.job("first", run=taken_over), shift.job("second"))
    shift.works(one, looks=3)
    assert shift.done == ["first"]


def test_when_the_database_is_away_a_worker_waits_for_it(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.errors import Unavailable

    worker, take, tries = shift.worker("one", shift.job("work")), Lease.take, []

    def away_at_first(lease: Lease) -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("gone")
        return take(lease)

    monkeypatch.setattr(Lease, "take", away_at_first)
    shift.works(worker, looks=4)
    assert shift.done != []


# What watchers are told -----------------------------------------------------------------------------------------


@dataclass
class Copies:
    copy: CopyState = field(default_factory=CopyState)

    def state(self) -> CopyState:
        return self.copy

    def days(self, since: dt.date) -> list[SyncDay]:
        return [SyncDay(NOON.date() - DAYS, 1, 0, 3)]


def upkeep(shift: Shift, copy: CopyState, daily: dt.time | None = dt.time(4, 10)) -> Upkeep:
    shipped = dt.date(2026, 11, 1)
    return Upkeep(Copies(copy), shift.book, shipped, daily, 4, SECONDS, shift.now)


DAYS = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("copy", "ok", "made", "days_old"),
    [
        (CopyState(), True, dt.date(2026, 11, 1), 28),
        (CopyState(tried_since=NOON - 4 * DAYS), True, dt.date(2026, 11, 1), 28),
        (CopyState(tried_since=NOON - 5 * DAYS), False, dt.date(2026, 11, 1), 28),
        (CopyState(number=3, made=dt.date(2026, 11, 25), tried_since=NOON - 90 * DAYS), True, dt.date(2026, 11, 25), 4),
        (CopyState(number=3, made=dt.date(2026, 11, 24)), False, dt.date(2026, 11, 24), 5),
    ],
)
def test_a_copy_that_could_not_be_fetched_for_days_is_told_of(
    shift: Shift, copy: CopyState, ok: bool, made: dt.date, days_old: int
) -> None:
    health = upkeep(shift, copy).copy()
    assert (health.ok, health.made, health.days_old, health.shipped) == (ok, made, days_old, copy.made is None)
    assert upkeep(shift, copy, daily=None).copy().ok


def test_days_without_a_sync_are_told_of_too(shift: Shift) -> None:
    told = upkeep(shift, CopyState()).syncs(3)
    today = NOON.date()
    assert told == [SyncDay(today - 2 * DAYS, 0, 0, 0), SyncDay(today - DAYS, 1, 0, 3), SyncDay(today, 0, 0, 0)]


def test_a_worker_is_there_while_it_was_seen_a_moment_ago(shift: Shift) -> None:
    watched = upkeep(shift, CopyState())
    assert (watched.worker().ok, watched.worker().seen_at) == (False, None)
    assert shift.lease("one").take()
    assert (watched.worker().ok, watched.worker().seen_at) == (True, NOON)
    shift.seconds += 3 * SECONDS + 1
    assert not watched.worker().ok


def test_retention_that_fails_is_told_of_by_the_worker_and_dates_by_the_reviews(shift: Shift) -> None:
    watched = upkeep(shift, CopyState())
    held = fails(NotDone("the clock says 2099"))
    lease = shift.lease("one")
    assert lease.take()
    worker = Worker(lease, [shift.job(RETENTION, run=held), shift.job(CALENDAR, run=held)], shift.book, shift.now)
    worker.look()
    assert (watched.worker().ok, watched.worker().failing) == (False, {RETENTION: "the clock says 2099"})
    assert watched.held() == "the clock says 2099"


class Due(Calendar):
    """A calendar on which this was due."""

    def __init__(self, done: Done, held: str | None) -> None:
        self._done, self.held = done, held

    def run(self, *, confirmed: bool = False) -> Done:
        return self._done


def test_what_was_done_by_date_is_said_and_what_waits_for_a_person_has_failed() -> None:
    assert keep_calendar(Due(Done(), None)) is None
    assert keep_calendar(Due(Done((4,), (("en", "tea"),)), None)) == "published 1 plans and withdrew 1 texts"
    with pytest.raises(NotDone, match="40 of 400 texts are overdue"):
        keep_calendar(Due(Done(), "40 of 400 texts are overdue"))
