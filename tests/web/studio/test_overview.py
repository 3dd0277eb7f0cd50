"""Charts with their tables, and what stands beside them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

from records.model import Conversation, Feedback, KeptMessage
from storage.engine import open_engine, write
from tests.knowledge.samples import NOON
from tests.web.studio.conftest import Employ
from web.parts import Parts
from web.studio.overview import DAYS, bars, by_day


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
