"""What is handed to the writer is written once the database can be written, in order, or its giver is told."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

import storage.engine
from storage.engine import open_engine, read, write
from storage.errors import Unavailable
from storage.writer import BATCH, Writer
from tests import postgresql as postgresql_server
from tests.running import PROJECT, wait_until

ENOUGH = 30
"""Seconds after which a test gives up waiting; nothing here takes that long unless it is broken."""


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine)
    yield writer
    writer.close(ENOUGH)


@pytest.fixture
def impatient(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.engine, "BUSY_TIMEOUT_MS", 20)
    engine.dispose()


@pytest.fixture
def server_engine(postgresql: postgresql_server.Server) -> Iterator[Engine]:
    engine = open_engine(postgresql.new_database())
    with write(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE words (word TEXT PRIMARY KEY)")
    yield engine
    engine.dispose()


def put(word: str) -> Callable[[Connection], str]:
    """An operation that may be run again: a word is there once, however often it is put."""

    def operation(connection: Connection) -> str:
        connection.execute(sa.text("INSERT INTO words VALUES (:word) ON CONFLICT DO NOTHING"), {"word": word})
        return word

    return operation


def twice_the_same(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO words VALUES ('one'), ('one')")


def kept(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.exec_driver_sql("SELECT word FROM words ORDER BY word").scalars())


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Somebody else holds the file for writing."""
    other = sqlite3.connect(engine.url.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_results_come_back_once_they_are_committed(writer: Writer, url: str) -> None:
    assert writer.submit(put("one")).result(ENOUGH) == "one"
    assert kept(open_engine(url)) == ["one"]
    assert (writer.waiting, writer.ok) == (0, True)


def test_writes_keep_the_order_in_which_they_came(writer: Writer, engine: Engine) -> None:
    counting = "INSERT INTO words SELECT {number} || ' after ' || count(*) FROM words"
    futures = [
        writer.submit(lambda connection, number=number: connection.exec_driver_sql(counting.format(number=number)))
        for number in range(300)
    ]
    futures[-1].result(ENOUGH)
    assert set(kept(engine)) == {f"{number} after {number}" for number in range(300)}


def test_many_that_wait_share_transactions(writer: Writer, engine: Engine, impatient: None) -> None:
    commits: list[object] = []
    with locked(engine):
        futures = [writer.submit(put(f"{number:03}")) for number in range(2 * BATCH + 50)]
        wait_until("the writer to find the file locked", lambda: not writer.ok)
        sa.event.listen(engine, "commit", commits.append)
    assert futures[-1].result(ENOUGH) == "249"
    assert len(kept(engine)) == 250
    assert len(commits) <= 4


def test_while_the_file_is_locked_nothing_is_lost_and_nobody_waits(
    writer: Writer, engine: Engine, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    with locked(engine):
        futures = [writer.submit(put(word)) for word in ("private", "words")]
        wait_until("the writer to find the file locked", lambda: not writer.ok)
        assert writer.waiting == 2
        assert not any(future.done() for future in futures)
        assert kept(engine) == []
    assert [future.result(ENOUGH) for future in futures] == ["private", "words"]
    assert kept(engine) == ["private", "words"]
    wait_until("the writer to say that all is well", lambda: writer.ok)
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.WARNING]
    assert "2 writes wait" in caplog.text or "1 writes wait" in caplog.text
    assert "private" not in caplog.text


@pytest.mark.parametrize(
    ("limit", "release", "message"),
    [
        ("query_only=ON", "query_only=OFF", "readonly"),
        ("max_page_count=3", "max_page_count=1000000", "full"),
    ],
)
def test_a_file_that_takes_nothing_is_tried_until_it_does(
    engine: Engine, limit: str, release: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine.dispose()
    pragma = [limit]

    # Rights of files do not bind root and a small disk is hard to come by, so the connection itself is limited.
    @sa.event.listens_for(engine, "checkout")
    def limited(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {pragma[0]}")

    writer = Writer(engine)
    future = writer.submit(put("long" * 5000))
    wait_until("the write to fail", lambda: not writer.ok)
    assert message in caplog.text
    assert (writer.waiting, kept(engine)) == (1, [])
    pragma[0] = release
    assert future.result(ENOUGH) == "long" * 5000
    assert writer.close(ENOUGH) == 0


def test_a_file_that_is_gone_is_tried_until_it_is_back(engine: Engine, tmp_path: Path) -> None:
    engine.dispose()
    (tmp_path / "some").rename(tmp_path / "elsewhere")
    writer = Writer(engine)
    future = writer.submit(put("patient"))
    wait_until("the write to fail", lambda: not writer.ok)
    (tmp_path / "elsewhere").rename(tmp_path / "some")
    assert future.result(ENOUGH) == "patient"
    assert kept(engine) == ["patient"]
    writer.close(ENOUGH)


def test_one_faulty_write_does_not_take_the_others_with_it(
    writer: Writer, engine: Engine, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    with locked(engine):
        before, faulty, after = (writer.submit(put("a")), writer.submit(twice_the_same), writer.submit(put("b")))
        wait_until("the writer to find the file locked", lambda: not writer.ok)
    with pytest.raises(sa.exc.IntegrityError):
        faulty.result(ENOUGH)
    assert (before.result(ENOUGH), after.result(ENOUGH)) == ("a", "b")
    assert kept(engine) == ["a", "b"]
    assert "one write failed and was given up: IntegrityError" in caplog.text
    assert "INSERT" not in caplog.text


def test_when_too_many_wait_the_oldest_is_given_up_and_told(
    engine: Engine, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(engine, most_waiting=3)
    with locked(engine):
        first = writer.submit(put("0"))
        wait_until("the writer to find the file locked", lambda: not writer.ok)
        # Those that are being tried at the moment are not given up, so a few more are sent than fit.
        later = [writer.submit(put(str(number))) for number in range(1, 10)]
        given_up = [future for future in (first, *later) if future.done()]
        assert len(given_up) >= 3
        assert writer.waiting <= 6
    for future in given_up:
        with pytest.raises(Unavailable, match="too many writes waited"):
            future.result(ENOUGH)
    assert later[-1].result(ENOUGH) == "9"
    assert kept(engine)[-3:] == ["7", "8", "9"]
    wait_until("the writer to say that all is well", lambda: writer.ok)
    assert f"{len(given_up)} writes had to be given up" in caplog.text
    writer.close(ENOUGH)


def test_who_stops_waiting_for_a_write_does_not_withdraw_it(writer: Writer, engine: Engine, impatient: None) -> None:
    async def impatiently() -> Future[str]:
        future = writer.submit(put("kept all the same"))
        with pytest.raises((asyncio.TimeoutError, CancelledError)):
            await asyncio.wait_for(asyncio.wrap_future(future), 0.01)
        return future

    with locked(engine):
        future = asyncio.run(impatiently())
    assert future.result(ENOUGH) == "kept all the same"
    assert kept(engine) == ["kept all the same"]


def test_closing_writes_what_waits(engine: Engine) -> None:
    writer = Writer(engine)
    futures = [writer.submit(put(f"{number:04}")) for number in range(1000)]
    assert writer.close(ENOUGH) == 0
    assert all(future.done() for future in futures)
    assert len(kept(engine)) == 1000
    with pytest.raises(Unavailable, match="stopping"):
        writer.submit(put("too late")).result(ENOUGH)


def test_closing_says_how_much_could_not_be_written(engine: Engine, impatient: None) -> None:
    writer = Writer(engine)
    with locked(engine):
        futures = [writer.submit(put(str(number))) for number in range(3)]
        assert writer.close(0.3) == 3
        for future in futures:
            with pytest.raises(Unavailable):
                future.result(ENOUGH)
    assert kept(engine) == []


def test_closing_a_writer_that_never_wrote_is_nothing(engine: Engine) -> None:
    assert Writer(engine).close(ENOUGH) == 0


def test_a_process_ends_though_its_writes_still_wait(url: str, engine: Engine) -> None:
    program = (
        "import sys; from storage.engine import open_engine; from storage.writer import Writer\n"
        "Writer(open_engine(sys.argv[1])).submit(lambda c: c.exec_driver_sql('SELECT 1 FROM nowhere'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, url], cwd=PROJECT, timeout=60, capture_output=True)
    assert done.returncode == 0, done.stderr


WRITING = """
import itertools, sys
import sqlalchemy as sa
from storage.engine import open_engine
from storage.writer import Writer
writer = Writer(open_engine(sys.argv[1]))
for number in itertools.count():
    statement = sa.text("INSERT INTO words VALUES (:word)").bindparams(word=str(number))
    writer.submit(lambda connection: connection.execute(statement)).result()
    print(number, flush=True)
"""


def test_what_was_said_to_be_written_survives_a_killed_process(url: str, engine: Engine) -> None:
    command = [sys.executable, "-c", WRITING, url]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(100)]
        process.kill()
        said += process.stdout.readlines()
    assert process.returncode == -9
    whole = {line.strip() for line in said if line.endswith("\n")}
    assert len(whole) >= 100
    assert whole <= set(kept(engine))


def test_threads_may_hand_over_at_the_same_time(writer: Writer, engine: Engine) -> None:
    def hand_over(name: str) -> None:
        for number in range(100):
            writer.submit(put(f"{name}{number:02}"))

    threads = [threading.Thread(target=hand_over, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.close(ENOUGH) == 0
    assert len(kept(engine)) == 400


def test_a_server_that_drops_its_connections_gets_every_write(server_engine: Engine) -> None:
    writer = Writer(server_engine)

    def cut(connection: Connection) -> str:
        # The first time it runs, another connection ends the server's side of this one, in the middle of a transaction.
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        if not cuts:
            cuts.append(pid)
            with read(server_engine) as other:
                other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        return put("after the cut")(connection)

    cuts: list[int] = []
    futures = [writer.submit(put(f"{number:02}")) for number in range(50)]
    futures += [writer.submit(cut)]
    futures += [writer.submit(put(f"{number:02}")) for number in range(50, 99)]
    assert [future.result(ENOUGH) for future in futures][50] == "after the cut"
    assert len(cuts) == 1
    assert len(kept(server_engine)) == 100
    assert writer.close(ENOUGH) == 0


def test_a_locked_table_of_a_server_is_waited_for(server_engine: Engine) -> None:
    writer = Writer(server_engine)
    with write(server_engine) as other:
        other.exec_driver_sql("LOCK TABLE words IN EXCLUSIVE MODE")
        future = writer.submit(put("later"))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with read(server_engine) as looking:
            wait_until("the write to wait", lambda: bool(looking.exec_driver_sql(waiting).scalar()))
        assert (writer.waiting, future.done()) == (1, False)
        assert kept(server_engine) == []
    assert future.result(ENOUGH) == "later"
    assert kept(server_engine) == ["later"]
    assert writer.close(ENOUGH) == 0
