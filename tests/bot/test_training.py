from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot import training
from bot.training import TrainingFailed, fingerprint, train_if_needed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for name in ("config.yml", "domain.yml", "data/nlu/hello.yml", "bot/nlu/vectors.py", "web/app.py"):
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="ascii")
    return project


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


class Trainer:
    """In Rasa's place: writes a model, or fails."""

    def __init__(self) -> None:
        self.runs, self.fault = 0, ""

    def train(self, project: Path, home: Path, wanted: Path) -> None:
        self.runs += 1
        if self.fault:
            raise ValueError(self.fault)
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.write_text(f"model {self.runs}", encoding="ascii")


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer()
    monkeypatch.setattr(training, "_train", trainer.train)
    return trainer


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "data/nlu/hello.yml", "bot/nlu/vectors.py"])
def test_what_a_model_learns_from_changes_its_fingerprint(project: Path, name: str) -> None:
    before = fingerprint(project)
    assert fingerprint(project) == before
    (project / name).write_text("changed", encoding="ascii")
    assert fingerprint(project) != before


def test_a_new_or_moved_training_file_changes_the_fingerprint(project: Path) -> None:
    before = fingerprint(project)
    (project / "data" / "nlu" / "hello.yml").rename(project / "data" / "nlu" / "greet.yml")
    assert fingerprint(project) != before


def test_other_files_leave_the_fingerprint(project: Path) -> None:
    before = fingerprint(project)
    (project / "web" / "app.py").write_text("changed", encoding="ascii")
    (project / "data" / "notes.txt").write_text("hello", encoding="ascii")
    assert fingerprint(project) == before


def test_what_was_trained_is_not_trained_again(project: Path, home: Path, trainer: Trainer) -> None:
    model = train_if_needed(project, home)
    assert train_if_needed(project, home) == model
    assert trainer.runs == 1
    assert train_if_needed(project, home, force=True) == model
    assert trainer.runs == 2


def test_a_change_is_learned_and_replaces_the_earlier_model(project: Path, home: Path, trainer: Trainer) -> None:
    train_if_needed(project, home)
    (project / "domain.yml").write_text("changed", encoding="ascii")
    model = train_if_needed(project, home)
    assert list((home / "models").iterdir()) == [model]
    assert model.read_text(encoding="ascii") == "model 2"


def test_training_that_fails_leaves_the_model_that_works(
    project: Path, home: Path, trainer: Trainer, caplog: pytest.LogCaptureFixture
) -> None:
    model = train_if_needed(project, home)
    (project / "domain.yml").write_text("changed", encoding="ascii")
    trainer.fault = "no stories"
    with caplog.at_level(logging.ERROR):
        assert train_if_needed(project, home) == model
    assert "the earlier model goes on serving" in caplog.text
    trainer.fault = ""
    assert train_if_needed(project, home) != model


def test_a_first_training_that_fails_says_what_to_do(project: Path, home: Path, trainer: Trainer) -> None:
    trainer.fault = "no stories"
    with pytest.raises(TrainingFailed, match=r"training failed: no stories; run \./lantern check"):
        train_if_needed(project, home)
