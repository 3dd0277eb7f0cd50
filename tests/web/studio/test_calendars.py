"""Reviews that are due: as a list, month by month, and as a calendar whose address nobody guesses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import httpx
from starlette.applications import Starlette

from knowledge.store.repository import KnowledgeStore
from tests.knowledge.samples import NOON, SOURCE, STEPS, TEA, publication
from tests.web.studio.conftest import Clock, Employ, Person
from web.parts import Parts
from web.studio.calendars import calendar_lines

OVERDUE = replace(TEA, review_due=dt.date(2026, 11, 1))
SOON = replace(STEPS, review_due=dt.date(2026, 12, 24))


def publish(store: KnowledgeStore) -> None:
    store.publish([OVERDUE, SOON], {SOURCE.key: SOURCE}, **publication(base=1))


def address_in(page: httpx.Response) -> str:
    return page.text.split('<code class="key">')[1].split("</code>")[0]


def test_what_is_due_is_listed_and_stands_in_its_month(employ: Employ, knowledge_store: KnowledgeStore) -> None:
    publish(knowledge_store)
    anna = employ("Anna", "author")
    page = anna.open("/studio/calendar").text
    assert "2 answers are to be read again within 90 days" in page
    assert "1 of them overdue" in page
    assert "overdue since Nov 1, 2026" in page
    assert "November 2026" in page
    december = anna.open("/studio/calendar?month=2026-12").text
    assert "December 2026" in december
    assert december.count("How do I make tea?") == 2, "in the list, and on its day"
    assert "November 2026" in anna.open("/studio/calendar?month=1999-13").text


def test_a_calendar_program_reads_it_without_signing_in(
    employ: Employ, app: Starlette, knowledge_store: KnowledgeStore
) -> None:
    publish(knowledge_store)
    anna, program = employ("Anna", "author"), Person(app, "a program")
    page = anna.act("/studio/calendar", "/studio/calendar/address")
    address = address_in(page)
    assert "It is shown this one time" in page.text
    assert address not in anna.open("/studio/calendar").text
    feed = program.open(address)
    assert (feed.status_code, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert feed.headers["cache-control"] == "no-store"
    lines = feed.text.split("\r\n")
    assert (lines[0], lines[-2], lines.count("BEGIN:VEVENT")) == ("BEGIN:VCALENDAR", "END:VCALENDAR", 2)
    assert "SUMMARY:Overdue review: What is tea?" in lines
    assert "DTSTART;VALUE=DATE:20261224" in lines
    assert "Anna" not in feed.text


def test_an_address_is_taken_back_replaced_and_closed_with_the_account(
    employ: Employ, app: Starlette, parts: Parts
) -> None:
    anna, ben, program = employ("Anna", "author"), employ("Ben", "author"), Person(app, "a program")
    of_ben = address_in(ben.act("/studio/calendar", "/studio/calendar/address"))
    first = address_in(anna.act("/studio/calendar", "/studio/calendar/address"))
    second = address_in(anna.act("/studio/calendar", "/studio/calendar/address"))
    assert [program.open(address).status_code for address in (first, second)] == [404, 200]
    anna.act("/studio/calendar", "/studio/calendar/end")
    assert [program.open(address).status_code for address in (second, of_ben)] == [404, 200]
    parts.staff.close("Ben", by="the terminal")
    assert program.open(of_ben).status_code == 404
    assert program.open("/studio/calendar/guessed.ics").status_code == 404


def test_an_address_for_mail_is_kept_changed_and_taken_back(employ: Employ, parts: Parts, clock: Clock) -> None:
    anna = employ("Anna", "author")
    assert anna.act("/studio/calendar", "/studio/calendar/mail", mail="no address").status_code == 409
    anna.act("/studio/calendar", "/studio/calendar/mail", mail=" anna@hospital.example ")
    assert 'value="anna@hospital.example"' in anna.open("/studio/calendar").text
    assert [one.mail for one in parts.staff.reminders.to_be_mailed()] == ["anna@hospital.example"]
    anna.act("/studio/calendar", "/studio/calendar/mail", mail="")
    assert parts.staff.reminders.to_be_mailed() == []


def test_no_text_breaks_out_of_its_line() -> None:
    odd = replace(TEA, question="What;is,tea\\\r\nEND:VEVENT " + "ñ" * 100)
    lines = list(calendar_lines([odd], "https://a.example", "A; site", NOON))
    assert max(len(line.encode()) for line in lines) <= 75
    assert lines.count("END:VEVENT") == 1
    said = "\n".join(lines).replace("\n ", "")
    assert "SUMMARY:Review: What\\;is\\,tea\\\\ END:VEVENT " + "ñ" * 100 in said
