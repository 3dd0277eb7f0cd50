"""Entities of a message: trial numbers, what a trial search names, and whom a question is about."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.emergencies import EMERGENCY
from knowledge.search.audience import age_groups
from knowledge.trials.numbers import find_nct
from knowledge.wiring import Knowledge, from_environment


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFinder(GraphComponent):
    """Sets entities found by lists and patterns. Values are the canonical ones: an NCT number, an English country name.

    `start` and `end` span the whole message, because a value may be written in several places or another spelling.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityFinder:
        return cls(from_environment())

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if message.get(EMERGENCY) or text.startswith("/"):
                continue
            found = [self._entity(kind, value, text) for kind, value in self._values(text)]
            message.set(ENTITIES, found, add_to_output=True)
        return messages

    def _values(self, text: str) -> list[tuple[str, str]]:
        search = self._knowledge.trials.shelf.read_search(text).limits
        named = [(kind, getattr(search, kind)) for kind in ("country", "city", "condition", "phase")]
        about = [("audience", group) for group in age_groups(text)]
        numbers = [("nct_number", number) for number in find_nct(text)]
        return numbers + [(kind, value) for kind, value in named if value] + about

    def _entity(self, kind: str, value: str, text: str) -> dict[str, Any]:
        return {"entity": kind, "value": value, "start": 0, "end": len(text), "extractor": type(self).__name__}
