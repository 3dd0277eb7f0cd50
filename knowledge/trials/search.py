"""What a person looks for among the studies, and how a later message changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

ANY = "any"
"""A field that the person opened again ("any country"); None is a field that was not spoken of."""

OLDEST = 120
"""Years; the end of an open range of ages ("65-120")."""

KM_PER_MILE = 1.609344
"""By definition of the international mile."""

NEAR_KM = 300
"""Kilometres within which a place counts as near, unless the person says how far: a few hours on the road."""


@dataclass(frozen=True)
class Search:
    """`country` may be an area such as Europe, `city` a state or region. `phase` is one of the registry's words or two
    joined by "/". `recruiting_only` is None where the message says nothing about it; None and False search alike.

    `ages` are two years joined by "-", "0-17": a study fits that takes somebody of these ages. `sex` is FEMALE or MALE.
    `status` is a word of the registry other than RECRUITING. `name` is what a study, its product or its sponsor is
    called. `near`: by distance from `city`; `within_km` says how far, 0 however far. `outside`: a country or area
    that is not wanted, `without`: a city or region. `alternatives` are further values of a field that fit as well, as
    (field, value): "Germany or Austria".
    """

    condition: str | None = None
    country: str | None = None
    city: str | None = None
    recruiting_only: bool | None = None
    phase: str | None = None
    ages: str | None = None
    sex: str | None = None
    status: str | None = None
    name: str | None = None
    near: bool | None = None
    within_km: int | None = None
    outside: str | None = None
    without: str | None = None
    alternatives: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Search:
        """The search that `to_json` made these values of."""
        return cls(**{**kept, "alternatives": tuple((row[0], row[1]) for row in kept.get("alternatives", ()))})

    def to_json(self) -> dict[str, Any]:
        """The fields that say something, as JSON values."""
        kept = {name: value for name, value in vars(self).items() if value not in (None, ())}
        return {**kept, **({"alternatives": [list(row) for row in self.alternatives]} if self.alternatives else {})}

    @property
    def limits(self) -> Search:
        """The same search with every field that limits nothing set to None."""
        opened: dict[str, Any] = {row.name: None for row in fields(self) if getattr(self, row.name) in (ANY, False)}
        return replace(self, **opened)

    @property
    def is_silent(self) -> bool:
        """True when the message named nothing to search by and opened no field again."""
        return self == Search()

    @property
    def has_place(self) -> bool:
        limits = self.limits
        return limits.country is not None or limits.city is not None

    def values(self, field: str) -> tuple[str, ...]:
        """All values of a field that fit; none where it limits nothing."""
        value = getattr(self.limits, field)
        others = (other for name, other in self.alternatives if name == field)
        return () if value is None else (value, *others)


def added(previous: Search, new: Search) -> Search:
    """`previous` with the places of `new` as further ones that fit: "or Switzerland"."""
    limits = new.limits
    places = [("city", limits.city)] if limits.city else [("country", limits.country)] if limits.country else []
    rest = merge(previous, replace(new, country=None, city=None, near=None, within_km=None, alternatives=()))
    more = (*((field, name) for field, name in places if name), *new.alternatives)
    known = ((field, name) for field, name in dict.fromkeys(more) if name not in rest.values(field))
    return replace(rest, alternatives=(*rest.alternatives, *known))


def merge(previous: Search, new: Search) -> Search:
    """`previous` refined by `new`: what `new` names or opens again replaces what was there.

    A new country drops the old city, because a city lies in one country; a new city brings its country along.
    """
    changed: dict[str, Any] = {
        name: value for name, value in vars(new).items() if value is not None and name != "alternatives"
    }
    moved = ("country" in changed and new.country != previous.country) or "city" in changed
    if moved:
        for name in ("country", "city", "near", "within_km", "outside", "without"):
            changed.setdefault(name, None)
    if new.city == ANY and new.country is None:
        changed["country"] = previous.country
    if new.outside:
        others = tuple(value for value in previous.values("country") if value != new.outside)
        if new.country is None and others and len(others) < len(previous.values("country")):
            # "Not Germany" after "Germany or France" leaves France.
            more = tuple(("country", other) for other in others[1:])
            kept = tuple(row for row in previous.alternatives if row[0] != "country")
            rest = replace(new, outside=None, alternatives=(*new.alternatives, *more))
            return merge(replace(previous, country=others[0], alternatives=kept), rest)
        changed.update(country=new.country, city=new.city)
    # "Only recruiting" and "completed" say two things about one field.
    if new.status:
        changed.setdefault("recruiting_only", None)
    if new.recruiting_only is not None:
        changed.setdefault("status", None)
    kept = tuple(row for row in previous.alternatives if row[0] not in changed and not (moved and row[0] == "city"))
    return replace(previous, **changed, alternatives=(*kept, *new.alternatives))


def age_range(ages: str) -> tuple[int, int]:
    """The years of `Search.ages`, youngest and oldest."""
    youngest, _, oldest = ages.partition("-")
    return int(youngest), int(oldest or youngest)
