"""What kind of request a message is. Which entry answers it is not decided here: that is search's part.

A logistic regression over vectors and words, trained on `data/nlu`. A sentence vector knows what a message is about,
but hardly whether it asks for knowledge or for a decision: "is methotrexate safe in pregnancy" and "i am pregnant and
on methotrexate" lie side by side. The inner vector still shows how a thing is said, and the little words tell it, so
the inner vector, words and pairs of words count beside the sentence vector.

A message is a question unless another kind is both likely and close to one of its examples: taking a question for small
talk is the worse mistake. What the advice rules of the safety room find is a request for advice, whatever else it looks
like. The published question of an entry, which is what a button sends, is always a question. Words that an editor
listed under an entry are taken for a request for advice by those rules only.
"""

from __future__ import annotations

import math
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
from bot.nlu.regression import Features, Fitted, fitted, usual
from bot.nlu.vectors import INNER, VECTOR
from knowledge.pairs import words_and_pairs
from knowledge.search.encoder import DIMENSIONS
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
        """`likely`: least probability, `close`: least mean of both cosines to an example of the kind, for anything but
        a question. A phrasing that an editor listed is a question, unless a kind other than advice is likelier than
        `surest`.
        A request for advice needs `likely_advice` and `close_advice` instead: a story is close to no example, so all
        that closeness must keep out is what has nothing to do with health. `softness` is C of the regression, `rounds`
        how often it is improved at most, `words` the length of the words beside a vector of length 1, `seen` in how
        many examples a word or a pair of words must stand to count. Chosen with `bench/request_kinds.py`."""
        sureness = {"likely": 0.5, "close": 0.5, "surest": 0.9, "likely_advice": 0.35, "close_advice": 0.4}
        return {**sureness, "softness": 10.0, "rounds": 40, "words": 1.0, "seen": 2}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, knowledge: Knowledge) -> None:
        self._config, self._storage, self._resource, self._knowledge = config, storage, resource, knowledge
        self._model = Fitted([], np.zeros(0), np.zeros(0))
        self._centre = np.zeros(DIMENSIONS, np.float32)  # of the inner vectors
        self._places: dict[str, int] = {}  # of words and pairs among the features
        self._examples: list[np.ndarray] = []  # those of each kind, but for questions

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
        classifier._model = Fitted([str(name) for name in kept["names"]], kept["matrix"], kept["bias"])
        classifier._centre = kept["centre"]
        classifier._places = {str(word): place for place, word in enumerate(kept["vocabulary"])}
        examples, owners = kept["examples"], kept["owners"]
        classifier._examples = [examples[owners == kind] for kind in range(len(classifier._model.kinds))]
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the classifier and keeps it as plain arrays: nothing that is loaded later can carry code."""
        examples = [
            example
            for example in training_data.intent_examples
            if example.get(VECTOR) is not None and example.get(INTENT) != EMERGENCY
        ]
        vectors, inner = (np.stack([example.get(name) for example in examples]) for name in (VECTOR, INNER))
        kinds = np.array([example.get(INTENT) for example in examples])
        self.fit([example.get(TEXT) for example in examples], vectors, inner, kinds)
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _FILE,
                names=np.array(self._model.kinds, dtype="U40"),
                matrix=self._model.matrix,
                bias=self._model.bias,
                centre=self._centre,
                vocabulary=np.array(list(self._places), dtype="U80"),
                examples=np.concatenate(self._examples),
                owners=np.repeat(np.arange(len(self._examples)), [len(rows) for rows in self._examples]),
            )
        return self._resource

    def fit(self, texts: list[str], vectors: np.ndarray, inner: np.ndarray, kinds: np.ndarray) -> None:
        """Learns from examples: `vectors` and `inner`, each (n, 384), are those of `texts`, `kinds` their intents."""
        self._centre = inner.mean(axis=0)
        self._places = usual(texts, self._config["seen"])
        both = np.stack([self._joined(*pair) for pair in zip(vectors, inner)])
        self._model = fitted(
            [self._features(text, row) for text, row in zip(texts, both)],
            [str(kind) for kind in kinds],
            softness=self._config["softness"],
            rounds=self._config["rounds"],
            balanced=True,
        )
        # How close a message is to questions is never asked: it is one unless it is close to something else.
        self._examples = [both[(kinds == name) & (kinds != QUESTION)] for name in self._model.kinds]

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(EMERGENCY) or (message.get(TEXT) or "").startswith("/"):
                continue
            text = message.get(TEXT) or ""
            if self._knowledge.is_published_question(text):
                ranking = [{"name": QUESTION, "confidence": 1.0}]
            elif self._knowledge.seeks_advice(text):
                ranking = [{"name": ADVICE, "confidence": 1.0}]
            else:
                ranking = self.rank(text, message.get(VECTOR), message.get(INNER))
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(RANKING, ranking, add_to_output=True)
        return messages

    def rank(self, text: str, vector: np.ndarray | None, inner: np.ndarray | None) -> list[dict[str, Any]]:
        """The three likeliest kinds of a message, the chosen one first. The vectors of an empty one are None."""
        if vector is None or inner is None or not np.any(vector):
            return [{"name": QUESTION, "confidence": 1.0}]
        both = self._joined(vector, inner)
        names, scores = self._model.kinds, self._model.scores(self._features(text, both))
        odds = np.exp(scores - scores.max())
        chances = odds / odds.sum()
        order = [int(place) for place in np.argsort(-chances)[:3]]
        if names[order[0]] != QUESTION and not self._is_sure(order[0], float(chances[order[0]]), text, both):
            question = names.index(QUESTION)
            order = [question, *(place for place in order if place != question)][:3]
        return [{"name": names[place], "confidence": float(chances[place])} for place in order]

    def _is_sure(self, kind: int, chance: float, text: str, both: np.ndarray) -> bool:
        close, of = float((self._examples[kind] @ both).max()), "_advice" if self._model.kinds[kind] == ADVICE else ""
        sure = chance >= self._config[f"likely{of}"] and close >= self._config[f"close{of}"]
        surest = not of and chance >= self._config["surest"]
        return sure and (surest or not self._knowledge.is_published_phrasing(text))

    def _joined(self, vector: np.ndarray, inner: np.ndarray) -> np.ndarray:
        """Both vectors of a message as one of length 1, to which they give as much, shape (768,). The cosine of two is
        the mean of both cosines then."""
        manner = inner - self._centre
        manner /= max(float(np.linalg.norm(manner)), 1e-9)
        return np.concatenate([vector, manner]).astype(np.float32) / np.float32(math.sqrt(2))

    def _features(self, text: str, both: np.ndarray) -> Features:
        """The vectors, and behind them the known words and pairs of the text, of length `words` together."""
        known = [self._places[word] for word in words_and_pairs(text) if word in self._places]
        return Features.of(both, known, self._config["words"])
