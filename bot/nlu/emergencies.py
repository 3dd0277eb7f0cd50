"""First in the pipeline: the emergency rules, so that they also hold for those who reach Rasa directly."""

from __future__ import annotations

import functools
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from safety import EMERGENCY_RULES, Finding, Rules, load_rules

EMERGENCY = "emergency"


@functools.lru_cache(maxsize=1)
def shipped_rules() -> Rules:
    """The emergency rules, read once for all components. They hold no state."""
    return load_rules(EMERGENCY_RULES)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergencyCheck(GraphComponent):
    """Marks a message with the intent `emergency` and the card to show; later components leave it alone.

    It runs on every message, also on those that the gateway has checked: it costs a tenth of a millisecond, and a mark
    that lets a message past it could be forged on any other channel.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyCheck:
        return cls(shipped_rules())

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            finding = self._rules.check(message.get(TEXT) or "")
            if finding:
                mark(message, finding)
        return messages


def mark(message: Message, finding: Finding) -> None:
    """Makes a message the intent `emergency`, with the card to show."""
    card = {"kind": finding.kind, "card": finding.card, "locale": finding.locale}
    message.set(INTENT, {"name": EMERGENCY, "confidence": 1.0}, add_to_output=True)
    message.set(EMERGENCY, card, add_to_output=True)
