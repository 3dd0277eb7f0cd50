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
    os.environ["TQDM_DISABLE"] = "1"
    # `./lantern check` looks at the warnings that concern our own files.
    warnings.simplefilter("ignore")
