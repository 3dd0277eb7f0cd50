"""What whoever follows studies is told: once, dated, and under a name that stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from knowledge.trials.model import Change, Study
from knowledge.trials.news import News, news
from knowledge.trials.page_lines import news_title
from knowledge.trials.wording import plain

OPENED = Change("NOT_YET_RECRUITING", "RECRUITING", dt.date(2026, 5, 1), dt.date(2026, 5, 3))
CLOSED = Change("RECRUITING", "COMPLETED", dt.date(2026, 9, 1), dt.date(2026, 9, 2))
STILL = Study("NCT00000001", "A", status="RECRUITING", status_as_of=dt.date(2026, 6, 1))
MOVED = replace(
    STILL, nct_id="NCT00000002", status="COMPLETED", status_as_of=dt.date(2026, 9, 1), changes=(CLOSED, OPENED)
)


def told(pieces: tuple[News, ...]) -> list[tuple[str, str, dt.date]]:
    return [(piece.study.nct_id, piece.kind, piece.day) for piece in pieces]


def test_changes_are_told_on_the_day_they_were_seen_the_newest_first() -> None:
    assert told(news((STILL, MOVED))) == [
        ("NCT00000002", "changed", dt.date(2026, 9, 2)),
        ("NCT00000001", "listed", dt.date(2026, 6, 1)),
        ("NCT00000002", "changed", dt.date(2026, 5, 3)),
    ]


def test_a_status_without_a_date_is_no_news() -> None:
    assert news((replace(STILL, status_as_of=None), replace(STILL, status=None))) == ()


def test_a_study_that_went_missing_is_told() -> None:
    gone = replace(STILL, missing_since=dt.date(2026, 10, 1))
    assert told(news((gone,)))[0] == ("NCT00000001", "missing", dt.date(2026, 10, 1))


def test_who_follows_recruiting_studies_hears_that_one_stopped() -> None:
    closed_earlier = replace(MOVED, nct_id="NCT00000003", changes=(replace(CLOSED, before="ACTIVE_NOT_RECRUITING"),))
    never = replace(STILL, nct_id="NCT00000004", status="WITHDRAWN")
    pieces = news((STILL, MOVED, closed_earlier, never), recruiting_only=True)
    assert [(piece.study.nct_id, piece.change) for piece in pieces] == [
        ("NCT00000002", CLOSED),
        ("NCT00000001", None),
        ("NCT00000002", OPENED),
    ]


def test_the_name_of_a_piece_of_news_stays_when_more_happens() -> None:
    before = {piece.key for piece in news((replace(MOVED, changes=(OPENED,)),))}
    later = news((replace(MOVED, missing_since=dt.date(2026, 10, 1)),))
    assert before <= {piece.key for piece in later}
    assert len({piece.key for piece in later}) == len(later) == 3


def test_the_same_change_twice_in_a_day_is_told_once() -> None:
    back = Change("RECRUITING", "NOT_YET_RECRUITING", OPENED.as_of, OPENED.seen_on)
    pieces = news((replace(MOVED, changes=(OPENED, back, OPENED)),))
    assert len({piece.key for piece in pieces}) == len(pieces) == 2


def test_a_title_says_status_and_date(phrases: Mapping[str, str]) -> None:
    gone = replace(MOVED, missing_since=dt.date(2026, 10, 1))
    undated = replace(OPENED, before="WITHHELD", as_of=None, seen_on=dt.date(2026, 2, 1))
    titles = [plain(news_title(piece, phrases)) for piece in news((replace(gone, changes=(CLOSED, OPENED, undated)),))]
    assert titles == [
        "Not seen in the registry since October 1, 2026: A",
        "Completed (as of September 1, 2026): A",
        "Recruiting (as of May 1, 2026): A",
        "Recruiting (date unknown): A",
    ]
