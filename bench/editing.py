"""How long the acts of staff take with thousands of entries, on a SQLite file of their own.

    .venv/bin/python -m bench.editing [--entries N]

The entries are copies of the shipped ones with words of their own in each phrase. Their vectors are random, because
computing them is not what is measured; the one text that is edited is embedded by the real model.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench import yardstick
from knowledge import review
from knowledge.files import ContentFolder, read_folder, write_entry
from knowledge.glossary import read_glossaries
from knowledge.model import Entry, Person, Question
from knowledge.search.embedder import text_hash
from knowledge.search.passages import passages
from knowledge.search.weights import package_folder, prepare
from knowledge.settings import SHIPPED_CONTENT
from knowledge.store.safety_checks import Found
from knowledge.wiring import Desk, Knowledge, build, build_desk
from safety import EMERGENCY_RULES, cards_named

T = TypeVar("T")
FLOORS = {"publish": 2.0, "roll back": 5.0, "check": 60.0}
"""Seconds."""
AT_ONCE = 2000
AUTHOR = Person("Anna", frozenset({"author"}))
REVIEWER = Person("Ben", frozenset({"reviewer"}))
PUBLISHER = Person("Peter", frozenset({"publisher"}))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.editing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=5000, metavar="N", help="how many entries (5000)")
    wanted = parser.parse_args(arguments).entries
    content = read_folder(SHIPPED_CONTENT)
    if wanted < len(content.entries):
        parser.error(f"--entries: at least {len(content.entries)}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print("Preparing the model and the entries ...", flush=True)
        prepare(package_folder(), home / "model", "int8")
        environment = {**os.environ, "LANTERN_HOME": str(home)}
        measure(environment, content, list(itertools.islice(entries(content), wanted)))
    return 0


def measure(environment: dict[str, str], content: ContentFolder, rows: list[Entry]) -> None:
    desk = build_desk(environment)
    desk.store.migrate()
    keep_random_vectors(desk, rows)
    print(f"{'seconds':<44}{'taken':>8}{'floor':>8}{'yardstick':>11}")
    now = dt.datetime.now(dt.timezone.utc)
    timed(
        "first publication, as starter content",
        lambda: desk.store.publish(
            rows, content.sources, base=0, author="starter", review="editorial", origin="seed", at=now
        ),
    )
    reader = build(environment)
    timed("a process loads the release", reader.live)
    publish_and_roll_back(desk, reader, rows, now)
    check(environment, content, rows)


def keep_random_vectors(desk: Desk, rows: Sequence[Entry]) -> None:
    """Vectors of all texts, as if they had been computed."""
    texts = [desk.aliases.plain(passage.text) for entry in rows for passage in passages(entry)]
    print(f"{len(rows)} entries with {len(texts)} texts.", flush=True)
    chance = np.random.default_rng(1)
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        vectors = chance.standard_normal((len(some), 384), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        desk.store.keep_vectors(dict(zip(map(text_hash, some), vectors)), desk.encoder.hash)


def publish_and_roll_back(desk: Desk, reader: Knowledge, rows: Sequence[Entry], now: dt.datetime) -> None:
    editing = desk.editing
    entry = next(row for row in rows if row.id == "lupus-contagious")
    edited = dataclasses.replace(
        entry, more="Lupus is not an infection, and so it is not passed on.", figures=entry.figures
    )
    draft = timed("begin a draft", lambda: editing.draft(edited, by=AUTHOR, at=now))
    timed("submit, with its checks", lambda: editing.submit(draft.id, version=1, by=AUTHOR, at=now))
    timed("approve", lambda: editing.approve(draft.id, content_hash=draft.content_hash, by=REVIEWER, at=now))
    # The safety check runs beside, before anybody publishes; here it found nothing.
    desk.checks.keep(draft.content_hash, 1, Found(0, 0, (), ()), now)
    timed("publish", lambda: editing.publish([draft.id], by=PUBLISHER, at=now))
    timed("  until a process answers from it", lambda: reader.live().answer(Question(entry.question)))
    timed("roll back", lambda: editing.roll_back(1, by=PUBLISHER, at=now, reason="a benchmark"))
    timed("  until a process answers from it", lambda: reader.live().answer(Question(entry.question)))
    timed("withdraw", lambda: editing.withdraw([entry.key], by=PUBLISHER, at=now, reason="a benchmark"))


def check(environment: dict[str, str], content: ContentFolder, rows: list[Entry]) -> None:
    folder = Path(environment["LANTERN_HOME"]) / "content"
    for entry in rows:
        file = folder / entry.locale / entry.topic / f"{entry.id}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(write_entry(entry), encoding="utf-8")
    for name in ("sources.yml", "facts.tsv", "en/glossary.yml"):
        (folder / name).write_bytes((content.folder / name).read_bytes())

    def checked() -> int:
        read = read_folder(folder)
        glossaries = read_glossaries(folder)
        faults = review.check(read, cards_named(EMERGENCY_RULES), glossaries)
        return len([*faults, *review.editorial(read, glossaries, dt.date(2026, 11, 22))])

    timed("check", checked)


def entries(content: ContentFolder) -> Iterator[Entry]:
    """The shipped entries, and then copies of all but the cards, with ids, questions and phrasings of their own."""
    yield from content.entries
    copied = [entry for entry in content.entries if entry.answer_kind != "card"]
    for number in itertools.count(2):
        for entry in copied:
            phrasings = tuple(f"{phrase} variant {number}" for phrase in entry.phrasings)
            question = f"{entry.question.rstrip('?')}, in variant {number}?"
            yield dataclasses.replace(entry, id=f"{entry.id}-{number}", question=question, phrasings=phrasings)


def timed(what: str, act: Callable[[], T]) -> T:
    begun = time.monotonic()
    result = act()
    taken = time.monotonic() - begun
    floor = FLOORS.get(what)
    limit = "" if floor is None else f"{floor:.0f} {'ok' if taken <= floor else 'short'}"
    print(f"{what:<44}{taken:8.2f}{limit:>8}{yardstick.milliseconds():11.0f}", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
