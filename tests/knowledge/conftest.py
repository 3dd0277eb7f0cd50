"""A database of either kind, small content, and the answers from the shipped content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from knowledge import wiring
from knowledge.answer import Answerer
from knowledge.store.repository import KnowledgeStore
from storage.engine import open_engine
from tests import postgresql as postgresql_server
from tests.databases import RoomName, new_sqlite
from tests.knowledge.samples import write_folder


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "content")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database, where the test uses the `store` with its tables: each test runs on both kinds."""
    room: RoomName | None = "knowledge" if "store" in request.fixturenames else None
    if request.param == "sqlite":
        file = tmp_path / "knowledge.db"
        return f"sqlite:///{new_sqlite(file, room) if room else file}"
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return server.next_database(room)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> KnowledgeStore:
    return KnowledgeStore(engine)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> KnowledgeStore:
    """For tests of what is above the store, where one kind of database will do."""
    return KnowledgeStore(open_engine(f"sqlite:///{new_sqlite(tmp_path / 'small.db', 'knowledge')}"))


@pytest.fixture(scope="session")
def answerer(shipped: wiring.Knowledge) -> Answerer:
    return shipped.live()
