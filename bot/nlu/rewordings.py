"""The second net under the emergency rules: messages that say in other words what an emergency sounds like.

It was learned before the release (`bench/second_net.py`), so it is the same on every machine and needs no training; the
gateway reads the same file while this process is away. A message is judged as a whole. Sentences of it alone were
tried: most lines of a story sound like alarm without the rest.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.emergencies import EMERGENCY, mark
from knowledge.wiring import Knowledge, from_environment


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RewordedEmergency(GraphComponent):
    """Marks a message as `EmergencyCheck` does, with the card that fits best, or the general one."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        _ = knowledge.second_net  # a damaged file is to be seen at the start, not at somebody's emergency

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RewordedEmergency:
        return cls(from_environment())

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text or message.get(EMERGENCY) or text.startswith("/"):
                continue
            finding = self._knowledge.reworded(text)
            if finding:
                mark(message, finding)
        return messages
