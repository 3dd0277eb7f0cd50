"""How sure the assistant must be to answer and to ask back, each choice beside what it would do."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from knowledge.errors import EditRefused
from knowledge.model import AuditRow
from knowledge.store.effects import Effect
from knowledge.thresholds import ADJUSTABLE, AS_IT_COMES, choice
from web.errors import Refused
from web.studio.access import Studio, Visit, for_staff, publishers_and_admins

THRESHOLDS = "/studio/thresholds"
TITLES = {"answer": "To answer", "clarify": "To ask back"}
MEANINGS = {
    "answer": "An answer is shown where the assistant is at least so sure that it fits the question. Higher: fewer "
    "wrong answers, and more questions without one.",
    "clarify": "Where it is not sure of one answer, it offers up to three questions to choose from, if it is at least "
    "so sure that the question is about something published. Higher: fewer offers that do not fit, and more questions "
    "that are told “I do not have a checked answer”.",
}
CHANGES_SHOWN = 30


@dataclass(frozen=True)
class Row:
    """One choice. `effect` is None where it is not measured."""

    value: float
    current: bool
    usual: bool
    effect: Effect | None

    @property
    def may_be_set(self) -> bool:
        return not self.current and self.effect is not None and not self.effect.broken


@dataclass(frozen=True)
class Table:
    """A threshold with its choices. `why`: it has no others."""

    name: str
    title: str
    meaning: str
    why: str
    rows: tuple[Row, ...]


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(THRESHOLDS, thresholds, publishers_and_admins, studio),
        for_staff(f"{THRESHOLDS}/measure", measure, publishers_and_admins, studio, ["POST"], act="measure_thresholds"),
        for_staff(f"{THRESHOLDS}/{{name}}", set_one, publishers_and_admins, studio, ["POST"], act="set_threshold"),
    ]


def thresholds(visit: Visit) -> Response:
    return _page(visit)


def measure(visit: Visit) -> Response:
    visit.studio.parts.knowledge.editing.measure_thresholds(by=visit.person, at=visit.studio.clock())
    return visit.go(THRESHOLDS, "measuring")


def set_one(visit: Visit) -> Response:
    """Sets one threshold; what may not be set is refused with the reason."""
    name, knowledge = visit.request.path_params["name"], visit.studio.parts.knowledge
    if name not in ADJUSTABLE:
        raise Refused(404, "not_found", "There is nothing at this address.")
    now = visit.studio.clock()
    try:
        value, seen = choice(name, visit.given("value")), choice(name, visit.given("seen"))
        if value is None or seen is None:
            raise EditRefused(f"choose one of {ADJUSTABLE[name].told}")
        knowledge.editing.set_threshold(name, value, seen=seen, by=visit.person, at=now, reason=visit.given("reason"))
    except EditRefused as refusal:
        return _page(visit, f"{str(refusal)[:1].upper()}{str(refusal)[1:].rstrip('.')}.")
    # The other choices do something else beside it.
    knowledge.editing.measure_thresholds(by=visit.person, at=now)
    return visit.go(THRESHOLDS, "set")


def _page(visit: Visit, refused: str = "") -> Response:
    knowledge = visit.studio.parts.knowledge
    release, current = knowledge.store.in_force()
    measurement = knowledge.effects.measurement(release, current) if knowledge.effects else None

    def row(name: str, value: float) -> Row:
        effect = measurement.of(name, value) if measurement else None
        return Row(value, getattr(current, name) == value, getattr(AS_IT_COMES, name) == value, effect)

    return visit.page(
        "thresholds.html",
        "How sure it must be",
        status=422 if refused else 200,
        said=visit.given("said"),
        refused=refused,
        reason=visit.given("reason"),
        measurement=measurement,
        tables=[
            Table(name, TITLES[name], MEANINGS[name], one.why, tuple(row(name, value) for value in one.choices))
            for name, one in ADJUSTABLE.items()
        ],
        changes=[(act, _changed(act)) for act in knowledge.store.acts("set_threshold", CHANGES_SHOWN)],
    )


def _changed(row: AuditRow) -> list[tuple[str, float, float]]:
    return [(TITLES.get(name, name), *pair) for name, pair in row.detail["thresholds"].items()]
