"""All pages of the studio."""

from __future__ import annotations

import time

from starlette.routing import BaseRoute

from web.parts import Parts
from web.studio import answers, drafts, people, questions, releases
from web.studio.access import Studio
from web.studio.figures import Figures
from web.studio.trying import TrialsOfDrafts
from web.studio.views import Pages


def routes(parts: Parts) -> list[BaseRoute]:
    """The routes of the studio; each says who may open it (`web.studio.access.Needs`)."""
    studio = Studio(
        parts=parts,
        pages=Pages(parts.settings),
        people=parts.staff,
        clock=parts.clock,
        figures=Figures(parts.kept, time.monotonic),
        trials_of_drafts=TrialsOfDrafts(parts.knowledge, parts.rules, parts.settings.region or None),
    )
    return [
        *people.routes(studio),
        *answers.routes(studio),
        *drafts.routes(studio),
        *questions.routes(studio),
        *releases.routes(studio),
    ]
