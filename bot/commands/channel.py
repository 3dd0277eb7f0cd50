"""./lantern channel: messengers and other systems. They live in another room, so its program is run, not imported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from bot.processes import module

ACTS = """
  add NAME          ask for what a channel needs, say where it is found, and keep it
  check [NAME]      prove signatures, round trip, rendering and limits against a simulated provider
  simulate NAME     chat in the terminal as on that channel
  dead              list what could not be sent
  resend ID         send it again
  handovers         list who waits for a person; reply and release answer them and give them back
  deliver           send all that is due, once; the gateway does it by itself

  ./lantern channel ACT --help says more.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = ACTS
    parser.add_argument("act", metavar="ACT", help="what to do")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="what it needs")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    command = module("web.channels", options.act, *options.rest)
    os.execve(command[0], command, dict(environment))
