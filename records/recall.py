"""Which revisions a message was answered with: what a recall asks for when a text turns out to be wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from records.model import Replies

ONLY_NAMED = ("clarify", "abstain")
"""Kinds of replies that offer entries by their questions and show none of their text. A deferral does so, too, unless
it names the entry whose text stands beneath it."""


@dataclass(frozen=True)
class Recalled:
    """A message that was answered with the text. `text` is what the person wrote, redacted; None where not kept."""

    conversation: str
    channel: str
    at: dt.datetime
    text: str | None
    revision: int


def shown(replies: Replies) -> str:
    """The revisions whose text these replies show, as " en/lupus-contagious@2 en/other@1 ", each once; "" for none.

    Every name stands between blanks, so that one can be looked for without finding a longer one.
    """
    names = dict.fromkeys(name for reply in replies for name in _names(reply))
    return f" {' '.join(names)} " if names else ""


def named(locale: str, entry: str, revision: int | None = None) -> str:
    """What to look for in the form of `shown`: one revision, or the beginning of any of the entry."""
    return f" {locale}/{entry}@" + ("" if revision is None else f"{revision} ")


def _names(reply: Any) -> Iterator[str]:
    answer = reply.get("custom") if isinstance(reply, dict) else None
    if isinstance(answer, dict) and _shows_text(answer):
        for origin in answer.get("provenance") or ():
            if origin.get("kind") == "revision" and origin.get("number") is not None:
                yield f"{answer['locale']}/{origin['id']}@{origin['number']}"


def _shows_text(answer: dict[str, Any]) -> bool:
    kind = answer.get("kind")
    return kind not in ONLY_NAMED and (kind != "defer" or bool(answer.get("entry")))
