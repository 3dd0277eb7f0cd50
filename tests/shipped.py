"""What is shipped and takes a while to read, read once in a test process. Only to be read."""

from __future__ import annotations

import functools
from pathlib import Path

from knowledge.phrases import Phrases, read_phrases
from knowledge.settings import SHIPPED_CONTENT
from safety import Rules, load_rules


@functools.cache
def shipped_rules(file: Path) -> Rules:
    """The rules of one of the files of the safety room: seconds, for they are more than a thousand expressions."""
    return load_rules(file)


@functools.cache
def shipped_phrases() -> Phrases:
    return read_phrases(SHIPPED_CONTENT)
