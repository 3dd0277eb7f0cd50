"""A search for studies in an address. It holds choices from lists, never what a person wrote."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from knowledge.trials.catalogue import Catalogue
from knowledge.trials.model import PHASES
from knowledge.trials.search import Search
from web.errors import Refused

CONDITION, COUNTRY, PHASE, RECRUITING = FIELDS = ("condition", "country", "phase", "recruiting_only")
LONGEST = 200
"""Characters of the name of a condition or a country."""


def read_search(given: Mapping[str, str], catalogue: Catalogue) -> Search:
    """The search that the parameters `FIELDS` name; an empty one limits nothing.

    Raises `Refused` 400 for a value that can never be right, and 404 for a condition or a country that nobody knows: a
    list that left it out would hold studies that were not asked for.
    """
    written = {name: given.get(name, "").strip() for name in FIELDS}
    if any(len(value) > LONGEST for value in written.values()):
        raise Refused(400, "bad_search", f"A name in the address is longer than {LONGEST} characters.")
    if written[PHASE] and written[PHASE] not in PHASES:
        raise Refused(400, "bad_search", f"'{PHASE}' must be one of {', '.join(PHASES)}.")
    if written[RECRUITING] not in ("", "true", "false"):
        raise Refused(400, "bad_search", f"'{RECRUITING}' must be true or false.")
    condition, country = catalogue.condition(written[CONDITION]), catalogue.country(written[COUNTRY])
    for name, known in ((CONDITION, condition), (COUNTRY, country)):
        if written[name] and known is None:
            raise Refused(404, "unknown_search", f"No study is known under what stands as '{name}' in the address.")
    return Search(
        condition=condition if written[CONDITION] else None,
        country=country if written[COUNTRY] else None,
        recruiting_only=True if written[RECRUITING] == "true" else None,
        phase=written[PHASE] or None,
    )


def query_of(search: Search, **more: str) -> str:
    """The parameters of a search, always in one order, with `more` behind them; begins with "?" unless it is empty."""
    limits = search.limits
    values = (limits.condition, limits.country, limits.phase, "true" if limits.recruiting_only else None)
    rows = {name: value for name, value in (*zip(FIELDS, values), *more.items()) if value}
    return f"?{urlencode(rows, quote_via=quote)}" if rows else ""
