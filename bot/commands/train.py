"""./lantern train: a fresh model from config.yml, domain.yml and data/."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from bot import training
from bot.assistant import PROJECT
from bot.errors import CommandFailed, explained
from storage import settings as storage_settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="also when nothing has changed since the last training")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        home = storage_settings.Settings.from_environment(environment).home
        print("Training; this takes about two minutes ...", flush=True)
        try:
            model = training.train_if_needed(PROJECT, home, force=options.force)
        except training.TrainingFailed as error:
            raise CommandFailed(str(error)) from error
    print(f"The assistant's model is {model}.")
    return 0
