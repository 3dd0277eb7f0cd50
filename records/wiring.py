"""Builds the real records room, once in a process. The only module here that reads the environment."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from records.announcements import Announcements
from records.handovers import Handovers
from records.identity import conversation_id, message_mark
from records.inbox import Inbox
from records.outbox import Operation, Outbox
from records.recorder import Recorder
from records.repository import ConversationStore
from records.retention import Retention
from records.sealing import Sealer
from records.settings import ReminderMail, Settings
from records.staff import StaffStore
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.secrets import shared_secret
from storage.writer import Writer


@dataclass(frozen=True)
class Post:
    """What came from messengers, and what is to be sent to them and to other systems."""

    inbox: Inbox
    outbox: Outbox
    handovers: Handovers
    announcements: Announcements
    writer: Writer

    def write(self, operation: Operation) -> Future[Any]:
        """Does something of these in one transaction. Returns at once."""
        return self.writer.submit(operation)


@dataclass(frozen=True)
class Records:
    """The records room of one process. `secret` makes the ids of named senders; without it they are lost. `secrets` is
    the folder of what this installation made for itself, `events` the addresses of systems that are told what
    happens."""

    engine: Engine
    store: ConversationStore
    writer: Writer
    recorder: Recorder
    retention: Retention
    secrets: Path
    events: tuple[str, ...]
    staff: StaffStore
    reminder_mail: ReminderMail | None
    secret: bytes = field(repr=False)

    def conversation_id(self, channel: str, sender: str) -> str:
        """The id of the conversation with somebody whom the channel names."""
        return conversation_id(self.secret, channel, sender)

    def message_mark(self, channel: str, message_id: str) -> str:
        """The mark of a message that the channel names."""
        return message_mark(self.secret, channel, message_id)

    def post(self, owner: str) -> Post:
        """The post of the process called `owner`. No other that runs may have the same name; after a restart the same
        process has to have it again, so that it takes up what it left."""
        sealer = Sealer(shared_secret(self.secrets / "sealing"))
        outbox = Outbox(self.engine, self.writer, now, sealer, owner)
        handovers = Handovers(self.engine, self.writer, now, sealer)
        inbox = Inbox(self.engine, self.writer, now, sealer, outbox, handovers, owner)
        return Post(inbox, outbox, handovers, Announcements(outbox, self.events, now), self.writer)


def build(environment: Mapping[str, str]) -> Records:
    """The records room with its real parts. Raises `SettingError` or `StorageError`. No connection is opened yet."""
    settings = Settings.from_environment(environment)
    kept = storage_settings.Settings.from_environment(environment)
    engine = open_engine(kept.url("conversations"))
    store = ConversationStore(engine, now)
    writer = Writer(engine)
    built = Records(
        engine=engine,
        store=store,
        writer=writer,
        recorder=Recorder(store, writer, now),
        retention=Retention(store, now, settings.retention_days, settings.contact_days),
        secrets=kept.home / "secrets",
        events=settings.events_url,
        staff=StaffStore(engine, now),
        reminder_mail=settings.reminder_mail,
        secret=shared_secret(kept.home / "secrets" / "records"),
    )
    if built.events:
        announcements = built.post("records").announcements
        store.listen(
            lambda connection, name, row: announcements.announce_within(connection, "question.missed", name, row)
        )
    return built


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


@functools.lru_cache(maxsize=1)
def from_environment() -> Records:
    """The one records room of this process: Rasa builds its parts without arguments."""
    return build(os.environ)
