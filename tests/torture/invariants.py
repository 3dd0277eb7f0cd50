"""What must be true of Lantern whatever happens to it. Each look returns what is broken, as sentences."""

from __future__ import annotations

import mmap
import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.identity import message_hash
from records.tables import messages
from storage.engine import read
from tests.torture.people import CARD, CARD_SECONDS, TRACES, Letter, NotNow, Refused

_TRACE = re.compile(TRACES, re.IGNORECASE)


def not_answered(letters: Iterable[Letter]) -> list[str]:
    return [
        f"{letter} got no answer in {letter.attempts} attempts"
        for letter in letters
        if not letter.replies or not all(reply["text"].strip() for reply in letter.replies)
    ]


def without_card(letters: Iterable[Letter]) -> list[str]:
    """Emergencies that did not get their card first, or not at once."""
    return [
        f"{letter}, an emergency, got {letter.first.get('kind')} {letter.card} after {letter.seconds:.1f} s"
        for letter in letters
        if letter.emergency and letter.replies and (letter.card != CARD or letter.seconds > CARD_SECONDS)
    ]


def not_kept_once(letters: Sequence[Letter], records: Engine, secret: bytes, killed_at: Sequence[float]) -> list[str]:
    """Messages without exactly one answer in the database.

    A card goes out before it is written, by design: of those sent in the last second before the gateway was killed
    (`killed_at`, on the monotonic clock), an answer may be missing.
    """
    with read(records) as connection:
        rows = connection.execute(sa.select(messages.c.conversation_id, messages.c.message_hash)).all()
    kept: dict[tuple[str, str], int] = {}
    for row in rows:
        kept[tuple(row)] = kept.get(tuple(row), 0) + 1
    broken = []
    for letter in letters:
        times = kept.get((letter.talk.record(secret), message_hash(letter.message_id)), 0)
        unlucky = letter.emergency and any(0 <= killed - letter.at < 1 for killed in killed_at)
        if times != 1 and not (times == 0 and unlucky):
            broken.append(f"{letter} has {times} answers in the database")
    return broken


def answered_otherwise(letters: Iterable[Letter]) -> list[str]:
    """Messages that get other replies when they are sent once more."""
    broken = []
    for letter in letters:
        try:
            replies = letter.talk.send(letter.text, letter.message_id)
        except (httpx.TransportError, NotNow, Refused) as fault:
            broken.append(f"{letter}, sent once more, got {type(fault).__name__} {fault}")
            continue
        if replies != letter.replies:
            kinds = [
                [(row.get("custom") or row.get("answer") or {}).get("kind") for row in messages]
                for messages in (letter.replies or [], replies)
            ]
            broken.append(f"{letter} got another answer when it was sent once more: first {kinds[0]}, then {kinds[1]}")
    return broken


def traces_in(places: Iterable[Path]) -> list[str]:
    """Traces of people in any byte of these files and folders."""
    broken = []
    for place in places:
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            found = trace_in(file)
            if found:
                broken.append(f"{file} holds {found!r}, which points to a person")
    return broken


def trace_in(file: Path) -> str | None:
    """The first trace in a file; a file that is gone meanwhile, or empty, has none."""
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            match = _TRACE.search(content)
            return match.group().decode() if match else None
    except (OSError, ValueError):
        return None


def unsound(files: Iterable[Path]) -> list[str]:
    """SQLite files that are damaged, or hold a message without its conversation."""
    broken = []
    for file in files:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
        try:
            [[said]] = connection.execute("PRAGMA integrity_check").fetchall()
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            connection.close()
        if said != "ok" or orphans:
            broken.append(f"{file.name} is damaged: {said}; {len(orphans)} rows without the row they belong to")
    return broken
