"""What a message does in the talk about studies: a model of its own, because the same words mean different things.

"Anything in Spain?" looks for studies after a list of them and for nothing after a recipe, so the answer depends on
what was shown before. NLU does not know the conversation; it gives the likelihoods for each of the four things that may
have been shown, and the dialogue takes those that fit.

A logistic regression over the sentence vector, words and pairs of words, and what is understood of a search, learned
from `data/trials/messages.jsonl`, messages of writers who knew no wording, and from `data/nlu`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
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
from bot.nlu.requests import ADVICE, QUESTION
from bot.nlu.vectors import VECTOR
from knowledge.pairs import words_and_pairs
from knowledge.search.encoder import DIMENSIONS
from knowledge.trials.leaning import BEFORE, LEANINGS, Before, signs
from knowledge.wiring import Knowledge, from_environment

TRIAL_TALK = "trial_talk"
MESSAGES = Path(__file__).parent.parent.parent / "data" / "trials" / "messages.jsonl"
SEARCH = "find_trial"

ANYWHERE: tuple[Before, ...] = ("nothing", "list")
"""What was shown before an example of `data/nlu` that is no search, in turn: small talk comes at any time."""
SHORT = 8
"""Words up to which a question of `data/nlu` is left out: it leans on what was shown, and "how long" after a study asks
about that."""

_FILE = "trial_talk.npz"
_STUDIES_SHOWN = ("list", "study")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TrialTalk(GraphComponent):
    """Sets `trial_talk`: for each of `BEFORE` the likelihoods of a search, a question about a study, and one about
    joining, in the order of `LEANINGS`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`softness`: C of the regression, `rounds`: how often it is improved at most; `vector`, `words`, `signs`: what
        each part of the features is multiplied with; `seen`: in how many messages a word or pair must stand to count;
        `requests`: weight of an example of `data/nlu`, `elsewhere`: of a message where something else was shown before
        than its writer thought of. From eightfold cross-validation over the messages; `requests`, which are many, from
        the development set of `bench.understanding.trials`."""
        parts = {"vector": 2.0, "words": 1.5, "signs": 0.5}
        return {"softness": 10.0, "rounds": 100, **parts, "seen": 2, "requests": 0.06, "elsewhere": 0.3}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, knowledge: Knowledge) -> None:
        self._config, self._storage, self._resource, self._knowledge = config, storage, resource, knowledge
        self._model = Fitted([], np.zeros(0), np.zeros(0))
        self._places: dict[str, int] = {}  # of words and pairs among the features

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TrialTalk:
        return cls(config, model_storage, resource, from_environment())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> TrialTalk:
        talk = cls(config, model_storage, resource, from_environment())
        with model_storage.read_from(resource) as folder:
            kept = np.load(folder / _FILE, allow_pickle=False)
        talk._model = Fitted([str(name) for name in kept["kinds"]], kept["matrix"], kept["bias"])
        talk._places = {str(word): place for place, word in enumerate(kept["vocabulary"])}
        return talk

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the model and keeps it as plain arrays: nothing that is loaded later can carry code."""
        rows = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
        embed = self._knowledge.embedder.embed_message
        vectors = [embed(self._knowledge.canonical(row["text"])) for row in rows]
        weights = [1.0] * len(rows)
        # What says all of it by itself is the same whatever was shown before.
        whole = [place for place, row in enumerate(rows) if row["before"] == BEFORE[0]]
        for before in BEFORE[1:]:
            rows += [{**rows[place], "before": before} for place in whole]
            vectors += [vectors[place] for place in whole]
            weights += [self._config["elsewhere"]] * len(whole)
        for example in training_data.intent_examples:
            text, vector, intent = (example.get(name) for name in (TEXT, VECTOR, INTENT))
            if vector is None or intent == EMERGENCY:
                continue
            if intent == ADVICE and self._knowledge.trials.shelf.understand(text).speaks_of_studies:
                continue  # some of these ask to join, some for something else
            if intent == QUESTION and len(text.split()) <= SHORT:
                continue
            before = BEFORE[0] if intent == SEARCH else ANYWHERE[len(rows) % len(ANYWHERE)]
            rows.append({"text": text, "kind": "search" if intent == SEARCH else "other", "before": before})
            vectors.append(vector)
            weights.append(self._config["requests"])
        self.fit(rows, vectors, weights)
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _FILE,
                kinds=np.array(self._model.kinds, dtype="U20"),
                matrix=self._model.matrix,
                bias=self._model.bias,
                vocabulary=np.array(list(self._places), dtype="U80"),
            )
        return self._resource

    def fit(self, rows: list[dict[str, str]], vectors: list[np.ndarray], weights: list[float]) -> None:
        """Learns from `rows` with `text`, `kind` and what was shown `before`."""
        self._places = usual([row["text"] for row in rows], self._config["seen"])
        said = [self._said(row["text"], vector) for row, vector in zip(rows, vectors)]
        self._model = fitted(
            [self._features(*one, (row["before"],)) for one, row in zip(said, rows)],
            [row["kind"] for row in rows],
            softness=self._config["softness"],
            rounds=self._config["rounds"],
            weights=weights,
        )

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text, vector = message.get(TEXT) or "", message.get(VECTOR)
            if vector is not None and not message.get(EMERGENCY) and not text.startswith("/"):
                message.set(TRIAL_TALK, self.leanings(text, vector), add_to_output=True)
        return messages

    def leanings(self, text: str, vector: np.ndarray) -> dict[str, list[float]]:
        """For each of `BEFORE`: the likelihoods of `LEANINGS`, 0 to 1."""
        scores = self._model.scores(self._features(*self._said(text, vector), BEFORE))
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        places = [self._model.kinds.index(name) for name in LEANINGS]
        chances = (odds / odds.sum(axis=1, keepdims=True))[:, places]
        return {before: [round(float(chance), 3) for chance in row] for before, row in zip(BEFORE, chances)}

    def _said(self, text: str, vector: np.ndarray) -> tuple[Features, np.ndarray]:
        """The vector and the known words and pairs; and the signs."""
        known = [self._places[word] for word in words_and_pairs(text) if word in self._places]
        shelf = self._knowledge.trials.shelf
        found = signs(text, shelf.understand(text), named=bool(shelf.by_name(text)))
        words = Features.of(self._config["vector"] * vector, known, self._config["words"])
        return words, self._config["signs"] * found

    def _features(self, words: Features, found: np.ndarray, befores: Sequence[str]) -> Features:
        """What is said, the signs once more where studies were shown, and what was shown before: a column for each of
        `befores`."""
        columns = []
        for before in befores:
            after = float(before in _STUDIES_SHOWN)
            shown = self._config["signs"] * np.array([after, *(before == one for one in BEFORE)], dtype=np.float32)
            columns.append(np.concatenate([words.values, found, after * found, shown]))
        behind = DIMENSIONS + len(self._places) + np.arange(len(columns[0]) - len(words.values))
        return Features(np.concatenate([words.places, behind]), np.stack(columns, axis=1))
