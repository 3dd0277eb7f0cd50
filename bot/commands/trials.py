"""./lantern trials: sync, show, status."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping

from bot.errors import CommandFailed, explained
from knowledge.phrases import read_phrases
from knowledge.render import as_text
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import RegistryCopy
from knowledge.trials.numbers import find_nct
from knowledge.trials.record import kept_study, read_record
from knowledge.trials.registry import RegistryError
from knowledge.trials.searches import read_searches
from knowledge.trials.snapshot import load_snapshot
from knowledge.trials.sync import due_at, live_line
from knowledge.trials.wiring import TrialDesk, build_desk, now


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    acts.add_parser("sync", help="fetch the copy of the registry anew; stopped, it can go on")
    show = acts.add_parser("show", help="print what people are told of a study, and the history of its status")
    show.add_argument("number", metavar="NCT", help="its number, such as NCT05938725")
    show.add_argument("--ask", action="store_true", help="ask the registry at this moment, and change nothing")
    acts.add_parser("status", help="how old the copy is, what was looked for, and what went wrong")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    # It would print each address that is asked for again; what comes of it is said below.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    with explained():
        desk = build_desk(environment)
        if options.act == "sync":
            _sync(desk)
        elif options.act == "show":
            _show(options, desk)
        else:
            _status(desk)
    return 0


def _sync(desk: TrialDesk) -> None:
    desk.content.require_current()
    try:
        outcome = desk.sync(lambda line: print(line, flush=True))
    except RegistryError as error:
        copy = desk.upkeep.copy()
        which = "the shipped copy" if copy.shipped else "the copy"
        raise CommandFailed(
            f"{error}. Nothing was changed: people are answered from {which} of {copy.made}. "
            "Run ./lantern trials sync again: it goes on where it stopped"
        ) from error
    print(live_line(outcome))
    if outcome.unreadable or outcome.unknown_words:
        print(
            f"The registry sent {outcome.unreadable} records without a number, which were left out, and "
            f"{outcome.unknown_words} statuses that Lantern does not know, which count as not known."
        )


def _show(options: argparse.Namespace, desk: TrialDesk) -> None:
    numbers = find_nct(options.number)
    if len(numbers) != 1:
        raise CommandFailed(f"{options.number!r} is no number of a study; it has NCT and 8 digits, as NCT05938725")
    copy = _asked(desk, numbers[0]) if options.ask else _kept(desk)
    study = next((study for study in copy.studies if study.nct_id == numbers[0]), None)
    if study is None:
        where = "the registry" if options.ask else f"our copy of {copy.made}; --ask asks the registry itself"
        raise CommandFailed(f"{numbers[0]} is not in {where}")
    phrases = read_phrases(desk.settings.content)
    answers = TrialAnswers(RegistryCopy((study,), copy.made, copy.number), phrases.of("en"))
    print(as_text(answers.by_numbers(numbers, lambda entry: None), phrases))
    if study.checked_on:
        print(f"\nThe registry last sent it on {study.checked_on}.")
    if study.missing_since:
        print(f"Not found in the registry since {study.missing_since}.")
    for change in study.changes:
        print(f"{change.seen_on}  {change.before} -> {change.after}  (registry date {change.as_of or 'unknown'})")


def _kept(desk: TrialDesk) -> RegistryCopy:
    desk.content.require_current()
    return desk.store.copy({}) or load_snapshot()


def _asked(desk: TrialDesk, number: str) -> RegistryCopy:
    """What the registry says of one study at this moment, as a copy."""
    today = now().date()
    try:
        with desk.registry() as client:
            record = client.study(number)
    except RegistryError as error:
        raise CommandFailed(str(error)) from error
    if record is None:
        return RegistryCopy((), today)
    found = read_record(record, today)
    return RegistryCopy((kept_study(found.record, found.status_as_of),), today)


def _status(desk: TrialDesk) -> None:
    desk.content.require_current()
    state, copy = desk.store.state(), desk.upkeep.copy()
    if copy.shipped:
        print(f"People are answered from the shipped copy of {copy.made}; no sync has been whole yet.")
    else:
        missing = f", {state.missing} of them not found any more" if state.missing else ""
        print(f"Copy {state.number} of {copy.made} with {state.studies} studies{missing}.")
    if state.data_of:
        print(f"The registry had made its data at {state.data_of:%Y-%m-%d %H:%M} UTC.")
    if state.failed_at:
        times = f" ({state.failures} times in a row)" if state.failures > 1 else ""
        print(f"The last sync failed at {state.failed_at:%Y-%m-%d %H:%M} UTC{times}: {state.failure}")
    if state.unreadable or state.unknown_words:
        print(f"In it: {state.unreadable} records without a number, {state.unknown_words} unknown statuses.")
    for place, search in enumerate(read_searches(desk.settings.trials_searches)):
        found = f"{state.searched[place]:5}" if place < len(state.searched) else "    ?"
        print(f"{found}  {search.name}")
    moment = now()
    due = due_at(desk.settings.trials_sync, state, moment)
    when = "never by itself (LANTERN_TRIALS_SYNC)" if due is None else f"at {max(due, moment):%Y-%m-%d %H:%M} UTC"
    worker = desk.upkeep.worker()
    seen = f"was seen at {worker.seen_at:%Y-%m-%d %H:%M:%S} UTC" if worker.seen_at else "has not run yet"
    print(f"The next sync is due {when}; the worker {seen}.")
