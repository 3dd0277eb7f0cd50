"""`GET /api/v1/trials`: our copy of the trial registry for programs. `docs/schemas/openapi.v1.json` describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from knowledge.trials import lines, page_lines
from knowledge.trials.answers import TrialAnswers, status_entry
from knowledge.trials.model import Study
from knowledge.trials.numbers import find_nct
from knowledge.trials.wording import plain, say
from web.errors import Refused
from web.guards import count_address, guarded, visitors
from web.library import LOCALE, site_address
from web.parts import Parts
from web.trial_search import FIELDS, read_search
from web.trials import CHANGES, PATH

API_PATH = "/api/v1/trials"
LIMIT, CURSOR = "limit", "cursor"
ONLY_ALONE = ("official_title", "status_meaning", "sites", "changes")
"""Fields of a study that a list leaves out, because they are long."""

_NUMBER = re.compile(r"NCT[0-9]{8}")


def routes(parts: Parts) -> list[Route]:
    api = TrialsApi(parts)
    return [
        guarded(API_PATH, api.listing, visitors, parts),
        guarded(API_PATH + "/{nct}", api.study, visitors, parts),
    ]


class TrialsApi:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._phrases = parts.phrases.of(LOCALE)

    async def listing(self, request: Request) -> Response:
        """Studies that fit a search, in the order of their numbers: so a new status moves none from page to page."""
        count_address(request, self._parts)
        return await run_in_threadpool(self._listing, request)

    async def study(self, request: Request) -> Response:
        """One study with all that our copy has of it."""
        count_address(request, self._parts)
        return await run_in_threadpool(self._study, request)

    def _listing(self, request: Request) -> Response:
        given = _given(request)
        most = self._parts.settings.trials_answer
        size, after = _limit(given.get(LIMIT), most), _cursor(given.get(CURSOR))
        trials = self._parts.knowledge.live().trials
        found = trials.shelf.search(read_search(given, trials.catalogue))
        left = sorted((study for study in found if study.nct_id > after), key=lambda study: study.nct_id)
        shown = left[:size]
        rows = [self._fields(study, site_address(request, self._parts)) for study in shown]
        return JSONResponse(
            {
                **self._about(trials),
                "total": len(found),
                "trials": [{name: row[name] for name in row if name not in ONLY_ALONE} for row in rows],
                "next": shown[-1].nct_id if len(left) > len(shown) else None,
            }
        )

    def _study(self, request: Request) -> Response:
        answerer = self._parts.knowledge.live()
        numbers = find_nct(request.path_params["nct"])
        study = answerer.trials.shelf.by_number(numbers[0]) if numbers else None
        if study is None:
            raise Refused(404, "unknown_trial", "Our copy of the registry has no study of this number.")
        revision = answerer.entry(status_entry(study.status), LOCALE) if study.status else None
        meaning = revision.entry.answer.split("\n\n")[0] if revision else None
        trial = self._fields(study, site_address(request, self._parts), meaning)
        return JSONResponse({**self._about(answerer.trials), "trial": trial})

    def _about(self, trials: TrialAnswers) -> dict[str, Any]:
        """What must be shown with every study."""
        copy = trials.copy
        return {
            "copy": {"made": copy.made.isoformat(), "number": copy.number, "shipped": copy.is_shipped},
            "attribution": plain(page_lines.copy_line(copy, self._phrases)),
            "notice": plain(say(self._phrases, "trials_not_a_recommendation")),
        }

    def _fields(self, study: Study, site: str, meaning: str | None = None) -> dict[str, Any]:
        page = f"{site}{PATH}{study.nct_id}"
        return {
            **lines.study_data(study, self._phrases, meaning),
            "checked_on": study.checked_on.isoformat() if study.checked_on else None,
            "missing_since": study.missing_since.isoformat() if study.missing_since else None,
            "changes": [
                {
                    "before": change.before,
                    "after": change.after,
                    "as_of": change.as_of.isoformat() if change.as_of else None,
                    "seen_on": change.seen_on.isoformat(),
                }
                for change in study.changes
            ],
            "page": page,
            "feed": f"{page}/{CHANGES}",
        }


def _given(request: Request) -> Mapping[str, str]:
    """The parameters, each once. Raises `Refused` 400 for one that is unknown, empty or there twice: a misspelt limit
    that is passed over would answer another question."""
    known = (*FIELDS, LIMIT, CURSOR)
    rows = request.query_params.multi_items()
    for name, value in rows:
        if name not in known:
            raise Refused(400, "bad_search", f"The parameters are {', '.join(known)}; there is another in the address.")
        if not value.strip():
            raise Refused(400, "bad_search", f"'{name}' is empty; leave it out where it says nothing.")
    if len(dict(rows)) != len(rows):
        raise Refused(400, "bad_search", "A parameter stands in the address more than once.")
    return dict(rows)


def _limit(given: str | None, most: int) -> int:
    """How many studies an answer may hold; a larger number than the setting allows counts as that."""
    if given is None:
        return most
    if not re.fullmatch("[0-9]{1,9}", given) or int(given) < 1:
        raise Refused(400, "bad_search", f"'{LIMIT}' must be a whole number from 1 on.")
    return min(int(given), most)


def _cursor(given: str | None) -> str:
    """The number of the study after which to go on; empty for the beginning."""
    if given is not None and not _NUMBER.fullmatch(given):
        raise Refused(400, "bad_search", f"'{CURSOR}' must be what an answer gave as 'next'.")
    return given or ""
