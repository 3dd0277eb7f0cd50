"""All pages of the studio."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.routing import BaseRoute

from knowledge import review
from knowledge.model import Release
from web.parts import Parts
from web.studio import answers, calendars, drafts, imports, inbox, overview, people, questions, releases, reviews
from web.studio.access import Studio
from web.studio.figures import Figures
from web.studio.listing import Remembered
from web.studio.trying import TrialsOfDrafts
from web.studio.views import Pages


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


def routes(parts: Parts) -> list[BaseRoute]:
    """The routes of the studio; each says who may open it (`web.studio.access.Needs`)."""
    studio = Studio(
        parts=parts,
        pages=Pages(parts.settings),
        people=parts.staff,
        clock=parts.clock,
        figures=Figures(parts.kept, time.monotonic),
        trials_of_drafts=TrialsOfDrafts(parts.knowledge, parts.rules, parts.settings.region or None),
        remembered=Remembered(lambda: parts.knowledge.names),
        beside=remembered_beside(),
    )
    return [
        *people.routes(studio),
        *answers.routes(studio),
        *drafts.routes(studio),
        *imports.routes(studio),
        *reviews.routes(studio),
        *calendars.routes(studio),
        *questions.routes(studio),
        *releases.routes(studio),
        *overview.routes(studio),
        *inbox.routes(studio),
    ]
