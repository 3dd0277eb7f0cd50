"""What is shipped and takes a while to read, read once in a test process. Only to be read."""

from __future__ import annotations

import functools
import shutil
from dataclasses import replace
from pathlib import Path

from knowledge.files import parse_entry, write_entry
from knowledge.phrases import Phrases, read_phrases
from knowledge.second_net import SecondNet
from knowledge.settings import SHIPPED_CONTENT
from safety import SECOND_NET, Rules, load_rules

EVERY = 20


@functools.cache
def shipped_rules(file: Path) -> Rules:
    """The rules of one of the files of the safety room: seconds, for they are more than a thousand expressions."""
    return load_rules(file)


def with_few_texts(folder: Path) -> Path:
    """Puts the shipped content into `folder`, every entry of it, with a small part of what it is found by: each text
    that was never read before costs a first start some milliseconds, and there are more than ten thousand."""
    shutil.copytree(SHIPPED_CONTENT, folder)
    few_outside(folder)
    for file in folder.glob("*/*/*.md"):
        topic = file.parent
        entry = parse_entry(file.read_text(encoding="utf-8"), file, locale=topic.parent.name, folder=topic.name)
        file.write_text(write_entry(replace(entry, phrasings=entry.phrasings[:1])), encoding="utf-8")
    return folder


def few_outside(folder: Path) -> None:
    """Leaves a few of the questions outside of what is known in a folder of content."""
    file = folder / "en" / "background.txt"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[::EVERY]), encoding="utf-8")


@functools.cache
def shipped_phrases() -> Phrases:
    return read_phrases(SHIPPED_CONTENT)


@functools.cache
def shipped_net() -> SecondNet:
    return SecondNet.read(SECOND_NET.read_bytes())
