from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import storage.engine
from storage.engine import open_engine, read, write
from storage.errors import StorageError, Unavailable


def kept(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.exec_driver_sql("SELECT word FROM words ORDER BY word").scalars())


def put(engine: Engine, word: str) -> None:
    with write(engine) as connection:
        connection.execute(sa.text("INSERT INTO words VALUES (:word)"), {"word": word})


def test_what_is_written_is_there_for_the_next_reader(engine: Engine, url: str) -> None:
    put(engine, "one")
    assert kept(open_engine(url)) == ["one"]


def test_a_write_that_fails_halfway_leaves_nothing(engine: Engine) -> None:
    def half() -> None:
        with write(engine) as connection:
            connection.exec_driver_sql("INSERT INTO words VALUES ('half')")
            raise RuntimeError("the other half never came")

    with pytest.raises(RuntimeError):
        half()
    assert kept(engine) == []
    put(engine, "whole")
    assert kept(engine) == ["whole"]


def test_a_reader_does_not_see_what_is_not_committed_and_is_not_held_up(engine: Engine) -> None:
    with write(engine) as connection:
        connection.exec_driver_sql("INSERT INTO words VALUES ('soon')")
        assert kept(engine) == []
    assert kept(engine) == ["soon"]


def test_a_database_that_stays_locked_is_said_to_be_unavailable(
    engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.engine, "BUSY_TIMEOUT_MS", 20)
    other = open_engine(url)
    with write(engine), pytest.raises(Unavailable, match=r"kept\.db does not answer: database is locked"):
        put(other, "never")
    put(other, "now")
    assert kept(engine) == ["now"]


def test_a_database_that_may_not_be_written_still_answers(engine: Engine) -> None:
    put(engine, "old")
    engine.dispose()

    # Rights of files do not bind root, so the connection itself is made read-only.
    @sa.event.listens_for(engine, "connect")
    def read_only(connection: sa.engine.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    with pytest.raises(Unavailable, match="readonly"):
        put(engine, "new")
    assert kept(engine) == ["old"]


def test_once_the_disk_can_be_written_again_so_can_the_database(engine: Engine) -> None:
    engine.dispose()
    disk = {"read_only": True}

    # As with a disk: what was opened while it could only be read stays so.
    @sa.event.listens_for(engine, "connect")
    def opened(connection: sa.engine.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA query_only={'ON' if disk['read_only'] else 'OFF'}")

    with pytest.raises(Unavailable, match="readonly"):
        put(engine, "new")
    disk["read_only"] = False
    put(engine, "new")
    assert kept(engine) == ["new"]


def test_a_full_disk_is_said_and_keeps_what_was_there(engine: Engine) -> None:
    put(engine, "old")
    engine.dispose()

    @sa.event.listens_for(engine, "connect")
    def few_pages(connection: sa.engine.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=4")

    with pytest.raises(Unavailable, match="full"):
        put(engine, "new" * 10000)
    assert kept(engine) == ["old"]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear reader, " * 100, encoding="ascii")
    with pytest.raises(Unavailable, match=r"letter\.db does not answer: file is not a database"):
        kept(open_engine(f"sqlite:///{file}"))


def test_a_fault_of_our_own_is_not_called_an_absent_database(engine: Engine) -> None:
    put(engine, "one")
    with pytest.raises(sa.exc.IntegrityError):
        put(engine, "one")


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql+psycopg2://lantern@/lantern?host={tmp_path}")
    with pytest.raises(Unavailable, match="does not answer"), read(engine):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "",
        "just words",
        "mysql://host/name",
        "sqlite://",
        "oracle:///x",
        "postgres://user@host/name",
        "postgresql+nothing://user@host/name",
        "postgresql+asyncpg://user@host/name",
        "postgresql://user@host:many/name",
    ],
)
def test_an_address_that_cannot_work_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(StorageError, match=r"PostgreSQL|postgresql"):
        open_engine(url)


def test_a_refused_address_does_not_repeat_the_password() -> None:
    with pytest.raises(StorageError) as refused:
        open_engine("mysql://user:s3cret@host/name")
    assert "s3cret" not in str(refused.value)


def test_no_connection_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path / 'later.db'}")
    assert list(tmp_path.iterdir()) == []
