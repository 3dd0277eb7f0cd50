"""The front door: `./lantern COMMAND`. A command's module is imported only when it is called, so --help is instant."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from bot.errors import CommandFailed

COMMANDS = {
    "up": "start everything and say where it is; Ctrl-C stops all",
    "check": "look for everything that could go wrong, without starting anything",
    "train": "train the assistant from config.yml, domain.yml and data/",
    "talk": "chat in the terminal",
    "content": "check, format, publish, export or import content",
    "editing": "list releases and reviews that are due, roll back, withdraw, restore, audit, recall",
    "trials": "fetch the copy of the trial registry, show a study of it, say how old it is",
    "records": "erase, export or prune what is kept of conversations",
    "channel": "set up, check and simulate messengers; see and resend what could not be sent",
    "staff": "add people to the studio, give them a new password, list them",
    "backup": "write all that is kept, but no secrets, to one file",
    "restore": "put a backup back into a home where nothing is kept yet",
    "model": "verify and prepare the embedding model",
    "assistant": "run the assistant process alone",
    "web": "run the gateway process alone",
    "work": "run the worker process alone: the daily sync of trials, retention, reviews and plans by their date",
}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code. Foreseen failures are one sentence and a hint, never a traceback."""
    parser = argparse.ArgumentParser(prog="./lantern", description="Lantern, a patient education assistant.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    given = sys.argv[1:] if arguments is None else arguments
    chosen = next((word for word in given if not word.startswith("-")), None)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose.capitalize() + ".")
        if name == chosen:
            module = importlib.import_module(f"bot.commands.{name}")
            module.arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(given)
    try:
        return int(options.run(options, os.environ) or 0)
    except CommandFailed as failure:
        print(f"lantern {options.command}: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    # The matrices are small: threads that wait for each other's share would cost several times what they save. Read
    # when a library is loaded, so before any command is; processes that a command starts inherit it.
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    sys.exit(main())
