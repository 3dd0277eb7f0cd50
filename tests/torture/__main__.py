"""python -m tests.torture: seeded rounds of faults on a real Lantern, until they are over or a promise is broken."""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests import postgresql
from tests.running import environment, run_command
from tests.torture.channel_kills import Run, Scale
from tests.torture.faults import FAULTS
from tests.torture.killed_acts import Databases, Files, suffer_all
from tests.torture.rounds import deck, play, staged

ROUNDS = 16
ACTS_KILLED = "publications, imports, syncs and migrations are killed at every step"
CHANNELS_KILLED = "a gateway with channels is killed 200 times while 50 people write 1,000 messages"
"""What is done before the rounds, with no Lantern running."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    again = f"python -m tests.torture --seed {options.seed} --rounds {options.rounds}"
    again += f" --only {options.only!r}" * bool(options.only) + " --postgresql" * options.postgresql
    _say(f"Seed {options.seed}, {options.rounds} rounds. The same plan again: {again}")
    folder, begun = Path(tempfile.mkdtemp(prefix="lantern-torture-")), time.monotonic()
    try:
        broken = _suffer(folder, options)
    except AssertionError as fault:
        broken = [str(fault)]
    except pytest.fail.Exception as missing:
        # PostgreSQL is not installed: the sentence says what to do.
        broken = [str(missing)]
    if broken:
        for sentence in broken:
            _say(f"BROKEN: {sentence}")
        _say(f"Logs and databases are left in {folder}. The same plan again: {again}")
        return 1
    shutil.rmtree(folder)
    _say(f"Every promise was kept, for {(time.monotonic() - begun) / 60:.0f} minutes.")
    return 0


def _suffer(folder: Path, options: argparse.Namespace) -> list[str]:
    """What is broken after the first round that broke something."""
    if options.only in ACTS_KILLED:
        broken = _kill_acts(folder / "killed")
        if broken:
            return broken
    if options.only in CHANNELS_KILLED:
        broken = _kill_channels(folder / "channels", options.seed)
        if broken:
            return broken
    if not any(options.only in fault.name for fault in FAULTS):
        return []
    plan = random.Random(options.seed)
    with staged(folder, _prepared(folder), plan, options.postgresql, _say) as stage:
        for number, fault in zip(range(1, options.rounds + 1), deck(stage, options.only)):
            _say(f"Round {number} of {options.rounds}: {fault.name} ...")
            broken = play(stage, fault, lambda text: _say(f"  {text}"))
            if broken:
                return broken
    return []


def _kill_acts(folder: Path) -> list[str]:
    """On both kinds of database, whichever the rounds are for: both are promised."""
    _say(f"First {ACTS_KILLED}.")
    with postgresql.running() as server:
        kinds = {"SQLite": Files(folder / "sqlite"), "PostgreSQL": Databases(server, folder / "postgresql")}
        return suffer_all(kinds, lambda text: _say(f"  {text}"))


def _kill_channels(folder: Path, seed: int) -> list[str]:
    _say(f"Then {CHANNELS_KILLED}.")
    folder.mkdir()
    run = Run(Scale(kills=200, messages=1000, people=50), seed, folder, lambda text: _say(f"  {text}"))
    broken = run.suffer()
    _say(f"  {run.kills} kills; {run.dead} replies of which nobody knows whether they arrived are dead letters")
    return broken


def _prepared(folder: Path) -> Path:
    """A home with model and content: LANTERN_TEST_HOME, if it is set, or a new one."""
    home = Path(os.environ.get("LANTERN_TEST_HOME") or folder / "prepared")
    _say(f"Preparing model and content in {home} ...")
    for command in (("model",), ("content", "import", "--seed")):
        done = run_command(*command, env=environment(home), seconds=300)
        assert done.returncode == 0, done.stdout
    return home


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture",
        description="People talk with a Lantern of its own while its processes are killed and held still and its "
        "database is locked, filled and taken away. After each fault everything that was promised must be true. "
        "Exit code 1, with sentences that say what is not, as soon as something is broken.",
        epilog=f"First {ACTS_KILLED}. Then {CHANNELS_KILLED}. The faults: "
        + "; ".join(fault.name for fault in FAULTS)
        + ".",
    )
    seed = "number that fixes the faults, their order and how long they last; left out: another one each time"
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help=seed)
    parser.add_argument("--rounds", type=_positive, default=ROUNDS, help=f"faults, one after the other ({ROUNDS})")
    parser.add_argument("--only", default="", metavar="WORDS", help="only what contains these words")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server instead of SQLite files")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("give a whole number of at least 1")
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
