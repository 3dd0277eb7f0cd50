"""Tells systems of yours what happened, as signed webhooks: `records.announcements` says what."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from knowledge.answer import Answerer
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.news import News, news
from knowledge.trials.search import Search
from records.announcements import Announcements
from web.channels.contract import Letter, Line, Question, taken
from web.channels.settings import secret_setting
from web.channels.signatures import new_webhook_secret, signed_headers, webhook_secrets


class Events:
    name = "events"
    questions = (
        Question(
            secret_setting(
                "LANTERN_EVENTS_SECRET",
                webhook_secrets,
                "what events are signed with: whsec_ and 24 to 64 bytes in base64; two, with a comma, to change it",
            ),
            "Leave it empty, and one is made. Give it to the systems in LANTERN_EVENTS_URL.",
            new_webhook_secret,
        ),
    )
    repeatable = True

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = keys

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Events:
        return cls(values["LANTERN_EVENTS_SECRET"])

    async def send(self, letter: Letter, line: Line) -> str | None:
        body = json.dumps(letter.address["said"], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **signed_headers(self._keys, letter.key, letter.at, body)}
        taken(await line.post(letter.address["to"], body=body, headers=headers))
        return None


LOOK_SECONDS = 10.0
"""Between two looks for what was published or fetched."""
NEW = dt.timedelta(days=1)
"""What is older when a process starts is no news any more. No longer than what was told is remembered."""


class Reporter:
    """Tells of each release, and of each study that changed, whichever process brought them. Several processes may do
    this at once: each thing is told once."""

    def __init__(self, announcements: Announcements, clock: Callable[[], float]) -> None:
        self._announcements, self._clock = announcements, clock
        self._release = 0
        self._trials: TrialAnswers | None = None
        self._known: frozenset[str] = frozenset()

    async def run(self, live: Callable[[], Answerer]) -> None:
        """For as long as the process runs. `live` gives what people are answered from."""
        while True:
            with suppress(Exception):  # without a release there is nothing to tell; `/readyz` says what is wrong
                await asyncio.to_thread(self._look, live)
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self, live: Callable[[], Answerer]) -> None:
        answerer = live()
        now = dt.datetime.fromtimestamp(self._clock(), dt.timezone.utc)
        release, trials = answerer.release, answerer.trials
        published = release.published_at.astimezone(dt.timezone.utc)
        if release.number != self._release and now - published < NEW:
            told = {"release": release.number, "published_at": published.isoformat(timespec="seconds")}
            self._announcements.announce("release.published", str(release.number), told)
        self._release = release.number
        if trials is not self._trials:
            pieces = [piece for piece in news(trials.shelf.search(Search())) if piece.kind != "listed"]
            for piece in self._fresh(pieces, (now - NEW).date()):
                self._announcements.announce("trial.changed", piece.key, _told(piece))
            self._trials, self._known = trials, frozenset(piece.key for piece in pieces)

    def _fresh(self, pieces: Sequence[News], since: dt.date) -> Iterator[News]:
        """What this copy tells that the one before did not; of the first copy, what is new."""
        is_first = self._trials is None
        return (piece for piece in pieces if (piece.day >= since if is_first else piece.key not in self._known))


def _told(piece: News) -> dict[str, Any]:
    study, change = piece.study, piece.change
    was, status = (study.status, None) if change is None else (change.before, change.after)
    as_of = piece.day if change is None else change.as_of
    return {"study": study.nct_id, "was": was, "is": status, "as_of": as_of and as_of.isoformat()}
