"""One assistant for the folder: fitting its intent model takes longer than the talks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knowledge import wiring
from tests.actions.talking import Assistant, Person, trained
from tests.eligibility import promises
from tests.provenance import texts_of
from tests.running import Reply

Say = Callable[[str], Reply]


@pytest.fixture(scope="session")
def assistant(prepared_home: Path) -> Assistant:
    knowledge = wiring.build({"LANTERN_HOME": str(prepared_home)})
    knowledge.live()
    return Assistant(knowledge, trained(knowledge))


@pytest.fixture
def person(assistant: Assistant) -> Iterator[Person]:
    """Someone who is never told that they may join a study: their test fails in the end if they are."""
    person = Person(assistant)
    yield person
    assert promises(text for reply in person.heard for text in texts_of(reply)) == []


@pytest.fixture
def say(person: Person) -> Say:
    return person.say
