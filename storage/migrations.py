"""Runs the numbered schema changes of a room with Alembic; each room has its own versions and history table."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from storage.engine import read, write
from storage.errors import SchemaMismatch

ALEMBIC = Path(__file__).parent / "alembic"


def _config(folder: Path, connection: Connection | None, history: str) -> Config:
    config = Config()
    config.set_main_option("script_location", _plain(ALEMBIC))
    config.set_main_option("version_locations", _plain(folder / "versions"))
    # Otherwise a folder with a blank or a comma in its path would be read as two.
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["history"] = history
    return config


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")


def migrate(engine: Engine, folder: Path, history: str) -> None:
    """Brings the schema up to the newest version in `folder`/versions, in one transaction: all steps or none.

    `history` is the table in which Alembic remembers the version. Raises `SchemaMismatch` when the database is newer
    than the code.
    """
    with write(engine) as connection:
        _refuse_newer(connection, folder, history)
        command.upgrade(_config(folder, connection, history), "head")


def require_current(engine: Engine, folder: Path, history: str, remedy: str) -> None:
    """Raises `SchemaMismatch` unless the schema is exactly what the code expects; `remedy` is the command to run."""
    with read(engine) as connection:
        version = _refuse_newer(connection, folder, history)
    if version != ScriptDirectory.from_config(_config(folder, None, history)).get_current_head():
        raise SchemaMismatch(f"the database is older than the code (version {version}); run: {remedy}")


def _refuse_newer(connection: Connection, folder: Path, history: str) -> str | None:
    scripts = ScriptDirectory.from_config(_config(folder, None, history))
    version = MigrationContext.configure(connection, opts={"version_table": history}).get_current_revision()
    if version is not None and version not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaMismatch(
            f"the database is newer than the code (version {version}); update the code or restore a backup"
        )
    return version
