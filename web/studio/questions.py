"""Questions that got no answer: seen by what was meant, and turned into a draft or into another way to ask."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response
from starlette.routing import Route

from knowledge.answer import Answerer
from knowledge.errors import EditRefused
from knowledge.model import Entry, Question
from knowledge.review import PHRASINGS, READ_IN
from records.figures import MissedGroup
from web.studio.access import Studio, Visit, authors, for_staff, staff
from web.studio.drafts import begun
from web.studio.listing import Wanted, filtered, rows
from web.studio.releases import as_csv

QUESTIONS = "/studio/questions"
GROUPS_READ = 300
"""Groups of the same words that are compared with each other; what is asked less often waits its turn."""
SHOWN = 60
OFFERED = 10
"""Answers to which words may be added, on one page."""
PATIENCE = 0.1
"""Seconds that a page waits until questions are compared. Hundreds that were never compared take seconds, in which it
shows them one by one."""
ALIKE = 0.7
"""Cosine from which two questions count as the same one in other words. Of the phrasings of the starter content, 11 of
100 pairs of the same entry are so near, and 6 of 1,000 pairs of two entries: what is gathered belongs together, and
what belongs together is not always gathered."""


@dataclass(frozen=True)
class Meant:
    """Groups that mean the same, the weightiest first, and the live entry that comes nearest to them."""

    groups: tuple[MissedGroup, ...]
    nearest: Entry | None

    @property
    def text(self) -> str:
        return self.groups[0].text

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def people(self) -> int:
        return sum(group.people for group in self.groups)

    @property
    def newest(self) -> str:
        return max(group.newest for group in self.groups)

    @property
    def kinds(self) -> list[str]:
        return sorted({kind for group in self.groups for kind in group.kinds})


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(QUESTIONS, questions, staff, studio),
        for_staff(f"{QUESTIONS}.csv", questions_file, staff, studio),
        for_staff(f"{QUESTIONS}/draft", draft, authors, studio, ["POST"], act="draft"),
        for_staff(f"{QUESTIONS}/place", place, authors, studio, ["POST"], act="edit"),
        for_staff(f"{QUESTIONS}/phrasing", phrasing, authors, studio, ["POST"], act="edit"),
        for_staff(f"{QUESTIONS}/set-aside", set_aside, authors, studio, ["POST"], act="set_aside"),
    ]


def questions(visit: Visit) -> Response:
    found, whole = meant(visit)
    return visit.page(
        "questions.html",
        "Questions without an answer",
        said=visit.given("said"),
        found=found[:SHOWN],
        more=len(found) > SHOWN,
        whole=whole,
        days=visit.studio.parts.retention.days,
    )


def meant(visit: Visit) -> tuple[list[Meant], bool]:
    """What people asked and got no answer to, by what they meant; ranked by people times how often. And whether all
    were compared already."""
    knowledge = visit.studio.parts.knowledge
    answerer = knowledge.live()
    # A question that has become a phrasing since is answered now.
    open_ones = (
        group
        for group in visit.studio.figures.missed_groups()
        if not (knowledge.is_published_phrasing(group.text) or knowledge.is_published_question(group.text))
    )
    groups = list(itertools.islice(open_ones, GROUPS_READ))
    gathered = knowledge.gathering.gathered([group.text for group in groups], ALIKE, PATIENCE)
    together = [tuple(groups[place] for place in places) for places in gathered.groups]
    rows = [Meant(same, _nearest(same, answerer)) for same in together]
    return sorted(rows, key=lambda row: -row.count * row.people), gathered.whole


def _nearest(groups: Sequence[MissedGroup], answerer: Answerer) -> Entry | None:
    live = (answerer.entry(name) for group in groups for name in group.nearest[:1])
    return next((revision.entry for revision in live if revision), None)


def draft(visit: Visit) -> Response:
    """Begins an entry from what people asked: the first wording is its question, all are ways to ask it."""
    texts = _texts(visit)
    nearest = visit.studio.parts.knowledge.live().entry(visit.given("nearest"))
    topic = nearest.entry.topic if nearest and nearest.entry.topic != "cards" else "lupus"
    started = begun(visit, texts[0], topic, phrasings=tuple(dict.fromkeys(texts))[:PHRASINGS])
    return visit.go(f"/studio/drafts/{started.id}/edit")


def _texts(visit: Visit) -> list[str]:
    texts = [" ".join(text.split())[:300] for text in visit.form.get("text", []) if text.strip()]
    if not texts:
        raise EditRefused("choose a question")
    return texts


def place(visit: Visit) -> Response:
    """Answers to which the words of people may belong: those that come nearest, or that hold all words which somebody
    looks for. Asked for by a form: what people wrote stands in no address."""
    texts, words = _texts(visit), visit.given("words").strip()[:200]
    answerer = visit.studio.parts.knowledge.live()
    if words:
        all_rows, today = rows(answerer.release, (), {}, {}), visit.studio.clock().date()
        found = filtered(all_rows, Wanted(words=words), today, visit.studio.remembered)
        entries = [row.entry for row in found]
    else:
        entries = [hit.entry for hit in answerer.rank(Question(texts[0])).hits]
    fitting = [entry for entry in entries if entry.locale == READ_IN and entry.answer_kind != "card"]
    return visit.page(
        "place.html", "Which answer fits?", texts=list(dict.fromkeys(texts)), words=words, entries=fitting[:OFFERED]
    )


def phrasing(visit: Visit) -> Response:
    """Lists what people asked as other ways to ask an entry that answers it already."""
    knowledge, at = visit.studio.parts.knowledge, visit.studio.clock()
    texts = _texts(visit)
    key = ("en", visit.given("entry"))
    current = knowledge.store.draft_of(key)
    if current is None:
        revision = knowledge.live().entry(key[1])
        if revision is None:
            raise EditRefused("choose the answer that fits")
        current = knowledge.editing.draft(_with(revision.entry, texts), by=visit.person, at=at)
    else:
        more = _with(current.entry, texts)
        if more != current.entry:
            current = knowledge.editing.edit(current.id, more, version=current.version, by=visit.person, at=at)
    return visit.go(f"/studio/drafts/{current.id}/edit", "phrasing")


def _with(entry: Entry, texts: list[str]) -> Entry:
    known = {phrase.casefold() for phrase in entry.phrasings}
    new = [text for text in dict.fromkeys(texts) if text.casefold() not in known]
    return replace(entry, phrasings=(*entry.phrasings, *new))


def set_aside(visit: Visit) -> Response:
    for key in visit.form.get("key", [])[:SHOWN]:
        visit.studio.figures.set_aside(key[:1000], visit.member.name)
    return visit.go(QUESTIONS, "set-aside")


def questions_file(visit: Visit) -> Response:
    rows = (
        (group.text, group.count, group.people, " ".join(group.kinds), group.newest, " ".join(group.nearest))
        for group in visit.studio.parts.kept.missed_groups()
    )
    return as_csv("questions", ("question", "times", "conversations", "kinds", "newest", "nearest"), rows)
