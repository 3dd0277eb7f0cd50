"""Opening databases, and the one way to write to them.

SQLite by default and PostgreSQL with the same code. Engines are made by `open_engine` and passed in; nothing here is
global. Reads use `engine.connect()`; writes use `write(engine)`, one transaction that is all or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from storage.errors import StorageError, Unavailable

BUSY_TIMEOUT_MS = 3000
"""How long a connection waits for another writer, in milliseconds, before it gives up."""
CONNECT_SECONDS = 3
"""How long a PostgreSQL server may take to accept a connection."""

_STALE = ("readonly database", "unable to open", "disk I/O error")
"""SQLite's words for what only a new connection can get over."""
_NO_SUCH_TABLE = "42P01"
"""PostgreSQL's code for a table that is not there, as before set-up. SQLite calls the same an operational error."""


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///file` or `postgresql+psycopg2://...`. Raises `StorageError` for any other address.

    The folder of a SQLite file is made when it is missing. No connection is opened yet.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StorageError(
            "LANTERN_DATABASE_URL is not an address such as postgresql+psycopg2://user@host/name"
        ) from None
    if backend == "postgresql":
        if parsed.drivername not in ("postgresql", "postgresql+psycopg2"):
            raise StorageError(f"{parsed.drivername} is not the installed driver; begin with postgresql+psycopg2://")
        return sa.create_engine(
            parsed,
            future=True,
            pool_size=5,
            max_overflow=5,
            pool_pre_ping=True,
            # What is logged or raised must never repeat the values of a statement: they may be a person's words.
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "options": f"-c lock_timeout={BUSY_TIMEOUT_MS}"},
        )
    if backend != "sqlite" or not parsed.database:
        raise StorageError(f"LANTERN_DATABASE_URL: {backend!r} is not supported; use SQLite files or PostgreSQL")
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # SQLAlchemy 1.4 opens SQLite files anew for every checkout (NullPool); a pool halves the cost of a read.
    engine = sa.create_engine(
        parsed,
        future=True,
        poolclass=QueuePool,
        pool_size=5,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    sa.event.listen(engine, "handle_error", _open_anew)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling would start transactions late; "begin" below does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("lantern_single", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("lantern_write", False) else "BEGIN")


def _open_anew(context: ExceptionContext) -> None:
    """A connection that was opened while the disk could only be read stays so for good, and one that met a fault of
    the disk may. Neither goes back into the pool."""
    if any(words in str(context.original_exception) for words in _STALE):
        context.is_disconnect = True


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One writing transaction: committed when the block ends well, otherwise nothing of it remains.

    Raises `Unavailable` when the database is locked for longer than `BUSY_TIMEOUT_MS`, full, read-only or gone.
    """
    # The option is set on the connection: an engine with options of its own would be built anew for every write.
    with (
        _translated(engine),
        engine.connect() as connection,
        connection.execution_options(lantern_write=True).begin(),
    ):
        yield connection


@contextmanager
def read(engine: Engine, single: bool = False) -> Iterator[Connection]:
    """One reading connection. Raises `Unavailable` when the database does not answer.

    `single`: for one statement. SQLite then needs no transaction around it, which would take as long again.
    """
    with _translated(engine), engine.connect() as connection:
        yield connection.execution_options(lantern_single=True) if single else connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One reading transaction that sees the database as it was when it first read, however long it goes on; it keeps
    no writer waiting. Raises `Unavailable` when the database does not answer."""
    with _translated(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Its default would show each statement what was committed before it. SQLite has no other way than this one.
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        ours = isinstance(error, (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError))
        if ours and getattr(error.orig, "pgcode", None) != _NO_SUCH_TABLE:
            raise
        place = engine.url.database if engine.url.get_backend_name() == "sqlite" else engine.url.host
        raise Unavailable(f"the database {place} does not answer: {error.orig}") from error
