"""Training: only when something it learns from has changed, and never at the cost of the model that works."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from pathlib import Path

from bot import rasa_environment

logger = logging.getLogger(__name__)

LEARNED_FROM = (
    "config.yml",
    "domain.yml",
    "data/**/*.yml",
    "data/**/*.jsonl",
    "bot/nlu/*.py",
    "knowledge/pairs.py",
    "knowledge/content/en/aliases.yml",
)


class TrainingFailed(Exception):
    """Rasa could not train from the files as they are, and there is no earlier model to go on with."""


def fingerprint(project: Path) -> str:
    """SHA-256, in hex, of everything that a model is learned from."""
    digest = hashlib.sha256()
    for pattern in LEARNED_FROM:
        for file in sorted(project.glob(pattern)):
            digest.update(f"{file.relative_to(project)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def train_if_needed(project: Path, home: Path, *, force: bool = False) -> Path:
    """The model that fits the files, trained now unless it was before. Its name carries the fingerprint.

    When training fails and an earlier model exists, that one is kept and the fault is logged; otherwise
    `TrainingFailed` is raised.
    """
    models = home / "models"
    wanted = models / f"{fingerprint(project)[:16]}.tar.gz"
    if wanted.exists() and not force:
        return wanted
    earlier = sorted(models.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    try:
        _train(project, home, wanted)
    except Exception as error:
        if not earlier:
            raise TrainingFailed(f"training failed: {error}; run ./lantern check") from error
        logger.exception("training failed; the earlier model goes on serving")
        return earlier[-1]
    for file in earlier:
        if file != wanted:
            file.unlink()
    return wanted


def _train(project: Path, home: Path, wanted: Path) -> None:
    rasa_environment.prepare(home)
    import rasa

    wanted.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.parent, prefix="training-") as folder:
        result = rasa.train(
            domain=str(project / "domain.yml"),
            config=str(project / "config.yml"),
            training_files=[str(project / "data")],
            output=folder,
            fixed_model_name="model",
            force_training=True,
        )
        if not result.model:
            raise TrainingFailed("Rasa gave no model")
        shutil.move(result.model, wanted.with_suffix(".new"))
        wanted.with_suffix(".new").replace(wanted)
