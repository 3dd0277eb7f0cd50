"""Charts with their tables, and what stands beside them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

from knowledge.store.trials import SyncDay
from records.model import Conversation, Feedback, KeptMessage
from storage.engine import open_engine, write
from tests.knowledge.samples import NOON
from tests.web.conftest import SmallUpkeep
from tests.web.studio.conftest import Employ, begin, newest, submit
from web.parts import Parts
from web.studio.overview import DAYS, Approvals, approvals, bars, by_day


def test_each_day_is_told_by_what_became_of_its_questions(employ: Employ, parts: Parts, tmp_path: Path) -> None:
    told = {"kind": "answer", "locale": "en", "entry": "tea-what-is"}
    told["provenance"] = [{"kind": "revision", "id": "tea-what-is", "number": 1}]  # type: ignore[assignment]
    said = [
        ("answer", 0, [{"custom": told}]),
        ("steps", 0, []),
        ("abstain", 1, []),
        ("crisis", 1, []),
        ("smalltalk", 1, []),
    ]
    with write(open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")) as connection:
        for number, (kind, days, replies) in enumerate(said):
            of = Conversation("a".rjust(32, "0"), "chat", NOON, introduced=True)
            message = KeptMessage(NOON - dt.timedelta(days=days), "tea", kind, replies)
            parts.kept.keep(connection, of, f"m{number}", message)
    anna = employ("Anna", "author")
    page = anna.open("/studio/overview").text
    assert "answered: 2" in page
    assert "emergency or crisis: 1" in page
    assert "3 of 3 live answers are approved by no clinician yet" in page
    assert "What is tea?" in page
    rows = list(csv.DictReader(io.StringIO(anna.open("/studio/overview.csv").text.removeprefix("\ufeff"))))
    assert len(rows) == DAYS
    assert (rows[-1]["day"], rows[-1]["answered"], rows[-2]["not answered"]) == ("2026-11-22", "2", "1")


def test_bars_fill_the_drawing_and_no_more() -> None:
    days = by_day([("2026-11-22", "answer", 3), ("2026-11-22", "defer", 1), ("2026-11-21", "abstain", 2)], NOON.date())
    drawn = bars(days, width=300, height=100)
    assert len(drawn) == DAYS
    assert drawn[-1].parts == ((0, 25.0, 75.0), (3, 0.0, 25.0))
    assert drawn[-2].parts == ((2, 50.0, 50.0),)
    assert drawn[0].parts == ()
    assert drawn[-1].x + drawn[-1].width <= 300


def test_each_chart_has_a_drawing_and_a_table_of_its_numbers(employ: Employ, parts: Parts, tmp_path: Path) -> None:
    upkeep = cast(SmallUpkeep, parts.knowledge.upkeep)
    upkeep.days[-2:] = [SyncDay(upkeep.days[-2].day, 1, 2, 0), SyncDay(upkeep.days[-1].day, 3, 0, 7)]
    told = {"kind": "answer", "locale": "en", "entry": "tea-what-is"}
    told["provenance"] = [{"kind": "revision", "id": "tea-what-is", "number": 1}]  # type: ignore[assignment]
    with write(open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")) as connection:
        of = Conversation("a".rjust(32, "0"), "chat", NOON, introduced=True)
        parts.kept.keep(connection, of, "m", KeptMessage(NOON, "tea", "answer", [{"custom": told}]))
        opinion = Feedback("en", "answer", "tea-what-is", 1, True, None, NOON)
        parts.kept.keep_feedback(connection, of, "m", opinion)
    page = employ("Anna", "author").open("/studio/overview").text
    for name in ("days", "helped", "topics", "used", "old", "approved", "sync"):
        section = page.split(f'<section class="card" aria-labelledby="{name}">')[1].split("</section>")[0]
        assert section.count("<svg") >= 1, name
        assert section.count("<table") >= 1, name
        assert re.search(r'<rect x="[\d.]+"[^>]* class="part-', section), name
    sync = page.split('aria-labelledby="sync"')[1].split("</section>")[0]
    assert ("whole: 4" in sync, "not finished: 2" in sync, "with another status: 7" in sync) == (True, True, True)
    assert re.findall(r'number">(\d+)<', sync)[:6] == ["3", "0", "7", "1", "2", "0"]


def test_a_sync_that_failed_is_told_of_with_its_reason(employ: Employ, parts: Parts) -> None:
    upkeep = cast(SmallUpkeep, parts.knowledge.upkeep)
    anna = employ("Anna", "author")
    assert "There was no sync in the last 30 days" in anna.open("/studio/overview").text
    failed = {"ok": False, "failed_at": NOON, "failure": "the registry does not answer", "studies": 250, "missing": 1}
    upkeep.registry = replace(upkeep.registry, **failed)
    page = anna.open("/studio/overview").text
    for words in (
        "with 250 studies; 1 of them is not in the registry any more",
        "It is old; tell whoever runs this service",
        "The last sync failed Nov 22, 2026, 12:00 UTC: the registry does not answer.",
    ):
        assert words in page


def test_topics_are_told_by_who_has_approved_their_texts(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer", "publisher", clinician=True)
    ben = employ("Ben", "reviewer", "publisher")
    for entry, reader in (("en/tea-what-is", clara), ("en/tea-steps", ben)):
        draft = begin(anna, entry)
        submit(anna, draft, simpler="Tea is nice.")
        reader.act(draft, "/approve")
        assert reader.act(draft, "/studio/publish").status_code == 303
    live = newest(parts).release.revisions
    assert approvals(live) == [Approvals("cards", 0, 0, 1), Approvals("lupus", 1, 1, 0)]
    section = anna.open("/studio/overview").text.split('aria-labelledby="approved"')[1].split("</section>")[0]
    assert "2 of 3 live answers are approved by no clinician yet" in section
    assert re.findall(r'data-name="([^"]+)">(\d)<', section)[3:] == [
        ("by a clinician", "1"),
        ("by staff, no clinician", "1"),
        ("by nobody yet", "0"),
    ]


def test_with_nothing_asked_there_is_a_page_all_the_same(employ: Employ) -> None:
    assert "Nothing was asked yet" in employ("Anna", "author").open("/studio/overview").text


def test_what_helped_least_is_told_of_exactly_the_text_that_was_shown(
    employ: Employ, parts: Parts, tmp_path: Path
) -> None:
    said = [("tea-what-is", 1, True, None)] * 3 + [("tea-steps", 1, False, "=what a mess")] * 2
    said += [("tea-steps", 1, True, None), ("tea-steps", 7, False, None), ("gone", 2, False, None)]
    with write(open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")) as connection:
        for number, (entry, revision, helpful, word) in enumerate(said):
            of = Conversation(f"{number:032x}", "chat", NOON, introduced=True)
            parts.kept.keep(connection, of, "m", KeptMessage(NOON, "tea", "answer", []))
            opinion = Feedback("en", "answer", entry, revision, helpful, word, NOON)
            parts.kept.keep_feedback(connection, of, "m", opinion)
    anna = employ("Anna", "author")
    page = anna.open("/studio/overview").text
    assert "4 of 8 people who said so were helped (50 %)" in page
    least = page.split("Helped least")[1].split("</table>")[0]
    assert ("How do I make tea?" in least, "1 of 3" in least, "What is tea?" in least) == (True, True, False)
    listed = anna.open("/studio/?order=unhelpful").text
    assert listed.index("How do I make tea?") < listed.index("What is tea?") < listed.index("a scald?")
    assert ("1 of 3" in listed, "3 of 3" in listed) == (True, True)
    entry = anna.open("/studio/entries/en/tea-steps").text
    assert ("33 %" in entry, "=what a mess" in entry) == (True, True)
    rows = list(csv.DictReader(io.StringIO(anna.open("/studio/helped.csv").text.removeprefix("\ufeff"))))
    assert [(row["entry"], row["revision"], row["live question"], row["rate"]) for row in rows] == [
        ("en/gone", "2", "", "0.00"),
        ("en/tea-steps", "1", "How do I make tea?", "0.33"),
        ("en/tea-steps", "7", "", "0.00"),
        ("en/tea-what-is", "1", "What is tea?", "1.00"),
    ]
