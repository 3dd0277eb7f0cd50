"""Rounds: people talk, something happens, it is mended, and then everything that was promised must be true."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from knowledge.phrases import read_phrases
from knowledge.settings import SHIPPED_CONTENT
from storage.engine import open_engine
from tests import postgresql
from tests.running import Lantern, wait_until
from tests.torture import invariants
from tests.torture.disk import small_disk
from tests.torture.faults import FAULTS, Fault, Stage
from tests.torture.people import Letter, People, Talk

ASKED, FOLLOW_UP, ENTRY = "is lupus contagious", "say it more simply", "lupus-contagious"
READY_SECONDS = 300
"""Longest wait for Lantern to be whole again. Most of it is the assistant's start, after a pause that grows with each
time it had to be started again."""


def silent(text: str) -> None:
    """Tells nobody how far a run is."""


@contextmanager
def staged(
    folder: Path,
    prepared: Path,
    plan: random.Random,
    on_postgresql: bool = False,
    say: Callable[[str], None] = silent,
) -> Iterator[Stage]:
    """A Lantern of its own in `folder`, on a copy of the `prepared` home, ready, and people who will talk with it.

    `plan` fixes what happens to it. `say` is told how far it is.
    """
    home = folder / "home"
    shutil.copytree(prepared, home)
    settings = {"LANTERN_CONTENT": str(shutil.copytree(SHIPPED_CONTENT, folder / "content")), "LANTERN_REGION": "US"}
    with ExitStack() as stack:
        disk = server = None
        url = f"sqlite:///{home / 'conversations.db'}"
        if on_postgresql:
            server = stack.enter_context(postgresql.running())
            url = settings["LANTERN_DATABASE_URL"] = server.new_database()
        else:
            disk = stack.enter_context(small_disk(folder / "disk"))
            if disk is not None:
                (home / "conversations.db").symlink_to(disk.folder / "conversations.db")
            else:
                say("Without the right to mount a file system, nothing is done to the disk.")
        say("Starting Lantern ...")
        lantern = stack.enter_context(Lantern(home, settings).running())
        people = People(f"http://127.0.0.1:{lantern.port}", random.Random(plan.random()))
        stack.callback(people.close)
        records = open_engine(url)
        stack.callback(records.dispose)
        yield Stage(lantern, people, plan, records, disk, server)


def deck(stage: Stage, only: str = "") -> Iterator[Fault]:
    """All faults that fit and whose name contains `only`, shuffled, again and again."""
    fitting = [fault for fault in FAULTS if fault.fits(stage) and only in fault.name]
    assert fitting, f"no fault that can be brought about here is called {only!r}"
    while True:
        yield from stage.plan.sample(fitting, len(fitting))


def play(stage: Stage, fault: Fault, say: Callable[[str], None] = silent) -> list[str]:
    """One round with this fault. Returns what is broken, as sentences; nothing when every promise was kept."""
    people, begun, sent = stage.people, time.monotonic(), len(stage.people.letters)
    with people.talking():
        asked = [people.say(people.talk(by_token), ASKED, traced=False) for by_token in (False, True)]
        stage.hold(0.5, 2)
        with fault.begin(stage):
            stage.hold(0.5, 2)
        broken_for = time.monotonic()
        _await_repair(stage)
        followed = [people.say(before.talk, FOLLOW_UP, traced=False) for before in asked]
    letters = people.letters[sent:]
    stage.settle()
    broken = [*people.broken, *stage.broken, *_not_followed(asked, followed), *_broken(stage, letters)]
    cards = [letter.seconds for letter in letters if letter.emergency]
    again = sum(letter.attempts > 1 for letter in letters)
    say(
        f"{len(letters)} messages in {time.monotonic() - begun:.0f} s, {again} sent again; "
        f"{len(cards)} cards, the slowest after {max(cards, default=0):.2f} s; "
        f"whole again {time.monotonic() - broken_for:.0f} s after the cause was gone"
    )
    return broken


def _broken(stage: Stage, letters: Sequence[Letter]) -> list[str]:
    lantern = stage.lantern
    secret = bytes.fromhex((lantern.home / "secrets" / "records").read_text().strip())
    places = [lantern.home, lantern.log, Path(lantern.environment["TMPDIR"])]
    places += [where.folder for where in (stage.disk, stage.server) if where]
    return [
        *invariants.not_answered(letters),
        *invariants.without_card(letters),
        *invariants.not_kept_once(letters, stage.records, secret, stage.gateway_killed_at),
        *invariants.answered_otherwise(letters),
        *invariants.unsound(stage.sqlite_files),
        *invariants.traces_in(places),
    ]


def _await_repair(stage: Stage) -> None:
    """Until all parts are ready, and questions reach the assistant again: after failures the gateway spares it a while,
    and says with each answer what is missing."""
    wait_until("all parts to be ready again", lambda: stage.lantern.state == "ready", READY_SECONDS)
    limited = read_phrases(SHIPPED_CONTENT).say("en", "limited")
    stranger: Talk = stage.people.talk(by_token=False)

    def whole() -> bool:
        threading.Event().wait(0.5)
        replies = stage.people.say(stranger, "what is lupus").replies or []
        return bool(replies) and limited not in [reply["text"] for reply in replies]

    wait_until("answers by the assistant", whole, 60)


def _not_followed(asked: Sequence[Letter], followed: Sequence[Letter]) -> list[str]:
    """Follow-ups to an answer that was given before the fault, and does not stand any more."""
    broken = []
    for before, after in zip(asked, followed):
        if before.first.get("entry") != ENTRY:
            broken.append(f"{before}, {ASKED!r}, was answered with {before.first.get('entry')}")
        elif after.first.get("entry") != ENTRY or after.first["blocks"] == before.first["blocks"]:
            broken.append(f"{after}, {FOLLOW_UP!r}, was not understood any more: {after.first.get('entry')}")
    return broken
