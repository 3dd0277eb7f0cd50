"""What a door can say without a database and without a model: the shipped cards and phrases."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.answer import Answerer
from knowledge.editing.calendar import Done
from knowledge.errors import StoreUnavailable
from knowledge.model import Source
from knowledge.phrases import read_phrases
from knowledge.settings import SHIPPED_CONTENT
from safety.cards import CardShelf
from safety.numbers import Numbers


class _NothingPlanned:
    held: str | None = None

    def run(self) -> Done:
        return Done()


class ShippedOnly:
    """In the place of `knowledge.wiring.Knowledge` where nothing is looked up."""

    is_loaded = False
    calendar = _NothingPlanned()

    def __init__(self) -> None:
        self.cards = CardShelf([SHIPPED_CONTENT])
        self.numbers = Numbers.load()
        self.phrases = read_phrases(SHIPPED_CONTENT)
        self.card_sources: Mapping[str, Source] = {}

    def live(self) -> Answerer:
        raise StoreUnavailable("nothing is published here")

    def site_settings(self) -> dict[str, str]:
        return {}

    def overdue_cards(self) -> list[str]:
        return []
