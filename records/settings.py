"""Settings of the records room."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from records.mail import MailServer, mailbox, server_address
from storage.settings import Setting, SettingError, read, whole

T = TypeVar("T")

_ADDRESS = re.compile(
    r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[!-~]*)?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?(/[!-~]*)?"
)


def addresses(value: str) -> tuple[str, ...]:
    """Parses addresses with commas; http only for this machine. Raises `ValueError`."""
    words = tuple(word.strip() for word in value.split(",") if word.strip())
    for word in words:
        if not _ADDRESS.fullmatch(word):
            raise ValueError(f"{word!r} is no address such as https://system.example.org/events")
    return words


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """The same parser, to which an empty value is None."""
    return lambda value: parse(value) if value.strip() else None


ROWS = (
    Setting(
        "LANTERN_RETENTION_DAYS",
        "30",
        whole(1, 3650),
        "days after its last message that a conversation is kept before it is erased",
    ),
    Setting(
        "LANTERN_CONTACT_DAYS",
        "14",
        whole(1, 365),
        "days that a contact detail is kept which a person left so that somebody writes to them",
    ),
    Setting(
        "LANTERN_EVENTS_URL",
        "",
        addresses,
        "https addresses, with commas, of systems that are told what happens by signed webhooks; empty: none",
    ),
    Setting(
        "LANTERN_REMINDER_MAIL_SERVER",
        "",
        optional(server_address),
        "mail server, as host:port, by which staff are reminded of reviews; empty: they are not",
    ),
    Setting(
        "LANTERN_REMINDER_MAIL_FROM", "", optional(mailbox), "address that these mails come from; goes with the server"
    ),
    Setting("LANTERN_REMINDER_MAIL_USER", "", str.strip, "name to log in with at the mail server; empty: without"),
    Setting("LANTERN_REMINDER_MAIL_PASSWORD", "", str.strip, "password to log in with", secret=True),
)


@dataclass(frozen=True)
class ReminderMail:
    """How mail to staff goes out."""

    server: MailServer
    sender: str


@dataclass(frozen=True)
class Settings:
    retention_days: int
    contact_days: int
    events_url: tuple[str, ...] = ()
    reminder_mail: ReminderMail | None = None
    """None: staff get no mail."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        days, contact_days, events, server, sender, user, password = (values[row.name] for row in ROWS)
        if (server is None) != (sender is None):
            raise SettingError("LANTERN_REMINDER_MAIL_SERVER and LANTERN_REMINDER_MAIL_FROM go together: set both")
        mail = ReminderMail(MailServer(server, user, password), sender) if server else None
        return cls(days, contact_days, events, mail)
