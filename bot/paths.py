"""Files that a person names on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def named(file: str | Path, environment: Mapping[str, str]) -> Path:
    """The file that a person means: `./lantern` goes to its own folder, and says in CALLED_FROM where it was called."""
    return (Path(environment.get("CALLED_FROM", "")) / Path(file).expanduser()).resolve()
