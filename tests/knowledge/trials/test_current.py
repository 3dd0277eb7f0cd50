"""The newest copy is at hand, and nobody waits for it."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from knowledge.errors import StoreUnavailable
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.current import LOOK_SECONDS, CurrentTrials
from knowledge.trials.model import RegistryCopy, Study
from tests.running import wait_until

NUMBER = "NCT90000001"
SHIPPED = RegistryCopy((Study(NUMBER, title="Shipped", names=("KYSA-9",)),), dt.date(2026, 11, 22))


def copy(number: int, title: str) -> RegistryCopy:
    return RegistryCopy((Study(NUMBER, title=title),), dt.date(2026, 11, 28), number)


@dataclass
class Copies:
    """A database. `away`, while set, is what every look at it raises; `slow`, while set, holds up reading a copy."""

    newest: RegistryCopy | None = None
    away: Exception | None = None
    slow: threading.Event | None = None
    known_as: list[Mapping[str, tuple[str, ...]]] = field(default_factory=list)

    def copy_number(self) -> int:
        if self.away:
            raise self.away
        return self.newest.number if self.newest else 0

    def copy(self, known_as: Mapping[str, tuple[str, ...]]) -> RegistryCopy | None:
        self.known_as.append(known_as)
        if self.slow:
            assert self.slow.wait(20)
        if self.away:
            raise self.away
        return self.newest


@pytest.fixture
def copies() -> Copies:
    return Copies()


@pytest.fixture
def trials(copies: Copies, phrases: Mapping[str, str]) -> CurrentTrials:
    def answers(copy: RegistryCopy) -> TrialAnswers:
        if copy.studies[0].title == "Damaged":
            raise ValueError("cannot be used")
        return TrialAnswers(copy, phrases)

    # Each look is a second after the one before.
    return CurrentTrials(copies, SHIPPED, answers, itertools.count().__next__)


def title(trials: CurrentTrials) -> str | None:
    study = trials.newest().shelf.by_number(NUMBER)
    assert study is not None
    return study.title


def test_before_the_first_sync_the_shipped_copy_answers(trials: CurrentTrials) -> None:
    trials.load()
    assert title(trials) == "Shipped"


def test_a_process_begins_with_the_newest_copy(trials: CurrentTrials, copies: Copies) -> None:
    copies.newest = copy(4, "Fourth")
    trials.load()
    assert title(trials) == "Fourth"
    assert copies.known_as == [{NUMBER: ("KYSA-9",)}], "names that only the shipped copy has are not lost"


def test_nobody_waits_for_a_newer_copy(trials: CurrentTrials, copies: Copies) -> None:
    copies.newest, copies.slow = copy(1, "First"), threading.Event()
    assert [title(trials) for _ in range(5)] == ["Shipped"] * 5
    assert len(copies.known_as) == 1, "it is read once, however many ask"
    copies.slow.set()
    wait_until("the newer copy", lambda: title(trials) == "First")


def test_with_the_database_away_the_copy_of_before_goes_on(trials: CurrentTrials, copies: Copies) -> None:
    copies.newest, copies.away = copy(1, "First"), StoreUnavailable("gone")
    trials.load()
    assert title(trials) == "Shipped"
    copies.away = None
    wait_until("the newer copy", lambda: title(trials) == "First")
    copies.newest, copies.away = copy(2, "Second"), StoreUnavailable("gone")
    assert title(trials) == "First"


def test_a_copy_that_cannot_be_used_leaves_the_one_before_and_is_not_tried_again(
    trials: CurrentTrials, copies: Copies, caplog: pytest.LogCaptureFixture
) -> None:
    copies.newest = copy(1, "Damaged")
    assert title(trials) == "Shipped"
    wait_until("the look at it", lambda: "registry copy 1 cannot be used" in caplog.text)
    assert [title(trials) for _ in range(3)] == ["Shipped"] * 3
    assert len(copies.known_as) == 1
    copies.newest = copy(2, "Second")
    wait_until("the next copy", lambda: title(trials) == "Second")


def test_messages_that_come_faster_than_copies_do_not_all_look(copies: Copies, phrases: Mapping[str, str]) -> None:
    ticks = [0.0]
    trials = CurrentTrials(copies, SHIPPED, lambda copy: TrialAnswers(copy, phrases), lambda: ticks[-1])
    assert title(trials) == "Shipped"
    copies.newest = copy(1, "First")
    ticks.append(LOOK_SECONDS / 2)
    assert [title(trials) for _ in range(5)] == ["Shipped"] * 5
    assert copies.known_as == []
    ticks.append(LOOK_SECONDS)
    wait_until("the newer copy", lambda: title(trials) == "First")
