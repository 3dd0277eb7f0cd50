"""./lantern assistant: the Rasa process alone."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from bot import assistant
from bot.errors import CommandFailed, explained
from bot.training import TrainingFailed


def arguments(parser: argparse.ArgumentParser) -> None:
    """None: ports and limits are settings."""


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        try:
            assistant.serve(environment)
        except TrainingFailed as error:
            raise CommandFailed(str(error)) from error
    return 0
