"""Emergency cards: read from small text files, so that they answer with every database gone.

A card file is an entry of the topic `cards` (`docs/content-format.md`). Its published copy has two more keys in front,
`revision` and `review`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_SLOT = re.compile(r"\{(\w+)\}")
_STEP = re.compile(r"\d+\.\s+(.+)")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its declared slots, such as {emergency_number}, filled; braces that name no value stay as they are.

    The one function that fills slots. It looks at the text once, so a value can never be taken for a slot.
    """
    return _SLOT.sub(lambda match: values.get(match[1], match[0]), text)


@dataclass(frozen=True)
class Card:
    """What to say in an emergency. `call` is said first, then the steps, then `note`. Texts still hold their slots."""

    id: str
    locale: str
    title: str
    call: str
    steps: tuple[str, ...] = ()
    note: str = ""
    sources: tuple[str, ...] = ()
    checked_on: dt.date | None = None
    revision: int | None = None
    review: Literal["editorial", "clinician"] = "editorial"


_LAST_RESORT = {"en": "Call {emergency_number} now.", "es": "Llame ahora a emergencias: {emergency_number}."}
"""Said when not one card file can be read. It holds no medicine, only the call."""


UNSEEN = 0.8
"""Seconds that a card is said without a look at its file, while many people need one at once."""


class CardShelf:
    """Cards from several folders, each laid out as `<locale>/<id>.md` or `<locale>/cards/<id>.md`; the first that has a
    card wins. A changed file is read anew: at once, or with a `clock`, in seconds, after `UNSEEN` at the latest."""

    def __init__(self, folders: Sequence[Path], clock: Callable[[], float] | None = None) -> None:
        self._folders, self._clock = tuple(folders), clock
        self._read: dict[Path, tuple[int, Card]] = {}
        self._found: dict[tuple[str, str], tuple[float, Card]] = {}

    def card(self, card_id: str, locale: str) -> Card:
        """The card in this locale, else in English, else the general card, else the bare call. Never raises."""
        if self._clock is None:
            return self._first(card_id, locale)
        now = self._clock()
        at, card = self._found.get((card_id, locale), (-UNSEEN, None))
        if card is None or not 0 <= now - at < UNSEEN:
            card = self._first(card_id, locale)
            self._found[card_id, locale] = (now, card)
        return card

    def _first(self, card_id: str, locale: str) -> Card:
        for wanted, language in ((card_id, locale), (card_id, "en"), ("emergency", locale), ("emergency", "en")):
            for folder in self._folders:
                for file in (folder / language / f"{wanted}.md", folder / language / "cards" / f"{wanted}.md"):
                    card = self._card(file, language)
                    if card is not None:
                        return card
        return Card(card_id, locale, "", _LAST_RESORT.get(locale, _LAST_RESORT["en"]))

    def _card(self, file: Path, locale: str) -> Card | None:
        try:
            changed = file.stat().st_mtime_ns
            if file not in self._read or self._read[file][0] != changed:
                self._read[file] = (changed, parse_card(file.read_text(encoding="utf-8"), file.stem, locale))
        except (OSError, ValueError):
            # Unreadable or damaged: the next folder, and in the end the bare call, still answers.
            return None
        return self._read[file][1]


def parse_card(text: str, card_id: str, locale: str) -> Card:
    """A card from its file's text. Raises ValueError when it does not say what to do first."""
    front, _, body = text.removeprefix("---\n").partition("\n---\n")
    keys = dict(re.findall(r"^(\w+): (.*)$", front, re.MULTILINE))
    sections = dict(re.findall(r"^## (.+)\n+((?:(?!^## ).*\n?)*)", body, re.MULTILINE))
    call = sections.get("Answer", "").strip()
    if not call:
        raise ValueError(f"card {card_id} has no ## Answer")
    steps = (_STEP.fullmatch(row.strip()) for row in sections.get("Steps", "").splitlines())
    checked = keys.get("checked_on", "")
    return Card(
        id=card_id,
        locale=locale,
        title=keys.get("question", "").strip('"'),
        call=call,
        steps=tuple(step[1] for step in steps if step),
        note=sections.get("More", "").strip(),
        sources=tuple(key.strip() for key in keys.get("sources", "").strip("[]").split(",") if key.strip()),
        checked_on=dt.date.fromisoformat(checked) if checked else None,
        revision=int(keys["revision"]) if "revision" in keys else None,
        review="clinician" if keys.get("review") == "clinician" else "editorial",
    )
