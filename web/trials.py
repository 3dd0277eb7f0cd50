"""`/library/trials/`: our copy of the trial registry as pages and as feeds. No page asks the registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from knowledge.answer import Answerer
from knowledge.blocks import paragraphs
from knowledge.model import Block, Entry, Run
from knowledge.trials import lines, page_lines
from knowledge.trials.answers import TrialAnswers, status_entry
from knowledge.trials.catalogue import CountryCount
from knowledge.trials.model import PHASES, STUDY_ADDRESS, Study
from knowledge.trials.news import News, news
from knowledge.trials.numbers import find_nct, malformed_nct
from knowledge.trials.registry_search import search_address
from knowledge.trials.replies import search_words
from knowledge.trials.search import Search
from knowledge.trials.wording import Line, listed, plain, say
from web.errors import Refused
from web.feeds import MEDIA_TYPE, Feed, FeedEntry, tag, unless_known
from web.guards import everyone, guarded
from web.library import LOCALE, site_address
from web.parts import Parts
from web.trial_search import FIELDS, query_of, read_search
from web.views import Views

PATH = "/library/trials/"
CHANGES = "changes.atom"
READ_NEXT = (
    *("trials-how-to-join", "trials-questions-to-ask", "trials-status-age"),
    *("trials-phases", "trials-listed-not-checked"),
)
"""Entries that help with any study."""
UNPLACED_NAMED = 3
"""Studies without a country that a list for one country names."""


def routes(parts: Parts, views: Views) -> list[Route]:
    pages = TrialPages(parts, views)
    return [
        guarded(PATH.rstrip("/"), _to_the_list, everyone, parts),
        guarded(PATH, pages.listing, everyone, parts),
        guarded(PATH + CHANGES, pages.changes, everyone, parts),
        guarded(PATH + "{nct}", pages.study, everyone, parts),
        guarded(PATH + "{nct}/" + CHANGES, pages.changes_of_study, everyone, parts),
    ]


@dataclass(frozen=True)
class Listed:
    """A study as a row of the list."""

    page: str
    title: str
    number: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class CountryRow:
    """A row of the table by country. `recruiting_as_of` dates the statuses that `count.recruiting` counts."""

    count: CountryCount
    href: str | None
    recruiting_as_of: Line


class TrialPages:
    """The pages and feeds, by what a reader wants to see."""

    def __init__(self, parts: Parts, views: Views) -> None:
        self._parts, self._views = parts, views
        self._phrases = parts.phrases.of(LOCALE)

    def listing(self, request: Request) -> Response:
        trials = self._trials()
        try:
            search = read_search(request.query_params, trials.catalogue)
        except Refused as fault:
            choices = self._choices(trials, Search())
            return self._views.page("trials_unknown.html", "There is no such list", status=fault.status, **choices)
        found = trials.shelf.search(search)
        page, pages = _page(request.query_params.get("page", ""), len(found), self._parts.settings.trials_page)
        first = (page - 1) * self._parts.settings.trials_page
        turn = {
            turned: PATH + query_of(search, page=str(number) if number > 1 else "")
            for turned, number in (("previous", page - 1), ("next", page + 1))
            if 1 <= number <= pages
        }
        return self._views.page(
            "trials.html",
            "Studies in our copy of the registry",
            **self._choices(trials, search),
            count=len(found),
            opening=self._opening(search, len(found)),
            narrowed=not search.limits.is_silent,
            first=first + 1,
            studies=[self._listed(study) for study in found[first : first + self._parts.settings.trials_page]],
            page=page,
            pages=pages,
            turn=turn,
            wider=_wider(search) if not found else {},
            unplaced=self._unplaced(trials.shelf.unplaced(search)),
            countries_counted=[self._country(row, search) for row in trials.catalogue.by_country(found)],
            shipped=trials.copy.is_shipped,
            made=page_lines.made(trials.copy, self._phrases),
            registry=search_address(search),
            feed=PATH + CHANGES + query_of(search),
            **self._always(trials),
        )

    def study(self, request: Request) -> Response:
        trials, named = self._trials(), request.path_params["nct"]
        numbers = find_nct(named)
        study = trials.shelf.by_number(numbers[0]) if numbers else None
        if study is None:
            return self._unknown_study(named, trials)
        if named != study.nct_id:
            return RedirectResponse(_study_path(study))
        return self._views.page("trial.html", lines.title(study, self._phrases), **self._study_page(study, trials))

    def changes(self, request: Request) -> Response:
        """A feed of all studies, or of those that a search finds."""
        trials = self._trials()
        search = read_search(request.query_params, trials.catalogue)
        # Whoever follows what is recruiting has to hear that a study stopped, too.
        followed = Search(condition=search.condition, country=search.country, phase=search.phase)
        return self._feed(
            request,
            trials,
            news(trials.shelf.search(followed), bool(search.recruiting_only)),
            PATH,
            query_of(search),
            page_lines.feed_title(search_words(search, self._phrases), self._phrases),
        )

    def changes_of_study(self, request: Request) -> Response:
        trials = self._trials()
        study = trials.shelf.by_number(request.path_params["nct"])
        if study is None:
            raise Refused(404, "unknown_trial", "Our copy of the registry has no study of this number.")
        told = news([study])
        about = page_lines.feed_title(study, self._phrases)
        return self._feed(request, trials, told, f"{_study_path(study)}/", "", about)

    def _trials(self) -> TrialAnswers:
        return self._parts.knowledge.live().trials

    def _always(self, trials: TrialAnswers) -> dict[str, Any]:
        """What stands on every page with a study: that it is no recommendation, and where it comes from."""
        return {
            "caution": say(self._phrases, "trials_not_a_recommendation"),
            "origin": page_lines.copy_line(trials.copy, self._phrases),
        }

    def _choices(self, trials: TrialAnswers, search: Search) -> dict[str, Any]:
        """What the form offers and what is chosen in it."""
        catalogue = trials.catalogue
        chosen = vars(search.limits)
        return {
            "path": PATH,
            "chosen": {name: chosen[name] for name in FIELDS},
            "conditions": _with(catalogue.conditions, search.condition),
            "countries": _with(catalogue.countries, search.country),
            "phases": {phase: lines.phase_words((phase,), self._phrases) for phase in PHASES},
        }

    def _listed(self, study: Study) -> Listed:
        # Of the short form the first line is title and number, which are a link here.
        rows = lines.short_block(study, self._phrases).items[1:]
        return Listed(_study_path(study), lines.title(study, self._phrases), study.nct_id, rows)

    def _opening(self, search: Search, count: int) -> Line:
        words = search_words(search, self._phrases)
        if not count:
            return say(self._phrases, "trials_none" if words else "trials_none_at_all", search=words)
        if not words:
            return say(self._phrases, "trials_found_all", count=str(count))
        return say(self._phrases, "trials_found", search=words, count=str(count))

    def _unplaced(self, studies: Sequence[Study]) -> Line:
        """That some studies may lie in the country that was chosen, too: our copy does not say where they are."""
        if not studies:
            return ()
        numbers = listed(Run(study.nct_id, href=_study_path(study)) for study in studies[:UNPLACED_NAMED])
        return say(self._phrases, "trials_unplaced", count=str(len(studies)), numbers=numbers)

    def _country(self, count: CountryCount, search: Search) -> CountryRow:
        narrowed = Search(
            condition=search.condition,
            country=count.country,
            recruiting_only=search.recruiting_only,
            phase=search.phase,
        )
        href = PATH + query_of(narrowed) if count.country else None
        return CountryRow(count, href, page_lines.recruiting_as_of(count, self._phrases))

    def _study_page(self, study: Study, trials: TrialAnswers) -> dict[str, Any]:
        answerer = self._parts.knowledge.live()
        words = answerer.glossary(LOCALE)
        meaning, meant = self._meaning(study, answerer)
        # How it changed has a part of the page to itself.
        status_line, *beside = lines.status_lines(replace(study, changes=()), self._phrases)
        details = [Block("paragraph", runs=line) for line in self._details(study)]
        shown = {"meaning": words.marked(meaning), "details": words.marked(details)}
        return {
            "study": study,
            "status_line": status_line,
            "beside_status": beside,
            "meant": meant,
            **shown,
            "words": words.used(block for blocks in shown.values() for block in blocks),
            "places": self._places(study),
            "history": [lines.change_line(change, self._phrases) for change in study.changes],
            "checked": list(lines.copy_lines(study, self._phrases)),
            "read_next": _live(READ_NEXT, answerer),
            "path": PATH,
            "feed": f"{_study_path(study)}/{CHANGES}",
            **self._always(trials),
        }

    def _details(self, study: Study) -> Iterator[Line]:
        for field in ("tested", "conditions", "phase", "sponsor"):
            yield from lines.field_lines(study, self._phrases, field)
        yield from lines.age_lines(study, self._phrases)
        yield from lines.sex_lines(study, self._phrases)
        for field in ("enrollment", "dates"):
            yield from lines.field_lines(study, self._phrases, field)

    def _meaning(self, study: Study, answerer: Answerer) -> tuple[tuple[Block, ...], Entry | None]:
        """The first paragraph of the entry about a status, as replies show it, and the entry."""
        revision = answerer.entry(status_entry(study.status), LOCALE) if study.status else None
        if revision is None:
            return (), None
        slots = answerer.slots(revision.entry, self._parts.site.region or None)
        return paragraphs(revision.entry.answer, slots)[:1], revision.entry

    def _places(self, study: Study) -> Mapping[str | None, list[Line]]:
        """The places of a study by country, in the registry's order; None for those without a country."""
        places: defaultdict[str | None, list[Line]] = defaultdict(list)
        for site in study.sites:
            places[site.country].append(page_lines.site_line(site, study, self._phrases))
        return places

    def _unknown_study(self, named: str, trials: TrialAnswers) -> Response:
        numbers = find_nct(named)
        written = numbers[0] if numbers else malformed_nct(named)
        said: list[Line] = []
        if numbers:
            said.append(say(self._phrases, "trials_unknown_number", number=numbers[0]))
        elif written:
            said.append(say(self._phrases, "trials_malformed_number", written=written))
        near = [
            study for number in trials.shelf.near_number(written or "") if (study := trials.shelf.by_number(number))
        ]
        return self._views.page(
            "trial_missing.html",
            "We do not have this study",
            status=404,
            said=said,
            near=[self._listed(study) for study in near if study],
            registry=STUDY_ADDRESS + numbers[0] if numbers else None,
            path=PATH,
        )

    def _feed(
        self, request: Request, trials: TrialAnswers, told: Sequence[News], page: str, query: str, about: Line
    ) -> Response:
        """`page` is the path of the page beside which the feed lies."""
        site = site_address(request, self._parts)
        entries = told[: self._parts.settings.trials_feed]
        feed = Feed(
            id=tag(site, page.removeprefix("/library/").rstrip("/") + query),
            title=f"{plain(about)} - {self._parts.settings.site_name}",
            subtitle=plain(say(self._phrases, "trials_not_a_recommendation")),
            updated=entries[0].day if entries else trials.copy.made,
            address=f"{site}{page}{CHANGES}{query}",
            page=f"{site}{page.rstrip('/') if page != PATH else page}{query}",
            author=self._parts.settings.site_name,
            rights=plain(page_lines.copy_line(trials.copy, self._phrases)),
            entries=[self._entry(piece, site) for piece in entries],
        )
        rendered = self._views.xml("feed.atom", MEDIA_TYPE, feed=feed)
        return unless_known(request, rendered, max(feed.updated, trials.copy.made))

    def _entry(self, piece: News, site: str) -> FeedEntry:
        study = piece.study
        told = [say(self._phrases, "trials_number", number=study.nct_id)]
        if piece.change is not None:
            told.append(lines.change_line(piece.change, self._phrases))
        told.append(lines.status_line(study, self._phrases))
        told.append(say(self._phrases, "trials_not_a_recommendation"))
        return FeedEntry(
            id=tag(site, f"trials/{piece.key}"),
            title=plain(page_lines.news_title(piece, self._phrases)),
            updated=piece.day,
            page=site + _study_path(study),
            lines=told,
        )


def _to_the_list(request: Request) -> Response:
    return RedirectResponse(PATH)


def _study_path(study: Study) -> str:
    return PATH + study.nct_id


def _page(asked: str, count: int, size: int) -> tuple[int, int]:
    """The page that is shown of so many rows, and how many pages there are: at least one."""
    pages = max(1, -(-count // size))
    number = int(asked) if asked.isdecimal() and len(asked) < 10 else 1
    return min(max(number, 1), pages), pages


def _wider(search: Search) -> dict[str, str]:
    """Lists that may hold more than that of a search which finds nothing, by the limit that is given up."""
    limits = vars(search.limits)
    return {name: PATH + query_of(Search(**{**limits, name: None})) for name in FIELDS if limits[name]}


def _with(offered: Sequence[str], chosen: str | None) -> Sequence[str]:
    """What a list offers, with the choice that was made even where it is none of these."""
    return offered if chosen is None or chosen in offered else (*offered, chosen)


def _live(names: Sequence[str], answerer: Answerer) -> list[Entry]:
    return [revision.entry for name in names if (revision := answerer.entry(name, LOCALE))]
