"""Settings of the knowledge room, and of the worker, whose jobs and lease stand in its database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from knowledge.trials.searches import SHIPPED as SHIPPED_SEARCHES
from storage.settings import Setting, choice, path, read, whole

SHIPPED_CONTENT = Path(__file__).parent / "content"
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def api_address(value: str) -> str:
    """The address of an HTTP API, without a slash at its end. Only one on this machine may do without encryption."""
    address = value.strip().rstrip("/")
    message = "give an address that begins with https:// and has neither a password nor a question mark in it"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(message) from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in THIS_MACHINE)
    if not safe or not host or parts.username or parts.query or parts.fragment:
        raise ValueError(message)
    return address


def time_of_day(value: str) -> dt.time | None:
    """A time such as 04:10, in UTC; None for `off`."""
    if value.strip() == "off":
        return None
    try:
        return dt.datetime.strptime(value.strip(), "%H:%M").time()
    except ValueError:
        raise ValueError("give a time of day such as 04:10, or off") from None


ROWS = (
    Setting(
        "LANTERN_CONTENT", str(SHIPPED_CONTENT), path, "folder of content files, the seed and exported form of entries"
    ),
    Setting(
        "LANTERN_MODEL_PRECISION",
        "int8",
        choice("int8", "fp32"),
        "number format of the embedding model: int8, or fp32 for twice the time a message and the original numbers",
    ),
    Setting(
        "LANTERN_REVIEW_GRACE_DAYS",
        "90",
        whole(0, 3650),
        "days after which a text whose review is overdue is withdrawn; until then readers are warned",
    ),
    Setting(
        "LANTERN_TRIALS_API_URL",
        "https://clinicaltrials.gov/api/v2",
        api_address,
        "address of the trial registry's API, https:// (http:// only on this machine)",
    ),
    Setting(
        "LANTERN_TRIALS_SEARCHES",
        str(SHIPPED_SEARCHES),
        path,
        "file of the searches that a sync makes in the registry, as knowledge/trials/searches.yml",
    ),
    Setting(
        "LANTERN_TRIALS_SYNC",
        "04:10",
        time_of_day,
        "time of day, in UTC, at which the worker fetches the copy of the registry anew; off: never by itself",
    ),
    Setting(
        "LANTERN_TRIALS_OLD_DAYS",
        "4",
        whole(1, 3650),
        "days after which a copy that could not be fetched anew counts as old, and the health as degraded",
    ),
    Setting(
        "LANTERN_TRIALS_STEP_SECONDS",
        "10",
        whole(1, 300),
        "longest silence of the registry in seconds: until it takes a connection, and between two pieces of an answer",
    ),
    Setting(
        "LANTERN_TRIALS_TOTAL_SECONDS",
        "90",
        whole(2, 3600),
        "longest time of one request to the registry in seconds, with all its tries and pauses",
    ),
    Setting("LANTERN_TRIALS_BYTES", "16777216", whole(1024, 1 << 30), "largest answer of the registry in bytes"),
    Setting(
        "LANTERN_LEASE_SECONDS",
        "30",
        whole(2, 600),
        "seconds after which the work of a process that was killed is taken over by another one",
    ),
)


@dataclass(frozen=True)
class Settings:
    content: Path
    model_precision: str
    review_grace_days: int
    trials_api_url: str
    trials_searches: Path
    trials_sync: dt.time | None
    trials_old_days: int
    trials_step_seconds: int
    trials_total_seconds: int
    trials_bytes: int
    lease_seconds: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        return cls(*(values[row.name] for row in ROWS))
