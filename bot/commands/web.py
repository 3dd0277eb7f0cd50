"""./lantern web: the gateway process alone. It lives in another room, so it is run, not imported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from bot.processes import module


def arguments(parser: argparse.ArgumentParser) -> None:
    """None: host, port and limits are settings."""


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    command = module("web")
    os.execve(command[0], command, dict(environment))
