"""Each test is one person in a conversation of their own. Whatever they are told must have been written by someone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.provenance import Sayable, texts_of, unsourced
from tests.running import Lantern, Person, Reply

Say = Callable[[str], Reply]


@pytest.fixture(scope="session")
def sayable(running_lantern: Lantern) -> Sayable:
    return Sayable.of(
        f"sqlite:///{running_lantern.home / 'knowledge.db'}", Path(running_lantern.settings["LANTERN_CONTENT"])
    )


@pytest.fixture
def person(running_lantern: Lantern, sayable: Sayable) -> Iterator[Person]:
    """Someone whose region is not known. Their test fails in the end if a sentence they heard stands nowhere."""
    person = running_lantern.person()
    yield person
    assert unsourced((text for reply in person.heard for text in texts_of(reply)), sayable) == []


@pytest.fixture
def say(person: Person) -> Say:
    return person.say
