"""How Lantern is used and how its content stands: a few charts, each with the table it is drawn from."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from knowledge.model import INFORMS, TOPICS, Entry, Revision
from records.judgements import Opinions
from web.studio.access import Studio, Visit, for_staff, staff
from web.studio.answers import TOPIC_WORDS
from web.studio.channels import channels
from web.studio.releases import as_csv

OVERVIEW = "/studio/overview"
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "answered": INFORMS,
    "asked back": ("clarify",),
    "not answered": ("abstain",),
    "left to the care team": ("defer",),
    "emergency or crisis": ("emergency", "crisis"),
}
"""What becomes of a question, and the kinds of replies that count as it. Small talk is none of them."""
DAYS = 30
MOST_ENTRIES = 10
HELPED = ("it helped", "it did not help")
REPORTS = 30
APPROVED = ("by a clinician", "by staff, no clinician", "by nobody yet")


@dataclass(frozen=True)
class Bar:
    """One day of the chart, in the units of its drawing: where it stands, and its parts from the bottom up."""

    x: float
    width: float
    parts: tuple[tuple[int, float, float], ...]
    """Number of the outcome, top, height."""


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(OVERVIEW, overview, staff, studio),
        for_staff(f"{OVERVIEW}.csv", overview_file, staff, studio),
        for_staff("/studio/helped.csv", helped_file, staff, studio),
    ]


def overview(visit: Visit) -> Response:
    parts, today = visit.studio.parts, visit.studio.clock().date()
    knowledge = parts.knowledge
    live = [row for row in knowledge.live().release.revisions if row.entry.answer_kind != "term"]
    used = visit.studio.figures.used()
    days = by_day(visit.studio.figures.kinds_by_day(), today)
    topics = Counter(dict.fromkeys(TOPICS, 0))
    for row in live:
        topics[row.entry.topic] += used.get("/".join(row.entry.key), 0)
    helped = helped_by_day(visit.studio.figures.opinions_by_day(), today)
    asked = [(row.entry, used.get("/".join(row.entry.key), 0)) for row in live]
    syncs = knowledge.upkeep.syncs(DAYS)
    synced = [(one.day.isoformat(), (one.whole, one.unfinished)) for one in syncs]
    moved = [(one.day.isoformat(), (one.moved,)) for one in syncs]
    return visit.page(
        "overview.html",
        "Overview",
        days=days,
        bars=bars(days),
        outcomes=tuple(OUTCOMES),
        totals=[sum(counts[number] for _, counts in days) for number in range(len(OUTCOMES))],
        topic_words=TOPIC_WORDS,
        topics=[(TOPIC_WORDS[topic], count) for topic, count in topics.most_common()],
        most=max(topics.values()) or 1,
        used_most=most_used(asked),
        oldest=[(entry, count, (today - entry.checked_on).days) for entry, count in oldest(asked)],
        syncs=syncs,
        sync_bars=bars(synced, height=60),
        moved_bars=bars(moved, height=90),
        approvals=approvals(live),
        approval_words=APPROVED,
        helped_days=helped,
        helped_bars=bars(helped, height=120),
        helped_totals=[sum(counts[number] for _, counts in helped) for number in range(len(HELPED))],
        helped_words=HELPED,
        least=least_helpful(visit.studio.figures.opinions(), live),
        unapproved=sum(row.review != "clinician" for row in live),
        live=len(live),
        overdue=sum(row.entry.review_due < today for row in live),
        copy=knowledge.upkeep.copy(),
        worker=knowledge.upkeep.worker(),
        troubled=[channel for channel in channels(parts, visit.studio.clock()) if channel.trouble],
        may_see_channels=visit.may("publisher") or visit.may("admin"),
        reports=parts.kept.reports()[::-1][:REPORTS],
        kept_days=parts.retention.days,
    )


def by_day(rows: Iterable[tuple[str, str, int]], today: dt.date) -> list[tuple[str, tuple[int, ...]]]:
    """The last days, each with its counts in the order of `OUTCOMES`; also days on which nobody asked."""
    counts: dict[str, Counter[str]] = {}
    for day, kind, count in rows:
        counts.setdefault(day, Counter())[kind] += count
    names = [(today - dt.timedelta(days=back)).isoformat() for back in reversed(range(DAYS))]
    return [
        (name, tuple(sum(counts.get(name, Counter())[kind] for kind in kinds) for kinds in OUTCOMES.values()))
        for name in names
    ]


def helped_by_day(rows: Iterable[tuple[str, int, int]], today: dt.date) -> list[tuple[str, tuple[int, ...]]]:
    """The last days, each with how many said that an answer helped, and how many that it did not."""
    counts = {day: (helped, failed) for day, helped, failed in rows}
    names = [(today - dt.timedelta(days=back)).isoformat() for back in reversed(range(DAYS))]
    return [(name, counts.get(name, (0, 0))) for name in names]


def least_helpful(opinions: Iterable[Opinions], live: Iterable[Revision]) -> list[tuple[Opinions, Entry]]:
    """Of the live texts, those that helped least, judged by what was said of exactly this revision."""
    texts = {(*row.entry.key, row.number): row.entry for row in live}
    rated = [(one, texts[key]) for one in opinions if (key := (one.locale, one.entry, one.revision)) in texts]
    failing = [row for row in rated if row[0].failed]
    return sorted(failing, key=lambda row: (-row[0].doubt, row[1].key))[:MOST_ENTRIES]


def bars(days: Sequence[tuple[str, tuple[int, ...]]], width: float = 720, height: float = 200) -> list[Bar]:
    """The days as bars of a drawing of this size."""
    most = max((sum(counts) for _, counts in days), default=0) or 1
    step = width / len(days)
    drawn = []
    for place, (_, counts) in enumerate(days):
        top, parts = height, []
        for number, count in enumerate(counts):
            tall = count / most * height
            top -= tall
            if count:
                parts.append((number, round(top, 1), round(tall, 1)))
        drawn.append(Bar(round(place * step + step * 0.1, 1), round(step * 0.8, 1), tuple(parts)))
    return drawn


def oldest(asked: Iterable[tuple[Entry, int]]) -> list[tuple[Entry, int]]:
    """Of the entries that are asked for, those whose sources were read longest ago; among equals the most asked."""
    used = [row for row in asked if row[1]]
    return sorted(used, key=lambda row: (row[0].checked_on, -row[1], row[0].key))[:MOST_ENTRIES]


def most_used(asked: Iterable[tuple[Entry, int]]) -> list[tuple[Entry, int]]:
    return sorted((row for row in asked if row[1]), key=lambda row: (-row[1], row[0].key))[:MOST_ENTRIES]


@dataclass(frozen=True)
class Approvals:
    """How many live texts of a topic a clinician has approved, staff without one, and nobody yet."""

    topic: str
    clinician: int
    staff: int
    starter: int

    @property
    def count(self) -> int:
        return self.clinician + self.staff + self.starter


def approvals(live: Iterable[Revision]) -> list[Approvals]:
    """By topic, the most starter content first; also emergency cards. Topics without a text are left out."""
    counts: dict[str, Counter[str]] = {}
    for row in live:
        by = "clinician" if row.review == "clinician" else "staff" if row.approvers else "starter"
        counts.setdefault(row.entry.topic, Counter())[by] += 1
    ways = ("clinician", "staff", "starter")
    found = [Approvals(topic, *(count[by] for by in ways)) for topic, count in counts.items()]
    return sorted(found, key=lambda row: (-row.starter, row.topic))


def overview_file(visit: Visit) -> Response:
    days = by_day(visit.studio.figures.kinds_by_day(), visit.studio.clock().date())
    return as_csv("questions-a-day", ("day", *OUTCOMES), ((day, *counts) for day, counts in days))


def helped_file(visit: Visit) -> Response:
    """What people think of each revision that was shown to them, live or not, with its question where it is live."""
    texts = {(*row.entry.key, row.number): row.entry for row in visit.studio.parts.knowledge.live().release.revisions}
    rows = []
    for one in visit.studio.figures.opinions():
        entry = texts.get((one.locale, one.entry, one.revision))
        name = f"{one.locale}/{one.entry}"
        rows.append((name, one.revision, entry.question if entry else "", one.helped, one.failed, f"{one.rate:.2f}"))
    return as_csv("helped", ("entry", "revision", "live question", "helped", "did not help", "rate"), rows)
