"""What kind of request a message is. Which entry answers it is not decided here: that is search's part.

A logistic regression over sentence vectors, trained on `data/nlu`. A message is a question unless another kind is both
likely and close to one of its examples: taking a question for small talk is the worse mistake. The published question
of an entry, which is what a button sends, is always a question.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.emergencies import EMERGENCY
from bot.nlu.vectors import VECTOR
from knowledge.wiring import Knowledge, from_environment

QUESTION = "ask_question"
ADVICE = "seek_advice"
RANKING = "intent_ranking"
_FILE = "classifier.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RequestClassifier(GraphComponent):
    """Sets `intent` and the three likeliest kinds as `intent_ranking`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`likely`: least probability, `close`: least cosine to an example of the kind, for anything but a question.
        `likely_advice` is stricter: the advice rules of the safety room are the floor, and a general question that is
        sent to the care team instead of being answered is a loss too. `softness` is C of the regression."""
        return {"likely": 0.45, "likely_advice": 0.7, "close": 0.6, "softness": 10.0}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, knowledge: Knowledge) -> None:
        self._config, self._storage, self._resource, self._knowledge = config, storage, resource, knowledge
        self._names: list[str] = []
        self._matrix = self._bias = np.zeros(0)
        self._examples: list[np.ndarray] = []  # those of each kind

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RequestClassifier:
        return cls(config, model_storage, resource, from_environment())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> RequestClassifier:
        classifier = cls(config, model_storage, resource, from_environment())
        with model_storage.read_from(resource) as folder:
            kept = np.load(folder / _FILE, allow_pickle=False)
        classifier._names = [str(name) for name in kept["names"]]
        classifier._matrix, classifier._bias = kept["matrix"], kept["bias"]
        examples, owners = kept["examples"], kept["owners"]
        classifier._examples = [examples[owners == kind] for kind in range(len(classifier._names))]
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the classifier and keeps it as plain arrays: nothing that is loaded later can carry code."""
        from sklearn.linear_model import LogisticRegression

        examples = [
            example
            for example in training_data.intent_examples
            if example.get(VECTOR) is not None and example.get(INTENT) != EMERGENCY
        ]
        vectors = np.stack([example.get(VECTOR) for example in examples])
        kinds = np.array([example.get(INTENT) for example in examples])
        model = LogisticRegression(C=self._config["softness"], class_weight="balanced", max_iter=2000)
        model.fit(vectors, kinds)
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _FILE,
                names=model.classes_.astype("U40"),
                matrix=model.coef_.astype(np.float32),
                bias=model.intercept_.astype(np.float32),
                examples=vectors.astype(np.float32),
                owners=np.searchsorted(model.classes_, kinds),
            )
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(EMERGENCY) or (message.get(TEXT) or "").startswith("/"):
                continue
            if self._knowledge.is_published_question(message.get(TEXT) or ""):
                ranking = [{"name": QUESTION, "confidence": 1.0}]
            else:
                ranking = self._rank(message.get(VECTOR))
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(RANKING, ranking, add_to_output=True)
        return messages

    def _rank(self, vector: np.ndarray | None) -> list[dict[str, Any]]:
        if vector is None or not np.any(vector):
            return [{"name": QUESTION, "confidence": 1.0}]
        scores = self._matrix @ vector + self._bias
        odds = np.exp(scores - scores.max())
        chances = odds / odds.sum()
        order = [int(place) for place in np.argsort(-chances)[:3]]
        best = order[0]
        close = float((self._examples[best] @ vector).max())
        likely = self._config["likely_advice" if self._names[best] == ADVICE else "likely"]
        if chances[best] < likely or close < self._config["close"]:
            question = self._names.index(QUESTION)
            order = [question, *(place for place in order if place != question)][:3]
        return [{"name": self._names[place], "confidence": float(chances[place])} for place in order]
