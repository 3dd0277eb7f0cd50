"""Of several processes one has the lease, on either kind of database."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.engine import open_engine, read, write
from storage.lease import Holder, Lease, LeaseHeld, LeaseLost, holder_of, lease_table
from tests import postgresql as postgresql_server
from tests.running import wait_until

METADATA = sa.MetaData()
TABLE = lease_table(METADATA)
NOON = dt.datetime(2026, 11, 29, 12, tzinfo=dt.timezone.utc)
SECONDS = 30.0

New = Callable[..., Lease]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, url: str) -> Iterator[Engine]:
    if request.param == "postgresql":
        server: postgresql_server.Server = request.getfixturevalue("postgresql")
        url = server.new_database()
    engine = open_engine(url)
    with write(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def time() -> list[float]:
    """The last one is the present second."""
    return [0.0]


@pytest.fixture
def new(database: Engine, time: list[float]) -> New:
    def lease(holder: str, seconds: float = SECONDS) -> Lease:
        return Lease(database, TABLE, "worker", holder, seconds, lambda: time[-1], lambda: NOON)

    return lease


def who(database: Engine) -> str | None:
    with read(database) as connection:
        holder = holder_of(connection, TABLE, "worker")
    return holder.name if holder is not None else None


def test_one_has_it_and_the_others_do_not(new: New, database: Engine) -> None:
    assert new("one").take()
    assert not new("two").take()
    with read(database) as connection:
        assert holder_of(connection, TABLE, "worker") == Holder("one", NOON)
        assert holder_of(connection, TABLE, "something else") is None


def test_who_was_killed_is_followed_when_the_lease_has_run_out(new: New, time: list[float]) -> None:
    assert new("killed").take()
    two = new("two")
    assert not two.take()
    time.append(SECONDS - 1)
    assert not two.take()
    time.append(SECONDS)
    assert two.take()
    assert not new("three").take()


def test_who_is_alive_keeps_it_however_long_another_watches(new: New, time: list[float], database: Engine) -> None:
    one, two = new("one"), new("two")
    assert one.take()
    for _ in range(10):
        assert not two.take()
        time.append(time[-1] + SECONDS - 1)
        with write(database) as connection:
            one.require(connection)


def test_who_comes_new_does_not_trust_the_clock_of_a_holder_before_it_has_watched(new: New, time: list[float]) -> None:
    assert new("one").take()
    time.append(10 * SECONDS)
    two = new("two")
    assert not two.take(), "it has only just looked"


def test_who_was_followed_can_write_nothing_any_more(new: New, time: list[float], database: Engine) -> None:
    one, two = new("one"), new("two")
    assert one.take()
    two.take()
    time.append(SECONDS)
    assert two.take()
    with pytest.raises(LeaseLost, match="another process has taken over: worker"), write(database) as connection:
        one.require(connection)
    assert one.is_lost
    with one.held():
        pass
    assert who(database) == "two", "nobody gives back what is not theirs"


def test_it_is_given_back_at_the_end(new: New, database: Engine) -> None:
    one = new("one")
    assert one.take()
    with one.held():
        assert who(database) == "one"
    assert who(database) is None
    assert new("two").take()


def test_it_is_renewed_as_long_as_the_work_takes(new: New, database: Engine) -> None:
    one = new("one", seconds=0.1)
    assert one.take()

    def beat() -> int:
        with read(database) as connection:
            return int(connection.execute(sa.select(TABLE.c.beat)).scalar())

    with one.held():
        first = beat()
        wait_until("three beats", lambda: beat() >= first + 3)
        assert not one.is_lost


def test_of_many_at_the_same_moment_one_gets_it(new: New) -> None:
    leases = [new(f"process {number}") for number in range(8)]
    begin = threading.Barrier(len(leases))

    def take(lease: Lease) -> bool:
        begin.wait(20)
        return lease.take()

    with ThreadPoolExecutor(len(leases)) as threads:
        assert sum(threads.map(take, leases)) == 1


def test_of_many_that_follow_a_dead_holder_one_gets_it(new: New, time: list[float]) -> None:
    assert new("killed").take()
    leases = [new(f"process {number}") for number in range(8)]
    assert not any(lease.take() for lease in leases)
    time.append(SECONDS)
    begin = threading.Barrier(len(leases))

    def take(lease: Lease) -> bool:
        begin.wait(20)
        return lease.take()

    with ThreadPoolExecutor(len(leases)) as threads:
        assert sum(threads.map(take, leases)) == 1


def test_who_waits_hears_at_once_of_a_holder_that_lives(new: New, time: list[float], database: Engine) -> None:
    one, told = new("one"), []
    assert one.take()

    def wait(seconds: float) -> None:
        time.append(time[-1] + seconds)
        with write(database) as connection:
            one.require(connection)

    with pytest.raises(LeaseHeld, match="one is at work on it; wait until it is done"):
        new("two").take_or_wait(wait, lambda holder: told.append(holder.name))
    assert told == ["one"]
    assert time[-1] < SECONDS


def test_who_waits_takes_over_from_a_holder_that_does_not(new: New, time: list[float], database: Engine) -> None:
    assert new("killed").take()
    new("two").take_or_wait(lambda seconds: time.append(time[-1] + seconds), lambda holder: None)
    assert who(database) == "two"
