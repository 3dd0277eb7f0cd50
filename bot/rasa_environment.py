"""What Rasa and its libraries read from the process environment, set before they are imported."""

from __future__ import annotations

import os
import warnings
from pathlib import Path


def prepare(home: Path) -> None:
    """No telemetry, no progress bars in logs, no notes of libraries to their own developers; the cache below `home`."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["RASA_CACHE_DIRECTORY"] = str(home / "rasa_cache")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["LOG_LEVEL"] = "ERROR"  # the one switch that silences Rasa's progress bars
    # Sanic switches deprecation warnings back on when it is imported; so it comes first, then they are switched off.
    import sanic  # noqa: F401

    warnings.simplefilter("ignore")
