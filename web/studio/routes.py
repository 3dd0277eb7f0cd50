"""All pages of the studio."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.routing import BaseRoute

from knowledge import review
from knowledge.model import Release
from web.parts import Parts
from web.studio import (
    answers,
    calendars,
    cards,
    channels,
    choosing,
    drafts,
    glossary,
    imports,
    inbox,
    overview,
    people,
    questions,
    releases,
    reviews,
    site,
    thresholds,
)
from web.studio.access import Studio
from web.studio.figures import Figures
from web.studio.listing import Remembered
from web.studio.trail import Chain
from web.studio.trying import TrialsOfDrafts
from web.studio.views import Pages
from web.studio.warming import Warming


def remembered_beside() -> Callable[[Release], review.Beside]:
    """Makes `Beside` of a release, and keeps that of the newest."""
    kept: dict[int, review.Beside] = {}

    def beside(release: Release) -> review.Beside:
        found = kept.get(release.number)
        if found is None:
            found = review.Beside.of(revision.entry for revision in release.revisions)
            kept.clear()
            kept[release.number] = found
        return found

    return beside


def _slow_at_first(
    parts: Parts, pages: Pages, figures: Figures, beside: Callable[[Release], review.Beside]
) -> list[Callable[[], object]]:
    """What takes longest of thousands of texts and questions, in the order in which people mostly come to it."""
    knowledge = parts.knowledge
    return [
        pages.compile,
        figures.missed_groups,
        figures.used,
        figures.kinds_by_day,
        figures.opinions,
        lambda: knowledge.is_published_phrasing(""),
        lambda: knowledge.names,
        lambda: beside(knowledge.live().release),
        lambda: knowledge.grades.of({}),
    ]


def routes(parts: Parts) -> list[BaseRoute]:
    """The routes of the studio; each says who may open it (`web.studio.access.Needs`)."""
    pages, figures, beside = Pages(parts.settings), Figures(parts.kept, time.monotonic), remembered_beside()
    studio = Studio(
        parts=parts,
        pages=pages,
        people=parts.staff,
        clock=parts.clock,
        figures=figures,
        trials_of_drafts=TrialsOfDrafts(parts.knowledge, parts.rules, lambda: parts.site),
        remembered=Remembered(lambda texts: parts.knowledge.grades.of(texts)),
        beside=beside,
        warming=Warming(_slow_at_first(parts, pages, figures, beside)),
        chain=Chain(lambda: parts.knowledge.store.audit(), parts.clock),
    )
    return [
        *people.routes(studio),
        *answers.routes(studio),
        *drafts.routes(studio),
        *choosing.routes(studio),
        *imports.routes(studio),
        *reviews.routes(studio),
        *calendars.routes(studio),
        *questions.routes(studio),
        *releases.routes(studio),
        *overview.routes(studio),
        *inbox.routes(studio),
        *glossary.routes(studio),
        *cards.routes(studio),
        *channels.routes(studio),
        *site.routes(studio),
        *thresholds.routes(studio),
    ]
