"""What a person may expect of any answer: the entry that answers, with its sources and dates. Never its exact prose."""

from __future__ import annotations

import datetime as dt

from knowledge.phrases import spoken_date
from tests.running import Reply
from tests.shipped import shipped_phrases

_PHRASES = shipped_phrases()


def phrase(key: str, **slots: str) -> str:
    """A spoken phrase as it stands in the content: editors may word it anew, tests name it by its key."""
    return _PHRASES.say("en", key, **slots)


def phrase_of(locale: str, key: str, **slots: str) -> str:
    """The same in another language."""
    return _PHRASES.say(locale, key, **slots)


def answered_by(reply: Reply, entry: str) -> None:
    """The first thing said is this entry, and the reader sees where it comes from and when it was checked."""
    assert reply.entry == entry, f"{reply.kind} {reply.entry}: {reply.texts[0][:200]}"
    assert reply.kind in ("answer", "steps")
    assert reply.sources or entry.startswith("assistant-")
    checked_on = dt.date.fromisoformat(reply.first["checked_on"])
    assert spoken_date(checked_on, "en") in reply.texts[0]
    assert all(source["organisation"] in reply.texts[0] for source in reply.first["sources"][:1])
    assert reply.first["review"] == "editorial"
    assert reply.first["provenance"] == [
        {"kind": "revision", "id": entry, "number": reply.first["revision"], "as_of": None}
    ]


def shows_card(reply: Reply, card: str, kind: str = "emergency", call: str = "") -> None:
    """The card is the first thing said, its first words are the call for help, and it names its sources."""
    assert (reply.kind, reply.entry) == (kind, card), f"{reply.kind} {reply.entry}: {reply.texts[0][:200]}"
    first_sentence = reply.texts[0].split(".")[0]
    assert call in first_sentence
    assert reply.sources


def lists_studies(reply: Reply) -> list[str]:
    """The registry numbers of the studies shown, each with its status and how old that is."""
    assert reply.kind == "trials", f"{reply.kind}: {reply.texts[0][:200]}"
    trials = [block["data"] for block in reply.first["blocks"] if block["type"] == "trial"]
    assert all(trial["status_line"] in reply.texts[0] for trial in trials)
    # Without a status there is nothing to date.
    known = [trial for trial in trials if trial["status"]]
    assert all(trial["status_as_of"] or "date unknown" in trial["status_line"] for trial in known)
    return [trial["nct_id"] for trial in trials]
