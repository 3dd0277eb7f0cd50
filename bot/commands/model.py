"""./lantern model: the embedding model, verified and prepared."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from bot.errors import explained
from knowledge import settings as knowledge_settings
from knowledge.search.weights import package_folder, prepare
from storage import settings as storage_settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """None: where the model goes and its precision are settings."""


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        home = storage_settings.Settings.from_environment(environment).home
        precision = knowledge_settings.Settings.from_environment(environment).model_precision
        print("Checking the embedding model ...", flush=True)
        fresh = prepare(package_folder(), home / "model", precision)
    print(f"The embedding model ({precision}) is {'ready now' if fresh else 'ready'}.")
    return 0
