"""`python -m web.channels`: what `./lantern channel` runs. Says what is wrong in one sentence and ends with 1."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from getpass import getpass

from knowledge.errors import KnowledgeError
from storage.errors import StorageError
from storage.settings import SettingError
from web.channels import console
from web.channels.errors import NotSent
from web.channels.settings import ADAPTERS, EVERY
from web.channels.switchboard import Released, Word
from web.errors import DoorError


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    options = _parser().parse_args(arguments)
    logging.disable(logging.CRITICAL)  # what goes wrong is said in words
    act: Callable[..., int] = options.do
    try:
        return act(options, environment)
    except (SettingError, DoorError, KnowledgeError, StorageError, ValueError) as error:
        said = error.fault if isinstance(error, NotSent) else str(error)
        sys.stderr.write(f"lantern channel: {said}\n")
        return 1
    except (KeyboardInterrupt, EOFError):
        sys.stdout.write("\n")
        return 130


def _add(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    given = dict(pair.partition("=")[::2] for pair in options.set)
    return console.add(options.name, environment, given, _ask if sys.stdin.isatty() else None, print_line)


def _check(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    names = list(ADAPTERS) if options.all or not options.name else [options.name]
    return asyncio.run(console.check(names, environment, options.live, print_line))


def _simulate(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return asyncio.run(console.simulate(options.name, environment, lambda: input(f"{options.name}> "), print_line))


def _dead(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return console.dead(environment, print_line)


def _resend(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return console.resend(None if options.all else options.id, environment, print_line)


def _deliver(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return asyncio.run(console.deliver(environment, print_line))


def _handovers(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return console.handovers(environment, print_line)


def _reply(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return console.from_staff(Word(uuid.uuid4().hex, options.text, options.handover), environment, print_line)


def _release(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    return console.from_staff(Released(options.handover), environment, print_line)


def _ask(question: str, secret: bool) -> str:
    return (getpass if secret else input)(question).strip()


def print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./lantern channel", description="Messengers and other systems.")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    names = list(ADAPTERS)
    every = f"one of {', '.join(names)}"

    add = acts.add_parser("add", help="ask for what a channel needs, say where it is found, and keep it")
    known = list(EVERY)
    add.add_argument("name", metavar="NAME", choices=known, help=f"one of {', '.join(known)}")
    add.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="a setting, instead of being asked"
    )
    add.set_defaults(do=_add)

    check = acts.add_parser("check", help="prove signatures, round trip, rendering and limits")
    check.add_argument("name", metavar="NAME", nargs="?", choices=names, help=f"{every}; left out: all of them")
    check.add_argument("--all", action="store_true", help="every channel")
    check.add_argument("--live", action="store_true", help="also ask the real provider whether it accepts our key")
    check.set_defaults(do=_check)

    simulate = acts.add_parser("simulate", help="chat in the terminal as on that channel")
    simulate.add_argument("name", metavar="NAME", choices=names, help=every)
    simulate.set_defaults(do=_simulate)

    dead = acts.add_parser("dead", help="list what could not be sent, oldest first")
    dead.set_defaults(do=_dead)

    resend = acts.add_parser("resend", help="send again what could not be sent")
    which = resend.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=int, metavar="ID", help="number of the message in the list")
    which.add_argument("--all", action="store_true", help="all that are whole")
    resend.set_defaults(do=_resend)

    deliver = acts.add_parser("deliver", help="send all that is due, once; the gateway does it by itself")
    deliver.set_defaults(do=_deliver)

    handovers = acts.add_parser("handovers", help="list who waits for a person, or talks with one")
    handovers.set_defaults(do=_handovers)
    reply = acts.add_parser("reply", help="answer somebody who was passed on")
    reply.add_argument("handover", metavar="HANDOVER", help="its id in the list")
    reply.add_argument("text", metavar="TEXT", help="your words")
    reply.set_defaults(do=_reply)
    release = acts.add_parser("release", help="give somebody back to the assistant")
    release.add_argument("handover", metavar="HANDOVER", help="its id in the list")
    release.set_defaults(do=_release)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
