"""The vectors of a message, computed once: the knowledge room searches with the same sentence vector."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.emergencies import EMERGENCY
from knowledge.wiring import Knowledge, from_environment

VECTOR, INNER = "sentence_vector", "inner_vector"


class _Example(np.ndarray):
    """The vector of a training example. Behind each component Rasa takes a fingerprint of all examples; of a plain
    array it writes every number as text for that."""

    def fingerprint(self) -> str:
        return hashlib.sha256(self.tobytes()).hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceVector(GraphComponent):
    """Sets `sentence_vector` and `inner_vector`, each of shape (384,), on messages and training examples."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVector:
        return cls(from_environment())

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        for example in training_data.training_examples:
            for name in (VECTOR, INNER):
                if example.get(name) is not None:
                    example.set(name, example.get(name).view(_Example))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not message.get(EMERGENCY):
                vector, inner = self._knowledge.embedder.embed_message_both(self._knowledge.canonical(text))
                message.set(VECTOR, vector)
                message.set(INNER, inner)
        return messages
