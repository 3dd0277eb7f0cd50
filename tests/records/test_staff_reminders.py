"""What staff have read, their calendars, and that nobody gets two mails in a week."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from records.errors import StaffRefused
from records.repository import ConversationStore
from records.staff import StaffStore
from records.staff_reminders import StaffReminders
from tests.records.conftest import Clock, bytes_of


@pytest.fixture
def staff(store: ConversationStore, engine: Engine, clock: Clock) -> StaffStore:
    staff = StaffStore(engine, clock)
    for name in ("Anna", "Ben"):
        staff.add(name, ("reviewer",), by="the terminal")
    return staff


@pytest.fixture
def reminders(staff: StaffStore) -> StaffReminders:
    return staff.reminders


def test_a_text_is_read_by_who_opened_it(reminders: StaffReminders, clock: Clock) -> None:
    for _ in range(2):
        reminders.note_reading(1, "a")
    assert reminders.has_read(1, ["a", "b"]) == {"a"}
    assert reminders.has_read(2, ["a"]) == set()
    clock.move(days=181)
    reminders.note_reading(1, "b")
    assert reminders.has_read(1, ["a", "b"]) == {"b"}


def test_nothing_in_the_database_opens_a_calendar(reminders: StaffReminders, engine: Engine) -> None:
    secret = reminders.new_calendar(1)
    assert reminders.is_calendar(secret)
    assert not reminders.is_calendar(secret[:-1])
    assert not reminders.is_calendar("")
    if engine.dialect.name == "sqlite":
        assert secret.encode() not in bytes_of(engine)


def test_a_mail_is_claimed_once_a_week(reminders: StaffReminders, clock: Clock) -> None:
    reminders.set_mail(1, "anna@hospital.example")
    [one] = reminders.to_be_mailed()
    assert [reminders.claim(one), reminders.claim(one)] == [True, False]
    clock.move(days=6, hours=23)
    assert reminders.to_be_mailed() == []
    clock.move(hours=1)
    [again] = reminders.to_be_mailed()
    assert reminders.claim(again)
    reminders.not_sent(again)
    assert reminders.to_be_mailed() == [again]


def test_who_is_gone_gets_no_mail(reminders: StaffReminders, staff: StaffStore) -> None:
    reminders.set_mail(2, "ben@hospital.example")
    staff.close("Ben", by="the terminal")
    assert reminders.to_be_mailed() == []


@pytest.mark.parametrize("address", ["anna", "a b@c.example", "a@b@c", "a\r\nBcc: x@y.example", "<a@b.example>"])
def test_what_is_no_address_is_refused(reminders: StaffReminders, address: str) -> None:
    with pytest.raises(StaffRefused):
        reminders.set_mail(1, address)
    assert reminders.of(1) == (False, "")
