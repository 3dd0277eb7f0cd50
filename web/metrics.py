"""Figures of this process in the text format that Prometheus reads. They count; they never repeat.

Every label has its list of values, and anything else is counted as "other": so no word of a person, and no number of
rows without end, can get in.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import get_args

from knowledge.model import ReplyKind

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"

MESSENGERS = ("webhook", "whatsapp", "twilio", "slack", "telegram", "messenger", "teams", "mattermost")
SYSTEMS = ("handover", "events")
"""What is told beside messengers: where people are passed on to, and who listens to what happens."""
CHANNELS = ("rest", "chat", "library", *MESSENGERS)
KINDS = (*get_args(ReplyKind), "spoken")
"""What came of a message; `spoken`: nothing but a phrase."""
OUTCOMES = ("answered", "failed", "resting")
"""Of a call to the assistant; `resting`: it was not asked, because it failed often a moment ago."""
RECEIVED = ("new", "known", "full", "away", "ignored")
"""Of a message that a messenger delivered; `known`: it was delivered before."""
SENT = ("delivered", "postponed", "refused", "unsure", "rejected")
"""Of a try to send a message to a messenger or another system; `refused`: our key is."""
LIMITS = ("conversation", "address")
CODES = (
    *("bad_json", "bad_shape", "bad_sender", "bad_message", "bad_metadata", "bad_request"),
    *("key_needed", "origin_not_listed", "not_found", "method_not_allowed", "too_slow", "too_large"),
    *("not_json", "encoded", "wrong_host", "too_many", "head_too_large", "failed", "too_busy"),
    *("crowded_out", "not_taken", "unknown_conversation", "unknown_entry", "unknown_answer", "records_away"),
    *("bad_signature", "cannot_verify", "unknown_handover"),
    *("bad_search", "unknown_search", "unknown_trial"),
    *("https_needed", "from_elsewhere", "not_a_form", "studio_refused"),
)
"""Codes of refused requests. A code that is not here is counted as "other"."""

REPLY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the steps in which the time of a reply is counted."""


@dataclass(frozen=True)
class Now:
    """What is true at the moment of asking. `release` None: no release can be read."""

    release: int | None
    parts: Mapping[str, bool]
    conversations: int
    writes_waiting: int = 0


class Counter:
    """A number that only grows, for each combination of the values that its labels may have."""

    def __init__(self, name: str, meaning: str, **labels: Collection[str]) -> None:
        self.name, self.meaning, self._labels = name, meaning, labels
        # Rows that are there from the start: a first emergency is a step from 0 to 1, not a row that appears.
        self._counts = dict.fromkeys(product(*labels.values()), 0)

    def add(self, *values: str) -> None:
        known = tuple(value if value in allowed else OTHER for value, allowed in zip(values, self._labels.values()))
        self._counts[known] = self._counts.get(known, 0) + 1

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, "counter", self.meaning)
        for values, count in self._counts.items():
            yield _row(self.name, dict(zip(self._labels, values)), count)


class Histogram:
    """How often a measure fell into each step, and the sum of all."""

    def __init__(self, name: str, meaning: str, steps: tuple[float, ...]) -> None:
        self.name, self.meaning, self._steps = name, meaning, steps
        self._counts = [0] * (len(steps) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._steps, value)] += 1
        self._sum += value

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, "histogram", self.meaning)
        below = 0
        for end, count in zip((*map(str, self._steps), "+Inf"), self._counts):
            below += count
            yield _row(f"{self.name}_bucket", {"le": end}, below)
        yield _row(f"{self.name}_sum", {}, self._sum)
        yield _row(f"{self.name}_count", {}, below)


@dataclass
class Metrics:
    """What has happened since this process started. Safe to call from any thread.

    `cards` are the ids of the cards that can be shown.
    """

    cards: Collection[str] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._messages = Counter(
            "lantern_messages_total", "Messages answered, by kind of the first answer.", channel=CHANNELS, kind=KINDS
        )
        self._seconds = Histogram("lantern_reply_seconds", "Seconds from a message to its replies.", REPLY_SECONDS)
        self._cards = Counter("lantern_cards_total", "Emergency and crisis cards shown.", card=self.cards)
        self._calls = Counter("lantern_assistant_calls_total", "Calls to the assistant.", outcome=OUTCOMES)
        self._limited = Counter("lantern_rate_limited_total", "Messages over a rate limit.", limit=LIMITS)
        self._received = Counter(
            "lantern_channel_received_total", "Messages delivered by messengers.", channel=MESSENGERS, outcome=RECEIVED
        )
        self._sent = Counter(
            "lantern_channel_sent_total",
            "Tries to send to messengers and other systems.",
            channel=(*MESSENGERS, *SYSTEMS),
            outcome=SENT,
        )
        self._refusals = Counter("lantern_refused_total", "Requests that were not served.", code=CODES)

    def answered(self, channel: str, kind: str, seconds: float) -> None:
        """A message was answered; `kind` is that of the first answer, or "spoken", and `seconds` what it took."""
        with self._lock:
            self._messages.add(channel, kind)
            self._seconds.add(seconds)

    def received(self, channel: str, outcome: str) -> None:
        """A messenger delivered a message; `outcome` is one of `RECEIVED`."""
        with self._lock:
            self._received.add(channel, outcome)

    def sent(self, channel: str, outcome: str) -> None:
        """A message was sent to a messenger, or could not be; `outcome` is one of `SENT`."""
        with self._lock:
            self._sent.add(channel, outcome)

    def card_shown(self, card: str) -> None:
        self._count(self._cards, card)

    def assistant_called(self, outcome: str) -> None:
        """`outcome` is one of `OUTCOMES`."""
        self._count(self._calls, outcome)

    def limited(self, limit: str) -> None:
        """`limit` is one of `LIMITS`: the one that a message went over."""
        self._count(self._limited, limit)

    def refused(self, code: str) -> None:
        self._count(self._refusals, code)

    def text(self, now: Now) -> str:
        """Everything, as Prometheus reads it."""
        with self._lock:
            counted = (
                *(self._messages, self._seconds, self._cards, self._calls, self._limited, self._refusals),
                *(self._received, self._sent),
            )
            lines = [line for series in counted for line in series.lines()]
        return "\n".join((*lines, *_gauges(now))) + "\n"

    def _count(self, counter: Counter, value: str) -> None:
        with self._lock:
            counter.add(value)


def _gauges(now: Now) -> Iterator[str]:
    if now.release is not None:
        yield from _head("lantern_release", "gauge", "Number of the live release.")
        yield _row("lantern_release", {}, now.release)
    yield from _head("lantern_part_ok", "gauge", "Whether a part can do its work: 1 or 0.")
    for part, ok in now.parts.items():
        yield _row("lantern_part_ok", {"part": part}, int(ok))
    yield from _head("lantern_open_conversations", "gauge", "Conversations that are being answered.")
    yield _row("lantern_open_conversations", {}, now.conversations)
    yield from _head("lantern_records_writes_waiting", "gauge", "Records that wait to be written.")
    yield _row("lantern_records_writes_waiting", {}, now.writes_waiting)


def _head(name: str, kind: str, meaning: str) -> tuple[str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"


def _row(name: str, labels: Mapping[str, str], value: float) -> str:
    # Values of labels come from the lists above: they need no escaping.
    named = ",".join(f'{label}="{given}"' for label, given in labels.items())
    return f"{name}{{{named}}} {value}" if named else f"{name} {value}"
