"""`./lantern backup` and `./lantern restore`, as a person at a terminal uses them."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.__main__ import main
from knowledge.model import Question
from knowledge.wiring import build
from tests import postgresql as postgresql_server
from tests.running import PROJECT, environment, free_port, run_command

Lantern = Callable[..., tuple[int, str]]


@pytest.fixture
def lantern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lantern:
    """Runs `./lantern WORDS` in a home below `tmp_path`; the exit code, and all that a terminal shows."""

    def run(*words: str, home: str = "home", **settings: str) -> tuple[int, str]:
        ours = {"LANTERN_HOME": str(tmp_path / home), "LANTERN_ASSISTANT_PORT": str(free_port()), **settings}
        for name, value in {"LANTERN_DATABASE_URL": "", "CALLED_FROM": str(tmp_path), **ours}.items():
            monkeypatch.setenv(name, value)
        code = main([*words])
        return code, "".join(capsys.readouterr())

    return run


def lupus(settings: Mapping[str, str]) -> tuple[int, str | None]:
    """The release, and the entry that answers."""
    answerer = build(settings).live()
    return answerer.release.number, answerer.answer(Question("is lupus contagious")).entry


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_new_home_answers_as_the_old_one_did(
    prepared_home: Path, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    new = tmp_path / "new"
    settings = {"LANTERN_ASSISTANT_PORT": str(free_port())}
    if kind == "postgresql":
        server: postgresql_server.Server = request.getfixturevalue("postgresql")
        settings["LANTERN_DATABASE_URL"] = server.new_database()
    file = tmp_path / "kept.zip"
    backed_up = run_command("backup", str(file), env=environment(prepared_home))
    assert backed_up.returncode == 0, backed_up.stdout
    assert f"files to {file} (" in backed_up.stdout
    restored = run_command("restore", str(file), env=environment(new, **settings))
    assert restored.returncode == 0, restored.stdout
    assert restored.stdout.splitlines()[-1].startswith("Restored ")
    # The model is made again by `./lantern model`; that is tested where it belongs.
    (new / "model").symlink_to(prepared_home / "model")
    before = lupus({"LANTERN_HOME": str(prepared_home)})
    assert lupus({"LANTERN_HOME": str(new), **settings}) == before
    assert before[1] == "lupus-contagious"
    cards = {path.relative_to(prepared_home): path.read_bytes() for path in prepared_home.glob("cards/*/*.md")}
    assert {path.relative_to(new): path.read_bytes() for path in new.glob("cards/*/*.md")} == cards
    published = run_command("content", "import", "--seed", env=environment(new, **settings))
    assert published.stdout.endswith("was live already; nothing changed.\n"), published.stdout


def test_each_says_what_it_did(lantern: Lantern, tmp_path: Path) -> None:
    assert lantern("records", "migrate")[0] == 0
    code, said = lantern("backup", "kept.zip")
    assert (code, said) == (0, f"Backed up 0 rows and 0 files to {tmp_path / 'kept.zip'} (0.0 MB).\n")
    code, said = lantern("restore", "kept.zip", home="new")
    assert code == 0
    assert said.startswith("Restored 0 rows and 0 files as they were at 20")
    code, said = lantern("backup", "kept.zip")
    assert (code, said.count("\n")) == (1, 1)
    assert (
        said
        == f"lantern backup: {tmp_path / 'kept.zip'} exists already; give another name, or --replace to write over it\n"
    )
    assert lantern("backup", "kept.zip", "--replace")[0] == 0


def test_what_goes_wrong_is_one_sentence(lantern: Lantern, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    for words, why in (
        (("backup", "kept.zip"), "nothing is kept yet; is LANTERN_HOME, or LANTERN_DATABASE_URL, the right one?"),
        (("restore", "gone.zip"), "gone.zip cannot be opened: No such file or directory"),
        (("restore", "notes"), "is not a whole backup of Lantern (File is not a zip file); nothing was changed."),
    ):
        code, said = lantern(*words)
        assert code == 1
        assert said.startswith(f"lantern {words[0]}: ")
        assert why in said
    assert not (tmp_path / "home").exists()


def test_a_running_lantern_is_to_be_stopped_first(lantern: Lantern, tmp_path: Path) -> None:
    with socket.socket() as assistant:
        assistant.bind(("127.0.0.1", 0))
        assistant.listen()
        port = str(assistant.getsockname()[1])
        code, said = lantern("restore", "kept.zip", LANTERN_ASSISTANT_PORT=port)
    assert code == 1
    assert f"port {port} is used by process" in said


def test_a_name_counts_from_where_the_person_is(tmp_path: Path) -> None:
    env = environment(tmp_path / "home")
    assert run_command("records", "migrate", env=env).returncode == 0
    command = ["sh", str(PROJECT / "lantern"), "backup", "kept.zip"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "kept.zip").exists()
