from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import migrations
from storage.engine import open_engine, read, write
from storage.errors import SchemaMismatch
from storage.migrations import migrate, require_current
from tests import postgresql as postgresql_server
from tests.forked import processes

STEP = """
from alembic import op
revision = {number!r}
down_revision = {before!r}
def upgrade():
    op.execute({statement!r})
"""
FIRST = "CREATE TABLE rooms (name TEXT)"


def folder(tmp_path: Path, *statements: str) -> Path:
    """A folder of migrations, one statement a step."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    before = None
    for number, statement in enumerate(statements, 1):
        name = f"{number:04}"
        step = STEP.format(number=name, before=before, statement=statement)
        (versions / f"{name}_step.py").write_text(step, encoding="ascii")
        before = name
    return tmp_path / "migrations"


def tables(engine: Engine) -> set[str]:
    with read(engine) as connection:
        return set(sa.inspect(connection).get_table_names())


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'kept.db'}")


def test_an_empty_database_gets_every_step(engine: Engine, tmp_path: Path) -> None:
    steps = folder(tmp_path, FIRST, "ALTER TABLE rooms ADD COLUMN floor INTEGER")
    migrate(engine, steps, "our_history")
    require_current(engine, steps, "our_history", "mend it")
    assert tables(engine) == {"rooms", "our_history"}
    with read(engine) as connection:
        assert connection.exec_driver_sql("SELECT name, floor FROM rooms").all() == []


def test_an_older_database_gets_the_missing_steps_and_keeps_its_rows(engine: Engine, tmp_path: Path) -> None:
    migrate(engine, folder(tmp_path, FIRST, "INSERT INTO rooms VALUES ('hall')"), "history")
    steps = folder(tmp_path, FIRST, "INSERT INTO rooms VALUES ('hall')", "ALTER TABLE rooms ADD COLUMN floor INTEGER")
    with pytest.raises(SchemaMismatch, match=r"older than the code \(version 0002\); run: \./lantern rooms migrate"):
        require_current(engine, steps, "history", "./lantern rooms migrate")
    migrate(engine, steps, "history")
    migrate(engine, steps, "history")
    with read(engine) as connection:
        assert connection.exec_driver_sql("SELECT name, floor FROM rooms").all() == [("hall", None)]


def test_a_step_that_fails_takes_the_others_back_with_it(engine: Engine, tmp_path: Path) -> None:
    # Of another length than the right one: within a second, Python tells a compiled file from its source by that.
    steps = folder(tmp_path, FIRST, "CREATE TABEL floors (name TEXT NOT NULL)")
    with pytest.raises(Exception, match="syntax error"):
        migrate(engine, steps, "history")
    assert tables(engine) == set()
    migrate(engine, folder(tmp_path, FIRST, "CREATE TABLE floors (name TEXT)"), "history")
    assert tables(engine) == {"rooms", "floors", "history"}


def test_a_database_of_newer_code_is_not_touched(engine: Engine, tmp_path: Path) -> None:
    migrate(engine, folder(tmp_path, FIRST, "CREATE TABLE floors (name TEXT)"), "history")
    (tmp_path / "migrations" / "versions" / "0002_step.py").unlink()
    steps = folder(tmp_path, FIRST)
    for act in (migrate, partial(require_current, remedy="mend it")):
        with pytest.raises(SchemaMismatch, match=r"newer than the code \(version 0002\); update the code or restore"):
            act(engine, steps, "history")
    assert tables(engine) == {"rooms", "floors", "history"}


def test_two_rooms_share_a_database_with_histories_of_their_own(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    ours, theirs = folder(tmp_path, FIRST), folder(tmp_path / "other", "CREATE TABLE talks (name TEXT)")
    migrate(engine, ours, "our_history")
    migrate(engine, theirs, "their_history")
    require_current(engine, ours, "our_history", "mend it")
    require_current(engine, theirs, "their_history", "mend it")
    assert tables(engine) == {"rooms", "our_history", "talks", "their_history"}


def test_a_folder_may_have_any_name(engine: Engine, tmp_path: Path) -> None:
    steps = folder(tmp_path / "100% ours, old:new", FIRST)
    migrate(engine, steps, "history")
    require_current(engine, steps, "history", "mend it")
    assert tables(engine) == {"rooms", "history"}


def migrate_together(url: str, steps: Path, together: Any, told: Any) -> None:
    """One of several processes, all of which have seen that steps are missing before one of them takes any."""

    def write_together(engine: Engine) -> Any:
        together.wait(60)
        return write(engine)

    migrations.write = write_together
    engine = open_engine(url)
    try:
        migrate(engine, steps, "history")
        told.put("well")
    except Exception as fault:
        told.put(str(fault))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shared.db'}"
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.mark.parametrize("begun", [False, True], ids=["an empty database", "an older one"])
def test_two_processes_that_migrate_at_once_both_find_it_done(tmp_path: Path, url: str, begun: bool) -> None:
    engine = open_engine(url)
    # SQLite's first connection makes the file, and waits for nobody while it does.
    assert tables(engine) == set()
    if begun:
        migrate(engine, folder(tmp_path, FIRST), "history")
    steps = folder(tmp_path, FIRST, "ALTER TABLE rooms ADD COLUMN floor INTEGER")
    together, told = processes.Barrier(2), processes.Queue()
    engine.dispose()
    running = [processes.Process(target=migrate_together, args=(url, steps, together, told)) for _ in range(2)]
    for process in running:
        process.start()
    assert [told.get(timeout=60) for _ in running] == ["well", "well"]
    for process in running:
        process.join(60)
    require_current(engine, steps, "history", "mend it")
    assert tables(engine) == {"rooms", "history"}
    engine.dispose()
