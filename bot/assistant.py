"""The assistant process: Rasa as a library, on a private address, with our own door and actions inside it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Mapping
from pathlib import Path

from bot import rasa_environment, training
from bot.settings import Settings
from records import wiring as records_wiring
from records.trackers import Trackers
from storage import settings as storage_settings
from storage.secrets import shared_secret

logger = logging.getLogger(__name__)

PROJECT = Path(__file__).parent.parent
FLUSH_SECONDS = 5
"""How long a stop may wait for dialogues that are not written yet."""


def serve(environment: Mapping[str, str]) -> None:
    """Trains if need be, loads and serves until stopped. Raises `SettingError`, `TrainingFailed` or the knowledge
    room's errors before anything listens."""
    settings = Settings.from_environment(environment)
    home = storage_settings.Settings.from_environment(environment).home
    secret = shared_secret(home / "secrets" / "assistant")
    rasa_environment.prepare(home)

    # Rasa takes seconds to import; nothing above needs it, so wrong settings fail at once.
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import register
    from rasa.utils.log_utils import configure_structlog
    from sanic import Sanic

    from bot import shortcuts
    from bot.actions_endpoint import InProcessActions
    from bot.channel import LanternChannel
    from bot.locks import LanternLockStore
    from bot.tracker_store import LanternTrackerStore
    from knowledge.wiring import from_environment

    # Before this call Rasa prints every debug line, patients' words included.
    configure_structlog(logging.WARNING)
    shortcuts.take()
    knowledge = from_environment()
    knowledge.store.require_no_other()
    records = records_wiring.from_environment()
    records.store.require_no_other()
    knowledge.live()
    apology = knowledge.phrases.say(
        "en", "unavailable", emergency_number=knowledge.numbers.emergency_number(None, "en")
    )
    actions = InProcessActions("actions", settings.action_timeout_ms, apology)
    model = training.train_if_needed(PROJECT, home)
    trackers = Trackers(records.engine, records.writer, records_wiring.now)
    dialogues = LanternTrackerStore(trackers, settings.dialogue_turns)
    app = Sanic("lantern_assistant", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 65536
    app.config.ACCESS_LOG = False
    register([LanternChannel(secret)], app, route="/webhooks/")

    @app.listener("before_server_start")
    async def load(app: Sanic, _loop: object) -> None:
        app.ctx.agent = Agent.load(
            str(model), tracker_store=dialogues, lock_store=LanternLockStore(), action_endpoint=actions
        )
        # What is there by now stays. A look through Rasa for garbage would hold up everybody for half a second.
        gc.collect()
        gc.freeze()
        logger.info("assistant ready on port %d", settings.port)

    @app.listener("after_server_stop")
    async def flush(_app: Sanic, _loop: object) -> None:
        dialogues.close()
        lost = await asyncio.to_thread(records.writer.close, FLUSH_SECONDS)
        if lost:
            logger.error("%d dialogues could not be written before the stop", lost)
        records.engine.dispose()

    app.run("127.0.0.1", settings.port, workers=1, access_log=False, debug=False, motd=False)
