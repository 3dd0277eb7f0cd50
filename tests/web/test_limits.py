"""Limits: bursts pass, floods wait for exactly as long as they are told, and memory stays small."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from web.errors import Refused
from web.limits import Limiter, Limits, Rate, whole_seconds


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(limiter: Limiter, key: str, tries: int) -> int:
    """How many of so many tries pass."""
    return sum(limiter.take(key) == 0.0 for _ in range(tries))


def test_a_rate_is_read_as_it_is_written() -> None:
    assert Rate.parse("20 per 10 s") == Rate(20, 10)
    assert Rate.parse("  600  per 60 s ") == Rate(600, 60)
    assert Rate.parse("0").count == 0


@pytest.mark.parametrize(
    "value",
    ["20", "20/10", "20 per 10", "20 per 10 min", "-1 per 10 s", "1.5 per 1 s", "0 per 10 s", "20 per 0 s", "x"],
)
def test_another_rate_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(ValueError, match="20 per 10 s"):
        Rate.parse(value)


def test_the_limit_passes_at_once_and_no_more() -> None:
    limiter = Limiter(Rate(20, 10), Clock())
    assert taken(limiter, "a", 1000) == 20
    assert taken(limiter, "b", 1000) == 20, "another caller is not held back"


def test_who_waits_as_told_is_served() -> None:
    clock = Clock()
    limiter = Limiter(Rate(20, 10), clock)
    taken(limiter, "a", 20)
    wait = limiter.take("a")
    assert wait == pytest.approx(0.5)
    assert limiter.take("a") == wait, "asking too early costs nothing"
    clock.now += wait * 0.9
    assert limiter.take("a") > 0
    clock.now += wait * 0.1
    assert limiter.take("a") == 0.0
    assert limiter.take("a") == pytest.approx(0.5)


def test_after_a_rest_everything_is_free_again() -> None:
    clock = Clock()
    limiter = Limiter(Rate(20, 10), clock)
    taken(limiter, "a", 50)
    clock.now += 10
    assert taken(limiter, "a", 50) == 20


def test_a_steady_flood_gets_its_share_and_no_more() -> None:
    clock, seed = Clock(), random.Random(7)
    limiter = Limiter(Rate(600, 60), clock)
    passed = 0
    for _ in range(100_000):
        clock.now += seed.random() * 0.006
        passed += limiter.take("a") == 0.0
    elapsed = clock.now - 1000.0
    assert elapsed * 10 <= passed <= elapsed * 10 + 600


@pytest.mark.parametrize("jump", [-1e9, -3600.0, -0.001])
def test_a_clock_that_goes_back_holds_nobody_longer_than_a_full_limit_would(jump: float) -> None:
    clock = Clock(1e9)
    limiter = Limiter(Rate(20, 10), clock)
    taken(limiter, "a", 50)
    clock.now += jump
    wait = limiter.take("a")
    assert 0 < wait <= 0.6
    clock.now += wait
    assert limiter.take("a") == 0.0


def test_without_a_limit_nothing_waits_and_nothing_is_kept() -> None:
    limiter = Limiter(Rate(0), Clock())
    assert taken(limiter, "a", 10_000) == 10_000
    assert len(limiter) == 0


def test_only_so_many_callers_are_remembered_and_the_busy_ones_among_them() -> None:
    limiter = Limiter(Rate(2, 10), Clock(), most=100)
    taken(limiter, "busy", 2)
    for stranger in range(10_000):
        limiter.take(f"stranger {stranger}")
        if stranger % 50 == 0:
            assert limiter.take("busy") > 0
    assert len(limiter) <= 100


def test_a_wait_is_told_in_whole_seconds_that_are_enough() -> None:
    assert [whole_seconds(wait) for wait in (0.0001, 0.5, 1.0, 1.2, 59.01)] == [1, 1, 1, 2, 60]


def test_both_limits_hold_and_say_how_long_to_wait() -> None:
    exceeded: list[str] = []
    limits = Limits(Rate(2, 10), Rate(3, 60), Clock(), exceeded.append)
    limits.count(conversation="a", address="192.0.2.1")
    limits.count(conversation="a", address="192.0.2.1")
    with pytest.raises(Refused) as refused:
        limits.count(conversation="a")
    assert (refused.value.status, refused.value.code, refused.value.wait) == (429, "too_many", pytest.approx(5.0))
    assert "5 s" in refused.value.detail
    limits.count(conversation="b", address="192.0.2.1")
    with pytest.raises(Refused):
        limits.count(conversation="c", address="192.0.2.1")
    limits.count(conversation="c", address="192.0.2.2")
    assert exceeded == ["conversation", "address"]


def test_what_is_not_known_is_not_counted() -> None:
    limits = Limits(Rate(1, 10), Rate(1, 10), Clock(), lambda limit: None)
    for _ in range(100):
        limits.count(conversation="", address="")
