from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS, main
from knowledge.settings import SHIPPED_CONTENT
from tests.knowledge.samples import (
    ENTRIES,
    STEPS,
    change,
    demanded_cards,
    file_of,
    write_folder,
    write_publishable_folder,
)
from tests.running import PROJECT, environment, run_command


@pytest.fixture(autouse=True)
def content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own and small content."""
    folder = write_publishable_folder(tmp_path / "content")
    monkeypatch.setenv("LANTERN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANTERN_CONTENT", str(folder))
    return folder


def test_help_lists_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom bot.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, sorted({'rasa', 'tensorflow', 'sqlalchemy', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.stdout.endswith("\n0 []\n")
    for name, purpose in COMMANDS.items():
        assert f"\n    {name}" in done.stdout
        assert purpose.split(",")[0] in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"usage: ./lantern {name} ")
    assert COMMANDS[name].capitalize() in said


@pytest.mark.parametrize("arguments", [[], ["content"], ["content", "import"], ["train", "--fast"], ["fly"]])
def test_a_command_that_cannot_be_understood_ends_with_how_to_use_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: ./lantern" in capsys.readouterr().err


def test_content_that_is_fit_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "check"]) == 0
    count = len(ENTRIES) + len(demanded_cards())
    said = capsys.readouterr()
    assert said.out == f"{count} entries, 2 sources, 2 facts: no faults.\n"
    assert said.err == (
        "Near-duplicate questions were not looked for: the model is not prepared; ./lantern model does it\n"
    )


def test_two_questions_nearly_alike_are_said_once_the_model_is_there(
    content: Path, prepared_home: Path, tmp_path: Path
) -> None:
    twin = replace(STEPS, id="tea-twin", question="How do I make the tea?", related=())
    write_folder(content, [replace(twin, phrasings=tuple(f"{phrase} again" for phrase in STEPS.phrasings))])
    for name in ("phrases.yml", "aliases.yml", "background.txt"):
        shutil.copy(SHIPPED_CONTENT / "en" / name, content / "en" / name)
    home = shutil.copytree(prepared_home, tmp_path / "prepared")
    done = run_command("content", "check", env=environment(home, LANTERN_CONTENT=str(content)))
    assert done.returncode == 1
    assert f"{file_of(content, twin)}:4 question: is nearly that of tea-steps (" in done.stdout


def test_the_state_of_the_content_is_told_in_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "inventory"]) == 0
    said = capsys.readouterr().out
    assert "clinical entries with facts, sources and dates: 100.0 %" in said
    assert "sentences of entries that cite a fact marked recheck: 0\n" in said
    assert "mean Flesch-Kincaid grade" in said


def test_every_fault_of_content_is_said_with_its_place(content: Path, tmp_path: Path) -> None:
    file = file_of(content, STEPS)
    line = change(file, "related: [tea-what-is]", "related: [tea-gone]")
    done = run_command("content", "check", env=environment(tmp_path / "home", LANTERN_CONTENT=str(content)))
    assert done.returncode == 1
    assert done.stdout.partition("\n")[2] == (
        "lantern content: 1 fault in content files; nothing was changed:\n"
        f"{file}:{line} related: entry 'tea-gone' does not exist; write it or take it out\n"
    )


def test_formatting_rewrites_what_is_not_canonical_and_only_that(
    content: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(content, STEPS)
    canonical = file.read_text(encoding="utf-8")
    change(file, "audience: everyone", 'audience:   "everyone"')
    assert main(["content", "fmt"]) == main(["content", "fmt"]) == 0
    assert file.read_text(encoding="utf-8") == canonical
    assert capsys.readouterr().out == "1 file rewritten.\n0 files rewritten.\n"


def test_a_database_is_made_and_brought_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "migrate"]) == main(["content", "migrate"]) == 0
    assert capsys.readouterr().out == 2 * "The knowledge database is up to date.\n"
    assert (tmp_path / "home" / "knowledge.db").exists()
