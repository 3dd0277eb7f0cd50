"""Settings that an admin may change while Lantern runs: the country, whom people reach, and when people are there. How
sure the assistant must be is set on a page of its own (`web.studio.thresholds`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from knowledge.errors import EditRefused
from knowledge.model import AuditRow
from knowledge.store.change import SiteSetting
from web.errors import Refused
from web.settings import ROWS, Settings
from web.site import Site, danger, parsed
from web.studio.access import Studio, Visit, admins, for_staff

SETTINGS = "/studio/settings"
GROUPS = {
    "contact": ("contact", "contact_hours"),
    "country": ("region",),
    "hours": ("handover_hours", "handover_zone", "handover_minutes"),
}
"""What is set together, by the last part of its address."""
TITLES = {
    "contact": "Contact",
    "contact_hours": "When they can be reached",
    "region": "Country",
    "handover_hours": "Days and times",
    "handover_zone": "Time zone",
    "handover_minutes": "Minutes without an answer",
}
CHANGES_SHOWN = 30
_VARIABLES = {row.name.removeprefix("LANTERN_").lower(): row.name for row in ROWS}


@dataclass(frozen=True)
class Current:
    """A setting as it is: `text` as it is written, `kept` what was set in the studio, None for nothing; `variable`:
    its name in the environment."""

    name: str
    title: str
    text: str
    variable: str
    kept: SiteSetting | None

    @property
    def seen(self) -> str:
        """What a form says of the value that it was opened with: nothing where nothing was set in the studio."""
        return "" if self.kept is None else f"={self.kept.value}"


@dataclass(frozen=True)
class Change:
    """One act in the history: what was set, each from what to what; None: as the service was started."""

    at: dt.datetime
    person: str
    reason: str
    values: tuple[tuple[str, str | None, str | None], ...]


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(SETTINGS, settings, admins, studio),
        for_staff(f"{SETTINGS}/{{group}}", set_group, admins, studio, ["POST"], act="set_site"),
    ]


def settings(visit: Visit) -> Response:
    return _page(visit)


def _page(visit: Visit, refused: str = "", given: Mapping[str, str] | None = None) -> Response:
    parts = visit.studio.parts
    current = _current(visit)
    region = parts.site.region or None
    return visit.page(
        "settings.html",
        "Settings",
        status=422 if refused else 200,
        said=visit.given("said"),
        refused=refused,
        given={name: row.text for name, row in current.items()} | dict(given or {}),
        current=current,
        set_here={group for group, names in GROUPS.items() if any(current[name].kept for name in names)},
        number=parts.numbers.emergency_number(region, "en"),
        crisis_line=parts.numbers.crisis_line(region, "en"),
        people_there=parts.site.handover_hours.include(visit.studio.clock(), parts.site.handover_zone),
        thresholds=parts.knowledge.store.in_force()[1],
        kept_days=parts.retention.contact_days,
        changes=_changes(parts.knowledge.store.acts("set_site", CHANGES_SHOWN)),
    )


def _current(visit: Visit) -> dict[str, Current]:
    parts = visit.studio.parts
    kept = parts.knowledge.store.site_settings()
    return {
        name: Current(name, TITLES[name], text, _VARIABLES[name], kept.get(name))
        for name, text in _texts(parts.site).items()
    }


def _texts(site: Site | Settings) -> dict[str, str]:
    """The values as they are written in a form."""
    return {
        "region": site.region,
        "contact": site.contact,
        "contact_hours": site.contact_hours,
        "handover_hours": site.handover_hours.words,
        "handover_zone": site.handover_zone.key,
        "handover_minutes": str(site.handover_minutes),
    }


def _changes(rows: Iterable[AuditRow]) -> list[Change]:
    return [
        Change(
            row.at,
            row.person,
            row.reason,
            tuple((TITLES.get(name, name), *pair) for name, pair in row.detail["settings"].items()),
        )
        for row in rows
    ]


def set_group(visit: Visit) -> Response:
    """Sets what stands in one form, or has it as the service was started. Values that would leave people worse off are
    refused with the reason, and the form keeps what was written."""
    names = GROUPS.get(visit.request.path_params["group"])
    if names is None:
        raise Refused(404, "not_found", "There is nothing at this address.")
    parts = visit.studio.parts
    back = bool(visit.given("as_started"))
    given = {name: " ".join(visit.given(name).split()) for name in names}
    try:
        values = {name: _texts(parts.settings)[name] if back else _written(name, given[name]) for name in names}
        _require_safe(visit, values)
    except ValueError as fault:
        return _page(visit, str(fault), given)
    wanted = {name: None if back else value for name, value in values.items()}
    seen = {name: visit.given(f"seen_{name}")[1:] if visit.given(f"seen_{name}") else None for name in names}
    try:
        parts.knowledge.editing.set_site(
            wanted, seen=seen, by=visit.person, at=visit.studio.clock(), reason=visit.given("reason")
        )
    except EditRefused as refusal:
        return _page(visit, f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.", given)
    parts.site_settings.follow(parts.knowledge.site_settings)
    return visit.go(SETTINGS, "set")


def _written(name: str, text: str) -> str:
    try:
        parsed(name, text)
    except ValueError as fault:
        raise ValueError(f"{TITLES[name]}: {fault}.") from None
    return text.upper() if name == "region" else text


def _require_safe(visit: Visit, wanted: Mapping[str, str]) -> None:
    """Raises `ValueError` with the sentence that says why these values may not be set."""
    parts = visit.studio.parts
    region = wanted.get("region", parts.site.region)
    if why := danger(wanted, parts.numbers, region):
        raise ValueError(why)
    if "region" not in wanted:
        return
    if not region:
        raise ValueError("Choose a country: without one, people are told no emergency number.")
    number = parts.numbers.emergency_number(region, "en")
    if "".join(visit.given("number").split()) not in number.split():
        raise ValueError(
            f"In {region} people will be told: {number}. Type the number into the field beside it, as a sign that you "
            "looked at it."
        )
