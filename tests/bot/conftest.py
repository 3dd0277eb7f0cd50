"""One Rasa for all tests of this folder: importing it and training take longer than the tests themselves."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import postgresql as postgresql_server
from tests.databases import new_sqlite
from tests.running import PROJECT, Lantern


def prepare_rasa(home: Path) -> None:
    from bot import rasa_environment

    rasa_environment.prepare(home)
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model of the small assistant, see `tests/bot/dialogues.py`."""
    folder = tmp_path_factory.mktemp("small")
    prepare_rasa(folder)
    from tests.bot import dialogues

    return dialogues.train(folder)


@pytest.fixture(scope="session")
def served_model(
    prepared_home: Path, running_lantern: Lantern, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The model that the running Lantern trained, with the knowledge room of this process."""
    from bot.training import train_if_needed
    from knowledge.wiring import from_environment

    home = shutil.copytree(prepared_home, tmp_path_factory.mktemp("served") / "home")
    shutil.copytree(running_lantern.home / "models", home / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANTERN_HOME", str(home))
        from_environment.cache_clear()
        prepare_rasa(home)
        from_environment().live()
        yield train_if_needed(PROJECT, home)
    from_environment.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a conversations database in which nothing is kept."""
    if request.param == "sqlite":
        return f"sqlite:///{new_sqlite(tmp_path / 'conversations.db', 'conversations')}"
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return server.next_database("conversations")


@contextmanager
def shortcuts_taken() -> Iterator[None]:
    """Rasa with the shortcuts, as the assistant runs it; afterwards Rasa is as it was."""
    import rasa.core.processor
    from rasa.core.actions import action
    from rasa.core.actions.action import RemoteAction
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import Event
    from rasa.shared.core.slots import Slot
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot import shortcuts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rasa.core.processor, "DaskGraphRunner", rasa.core.processor.DaskGraphRunner)
        patch.setattr(RemoteAction, "_validate_action_result", RemoteAction._validate_action_result)
        patch.setattr(RulePolicy, "_find_action_from_rules", RulePolicy._find_action_from_rules)
        patch.setattr(Event, "resolve_by_type", staticmethod(Event.resolve_by_type))
        patch.setattr(action, "default_actions", action.default_actions)
        patch.setattr(Slot, "__copy__", None, raising=False)
        patch.setattr(DialogueStateTracker, "applied_events", DialogueStateTracker.applied_events)
        patch.setattr(Domain, "states_for_tracker_history", Domain.states_for_tracker_history)
        shortcuts.take()
        yield
