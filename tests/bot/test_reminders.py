"""The worker writes to staff about reviews, at most once a week to each, through a real line to a mail server."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from bot.reminders import remind
from bot.worker import NotDone
from knowledge.model import Entry
from knowledge.phrases import Phrases
from knowledge.store.repository import KnowledgeStore
from records import wiring as records_wiring
from records.mail import MailServer
from records.settings import ReminderMail, Settings
from records.staff import StaffStore
from storage.engine import open_engine
from storage.settings import SettingError
from tests.knowledge.samples import TEA, publication
from tests.mail_server import StandInMailServer
from tests.records.conftest import Clock
from tests.running import environment, free_port, run_command
from tests.shipped import shipped_phrases

DUE = [replace(TEA, id=f"tea-{number}", review_due=dt.date(2026, 12, 1)) for number in range(22)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(tmp_path: Path, clock: Clock) -> StaffStore:
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    records.store.migrate()
    staff = StaffStore(records.engine, clock)
    for number, name in enumerate(("Anna", "Ben", "Clara"), 1):
        staff.add(name, ("reviewer",), by="the terminal")
        if name != "Clara":
            staff.reminders.set_mail(number, f"{name.lower()}@hospital.example")
    return staff


@pytest.fixture
def server() -> Iterator[StandInMailServer]:
    server = StandInMailServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return shipped_phrases()


def run(staff: StaffStore, server: StandInMailServer, phrases: Phrases, due: list[Entry] = DUE) -> str | None:
    mail = ReminderMail(MailServer(server.place), "lantern@hospital.example")
    return remind(staff.reminders, mail, lambda: due, phrases)


def test_each_who_wants_it_is_told_once_a_week_what_is_due(
    staff: StaffStore, server: StandInMailServer, phrases: Phrases, clock: Clock
) -> None:
    assert run(staff, server, phrases) == "reminded 2 of 2 people"
    letters = [message_from_bytes(raw, policy=policy.default) for raw in server.letters]
    assert [letter["To"] for letter in letters] == ["anna@hospital.example", "ben@hospital.example"]
    assert letters[0]["Subject"] == "Answers to be read again: 22"
    said = letters[0].get_content()
    assert "2026-12-01  What is tea? (en/tea-0)" in said
    assert "and 2 more" in said
    clock.move(days=6)
    assert run(staff, server, phrases) is None
    clock.move(days=1)
    assert run(staff, server, phrases) == "reminded 2 of 2 people"
    assert len(server.letters) == 4


def test_without_a_reason_nobody_is_written_to(staff: StaffStore, server: StandInMailServer, phrases: Phrases) -> None:
    assert run(staff, server, phrases, []) is None
    assert run(staff, server, phrases) == "reminded 2 of 2 people"


def test_an_address_that_is_refused_is_counted_and_keeps_nobody_else(
    staff: StaffStore, server: StandInMailServer, phrases: Phrases, clock: Clock
) -> None:
    refused = "reminded 0 of 2 people; the mail server refused 2 of their addresses"
    server.refuses = "450 later"
    assert run(staff, server, phrases) == refused
    server.refuses = "550 nobody here"
    assert run(staff, server, phrases) == refused, "what was refused for a moment is tried again"
    server.refuses = ""
    assert run(staff, server, phrases) is None
    clock.move(days=7)
    assert run(staff, server, phrases) == "reminded 2 of 2 people"


def test_a_server_that_is_not_there_is_told_without_an_address_and_tried_again(
    staff: StaffStore, server: StandInMailServer, phrases: Phrases
) -> None:
    nowhere = ReminderMail(MailServer(("127.0.0.1", free_port())), "lantern@hospital.example")
    with pytest.raises(NotDone) as told:
        remind(staff.reminders, nowhere, lambda: DUE, phrases)
    assert "hospital.example" not in str(told.value)
    assert run(staff, server, phrases) == "reminded 2 of 2 people"


def test_a_mail_that_may_have_gone_out_is_not_sent_twice(
    staff: StaffStore, server: StandInMailServer, phrases: Phrases
) -> None:
    server.hangs_up = True
    with pytest.raises(NotDone):
        run(staff, server, phrases)
    server.hangs_up = False
    assert run(staff, server, phrases) == "reminded 1 of 1 people", "the one whose turn did not come"


def test_the_worker_writes_when_a_server_is_set(prepared_home: Path, tmp_path: Path, server: StandInMailServer) -> None:
    home = shutil.copytree(prepared_home, tmp_path / "home")
    records = records_wiring.build({"LANTERN_HOME": str(home)})
    records.store.migrate()
    records.staff.add("Anna", ("reviewer",), by="the terminal")
    records.staff.reminders.set_mail(1, "anna@hospital.example")
    engine = open_engine(f"sqlite:///{home / 'knowledge.db'}")
    store, today = KnowledgeStore(engine), records_wiring.now().date()
    release = store.release(store.newest_release())
    soon = replace(release.revisions[0].entry, review_due=today + dt.timedelta(days=3))
    store.publish([soon], store.sources(), **publication(base=release.number))
    host, port = server.place
    settings = {
        "LANTERN_REMINDER_MAIL_SERVER": f"{host}:{port}",
        "LANTERN_REMINDER_MAIL_FROM": "lantern@hospital.example",
    }
    done = run_command("work", "--once", env=environment(home, **settings))
    assert (done.returncode, "reminded 1 of 1 people" in done.stdout) == (0, True), done.stdout
    assert soon.question.encode() in server.letters[0]
    assert "anna@hospital.example" not in done.stdout


def test_server_and_sender_are_set_together() -> None:
    with pytest.raises(SettingError):
        Settings.from_environment({"LANTERN_REMINDER_MAIL_SERVER": "mail.hospital.example:587"})
    both = {
        "LANTERN_REMINDER_MAIL_SERVER": "mail.hospital.example:587",
        "LANTERN_REMINDER_MAIL_FROM": "lantern@hospital.example",
    }
    mail = Settings.from_environment(both).reminder_mail
    assert mail is not None
    assert mail.server.address == ("mail.hospital.example", 587)
