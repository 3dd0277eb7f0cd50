"""Builds the real records room, once in a process. The only module here that reads the environment."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Engine

from records.identity import conversation_id
from records.recorder import Recorder
from records.repository import ConversationStore
from records.retention import Retention
from records.settings import Settings
from records.staff import StaffStore
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.secrets import shared_secret
from storage.writer import Writer


@dataclass(frozen=True)
class Records:
    """The records room of one process. `secret` makes the ids of named senders; without it they are lost."""

    engine: Engine
    store: ConversationStore
    writer: Writer
    recorder: Recorder
    retention: Retention
    staff: StaffStore
    secret: bytes = field(repr=False)

    def conversation_id(self, channel: str, sender: str) -> str:
        """The id of the conversation with somebody whom the channel names."""
        return conversation_id(self.secret, channel, sender)


def build(environment: Mapping[str, str]) -> Records:
    """The records room with its real parts. Raises `SettingError` or `StorageError`. No connection is opened yet."""
    settings = Settings.from_environment(environment)
    kept = storage_settings.Settings.from_environment(environment)
    engine = open_engine(kept.url("conversations"))
    store = ConversationStore(engine, now)
    writer = Writer(engine)
    return Records(
        engine=engine,
        store=store,
        writer=writer,
        recorder=Recorder(store, writer, now),
        retention=Retention(store, now, settings.retention_days, settings.contact_days),
        staff=StaffStore(engine, now),
        secret=shared_secret(kept.home / "secrets" / "records"),
    )


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


@functools.lru_cache(maxsize=1)
def from_environment() -> Records:
    """The one records room of this process: Rasa builds its parts without arguments."""
    return build(os.environ)
