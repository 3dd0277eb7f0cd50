"""The address of a search on the registry's own site."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from knowledge.trials.search import Search

SEARCH_ADDRESS = "https://clinicaltrials.gov/search"

# Codes of the site's `aggFilters` parameter; its early phase 1 is phase 0.
_PHASE_CODES = {"EARLY_PHASE1": "0", "PHASE1": "1", "PHASE2": "2", "PHASE3": "3", "PHASE4": "4"}


def search_address(search: Search) -> str:
    """The registry's search page for `search`; whatever a person wrote is percent-encoded."""
    limits = search.limits
    place = ", ".join(filter(None, (limits.city, limits.country)))
    filters = ["status:rec"] if limits.recruiting_only else []
    phases = [_PHASE_CODES[phase] for phase in (limits.phase or "").split("/") if phase in _PHASE_CODES]
    if phases:
        filters.append("phase:" + " ".join(phases))
    fields = {"cond": limits.condition, "locStr": place, "aggFilters": ",".join(filters)}
    query = urlencode({name: value for name, value in fields.items() if value}, quote_via=quote)
    return f"{SEARCH_ADDRESS}?{query}" if query else SEARCH_ADDRESS
