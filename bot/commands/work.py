"""./lantern work: the worker process."""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.commands.editing import waiting
from bot.errors import CommandFailed, explained
from bot.processes import module
from bot.reminders import DAYS_AHEAD, remind
from bot.worker import Every, Job, Later, NotDone, Worker
from knowledge import wiring as knowledge_wiring
from knowledge.editing.calendar import Calendar, due
from knowledge.model import Entry
from knowledge.phrases import read_phrases
from knowledge.store.jobs import CALENDAR, REMINDERS, RETENTION, SAFETY, SYNC, THRESHOLDS, WORKER
from knowledge.trials import wiring as trials_wiring
from knowledge.trials.registry import RegistryError
from knowledge.trials.sync import due_at, live_line
from knowledge.trials.wiring import TrialDesk
from knowledge.wiring import Desk
from records import wiring as records_wiring
from records.errors import RecordsError
from records.retention import Retention
from records.settings import ReminderMail
from storage.lease import LeaseHeld

logger = logging.getLogger(__name__)

PROJECT = Path(__file__).parents[2]
CALENDAR_SECONDS = 20.0
"""Between two looks at the calendar: a planned publication is not much later, unless the registry is slow to answer."""
RETENTION_SECONDS = 3600.0
REMINDERS_SECONDS = 3600.0
SAFETY_SECONDS = 5.0
"""Between two looks whether a text waits for its safety check."""
THRESHOLDS_SECONDS = 5.0
"""Between two looks whether somebody wants to know what other thresholds would do."""
CHECK_SECONDS = 1800
"""A check, or a measurement, that takes so long is broken."""
SYNC_SECONDS = 60.0
"""Between two looks whether a sync is due."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say only what goes wrong")
    parser.add_argument("--once", action="store_true", help="do what is due at this moment and end")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    level = logging.WARNING if options.quiet else logging.INFO
    logging.basicConfig(stream=sys.stdout, level=level, format="%(asctime)s worker: %(message)s")
    # It would print each address that is asked for again; what comes of it is said by the sync.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    # Whatever it waits for, a stop ends it at once; what it has begun is taken back, or gone on with later.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(0))
    with explained():
        desk = trials_wiring.build_desk(environment)
        desk.content.require_current()

        def between(line: str) -> None:
            logger.info(line)
            worker.look()

        worker = Worker(
            desk.lease(WORKER), jobs(environment, desk, time.monotonic, between), desk.jobs, trials_wiring.now
        )
        if not options.once:
            worker.run(time.sleep)
        if not worker.once(time.sleep):
            raise CommandFailed("not all that is due could be done; the lines above say what and why")
    return 0


def jobs(
    environment: Mapping[str, str], desk: TrialDesk, ticks: Callable[[], float], between: Callable[[str], None]
) -> list[Job]:
    """`between` hears of each part of a long job. Raises the errors of the rooms' wiring."""
    content = knowledge_wiring.build_desk(environment)
    records = records_wiring.build(environment)
    records.store.require_current()
    calendar = Calendar(content.editing, trials_wiring.now, desk.settings.review_grace_days)
    sync_looks = Every(SYNC_SECONDS, ticks)

    def due_soon() -> list[Entry]:
        number = content.store.newest_release()
        return due(content.store.release(number), trials_wiring.now().date(), DAYS_AHEAD) if number else []

    def write_to_staff(mail: ReminderMail) -> str | None:
        return remind(records.staff.reminders, mail, due_soon, read_phrases(desk.settings.content))

    mail = records.reminder_mail
    reminders = [Job(REMINDERS, Every(REMINDERS_SECONDS, ticks), lambda: write_to_staff(mail))] if mail else []

    def sync_is_due() -> bool:
        if not sync_looks():
            return False
        now = trials_wiring.now()
        due = due_at(desk.settings.trials_sync, desk.store.state(), now)
        return due is not None and due <= now

    return [
        Job(CALENDAR, Every(CALENDAR_SECONDS, ticks), lambda: keep_calendar(calendar)),
        Job(SAFETY, Every(SAFETY_SECONDS, ticks), lambda: check_safety(content, environment)),
        Job(THRESHOLDS, Every(THRESHOLDS_SECONDS, ticks), lambda: measure_thresholds(content, environment)),
        Job(RETENTION, Every(RETENTION_SECONDS, ticks), lambda: erase_what_is_old(records.retention)),
        *reminders,
        Job(SYNC, sync_is_due, lambda: sync(desk, between)),
    ]


def keep_calendar(calendar: Calendar) -> str | None:
    """Planned publications and overdue reviews."""
    done = calendar.run()
    if calendar.held:
        raise NotDone(calendar.held)
    if not done.published and not done.withdrawn:
        return None
    return f"published {len(done.published)} plans and withdrew {len(done.withdrawn)} texts"


def check_safety(desk: Desk, environment: Mapping[str, str]) -> str | None:
    """The safety check of texts in review."""
    waits = waiting(desk.store, desk.checks)
    if not waits:
        return None
    _done_beside("safety-check", "the safety check", environment)
    return f"checked {len(waits)} texts"


def measure_thresholds(desk: Desk, environment: Mapping[str, str]) -> str | None:
    """What other thresholds would do, once somebody wants to know; once only, since it keeps other jobs waiting."""
    wanted = desk.effects.wanted()
    if wanted is None:
        return None
    try:
        _done_beside("measure-thresholds", "the measurement of the thresholds", environment)
    except NotDone:
        desk.effects.give_up(wanted)
        raise
    return "measured what other thresholds would do"


def _done_beside(act: str, what: str, environment: Mapping[str, str]) -> None:
    """An act of `./lantern editing`, in a process of its own: what it takes in memory is gone afterwards."""
    command = module("bot", "editing", act)
    try:
        done = subprocess.run(command, env=dict(environment), cwd=PROJECT, capture_output=True, timeout=CHECK_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NotDone(f"{what} took longer than {CHECK_SECONDS} s") from error
    if done.returncode:
        raise NotDone(f"{what} failed; run it yourself to see why: ./lantern editing {act}")


def erase_what_is_old(retention: Retention) -> str | None:
    """Conversations, contact details and reports that were kept for long enough."""
    try:
        gone = retention.run()
    except RecordsError as refusal:
        raise NotDone(str(refusal)) from refusal
    return f"erased {gone.conversations} conversations" if gone.conversations else None


def sync(desk: TrialDesk, tell: Callable[[str], None]) -> str:
    """The copy of the registry."""
    try:
        return live_line(desk.sync(tell))
    except LeaseHeld as held:
        raise Later(str(held)) from held
    except RegistryError as error:
        copy = desk.upkeep.copy()
        which = "the shipped copy" if copy.shipped else "the copy"
        due = due_at(desk.settings.trials_sync, desk.store.state(), trials_wiring.now())
        again = f" The next try is due at {due:%H:%M} UTC." if due else ""
        raise NotDone(f"{error}. People are answered from {which} of {copy.made}.{again}") from error
