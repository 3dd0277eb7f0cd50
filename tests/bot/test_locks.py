"""Messages of one person are taken one after the other; nobody waits for anybody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.locks import LanternLockStore


@pytest.fixture
def locks() -> LanternLockStore:
    from bot.locks import LanternLockStore

    return LanternLockStore()


def test_the_next_in_line_is_let_in_when_the_one_before_is_done(locks: LanternLockStore) -> None:
    done: list[str] = []

    async def message(name: str) -> None:
        async with locks.lock("ann"):
            done.append(f"{name} begins")
            await asyncio.sleep(0)
            done.append(f"{name} ends")

    async def all_at_once() -> None:
        await asyncio.gather(*(message(name) for name in "abc"))

    asyncio.run(all_at_once())
    assert done == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]


def test_it_does_not_poll(locks: LanternLockStore) -> None:
    """Whoever waits is woken by the one before: without a clock that goes on, too."""

    async def wake() -> int:
        async with locks.lock("ann"):
            waiting = asyncio.create_task(enter())
            await asyncio.sleep(0)
            assert not waiting.done()
        steps = 0
        while not waiting.done():
            await asyncio.sleep(0)
            steps += 1
        return steps

    async def enter() -> None:
        async with locks.lock("ann"):
            pass

    assert asyncio.run(wake()) < 10


def test_another_person_does_not_wait(locks: LanternLockStore) -> None:
    async def both() -> None:
        async with locks.lock("ann"), locks.lock("bo"):
            assert len(locks) == 2

    asyncio.run(asyncio.wait_for(both(), 10))


def test_a_lock_is_forgotten_when_nobody_needs_it(locks: LanternLockStore) -> None:
    async def message() -> None:
        async with locks.lock("ann"):
            assert locks.is_someone_waiting("ann")

    async def fail() -> None:
        async with locks.lock("ann"):
            raise ValueError("an action failed")

    async def give_up() -> None:
        async with locks.lock("ann"):
            waiting = asyncio.create_task(message())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(message())
    with pytest.raises(ValueError, match="an action failed"):
        asyncio.run(fail())
    asyncio.run(give_up())
    assert len(locks) == 0
    assert not locks.is_someone_waiting("ann")
