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
from tests.knowledge.samples import write_folder


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "content")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: each test runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'knowledge.db'}"
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> KnowledgeStore:
    store = KnowledgeStore(engine)
    store.migrate()
    return store


@pytest.fixture
def sqlite_store(tmp_path: Path) -> KnowledgeStore:
    """For tests of what is above the store, where one kind of database will do."""
    store = KnowledgeStore(open_engine(f"sqlite:///{tmp_path / 'small.db'}"))
    store.migrate()
    return store


@pytest.fixture(scope="session")
def answerer(shipped: wiring.Knowledge) -> Answerer:
    return shipped.live()
