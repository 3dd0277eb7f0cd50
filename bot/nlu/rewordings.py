"""The second net under the emergency rules: messages that say in other words what an emergency sounds like.

Learned from written examples, both urgent and calm: `safety/vectors.jsonl`, which the rules know too,
`safety/rewordings.jsonl` and `safety/cries.jsonl`, which they were not made from, and as further calm ones what people
ask of Lantern, inside and outside of what it knows. `bench.rewordings` shows what the limits cost and bring.

A message is judged as a whole. Sentences of it alone were tried: most lines of a story sound like alarm without the
rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.emergencies import EMERGENCY, mark, shipped_rules
from knowledge.errors import StoreUnavailable
from knowledge.pairs import words_and_pairs
from knowledge.second_net import Features, Models, SecondNet, Sureness
from knowledge.wiring import Knowledge, from_environment
from safety import EMERGENCY_RULES, Rules

EXAMPLES = tuple(EMERGENCY_RULES.parent / name for name in ("vectors.jsonl", "rewordings.jsonl", "cries.jsonl"))
LONGEST_EXAMPLE = 600
"""Characters. One vector says little about a longer text."""
EVERY_THIRD, EVERY_TWELFTH = slice(None, None, 3), slice(None, None, 12)
"""Of the published phrasings these are learned from: the first of `NEAR`, the second of other topics. The others say
much the same, and each costs a vector."""
NEAR = ("cpr", "heart")
"""Topics whose questions are easily taken for emergencies."""
_NET = "net.npz"


@dataclass(frozen=True)
class Example:
    """`card` is empty for a calm one."""

    text: str
    card: str = ""
    locale: Literal["en", "es"] = "en"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RewordedEmergency(GraphComponent):
    """Marks a message as `EmergencyCheck` does, with the card that fits best, or the general one."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The first two are `Sureness`, `softness` is C of the regressions. From `bench.rewordings`: the rules have
        looked before, so that a needless card weighs more here than it does there."""
        return {"urgent": 0.7, "card": 0.5, "softness": 30.0}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, knowledge: Knowledge) -> None:
        self._config, self._storage, self._resource, self._knowledge = config, storage, resource, knowledge
        self._net: SecondNet | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RewordedEmergency:
        return cls(config, model_storage, resource, from_environment())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> RewordedEmergency:
        net = cls(config, model_storage, resource, from_environment())
        with model_storage.read_from(resource) as folder:
            kept = (folder / _NET).read_bytes()
        net._net = SecondNet.read(kept)
        # Always that of the model which serves: the gateway judges by it while this process is away.
        net._knowledge.keep_second_net(kept)
        return net

    def train(self, training_data: TrainingData) -> Resource:
        """Learns anew, and keeps what was learned as plain arrays."""
        requests = [
            example.get(TEXT)
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT) != EMERGENCY
        ]
        every = [*examples(), *calm([*usual_questions(self._knowledge, shipped_rules()), *requests])]
        net = learned(every, inner_vectors(every, self._knowledge), self._config)
        with self._storage.write_to(self._resource) as folder:
            (folder / _NET).write_bytes(net.kept())
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text or message.get(EMERGENCY) or text.startswith("/") or self._net is None:
                continue
            if self._knowledge.is_published_question(text):
                continue
            inner = self._knowledge.embedder.embed_message_inner(self._knowledge.canonical(text))
            finding = self._net.finding(text, inner)
            if finding:
                mark(message, finding)
        return messages


def inner_vectors(examples: Sequence[Example], knowledge: Knowledge) -> np.ndarray:
    """Shape (examples, 384): of the texts as search compares them."""
    return knowledge.embedder.embed_inner([knowledge.canonical(example.text) for example in examples])


def learned(examples: Sequence[Example], inner: np.ndarray, config: Mapping[str, Any]) -> SecondNet:
    """The net that `examples` and their inner vectors teach. `config` as in `RewordedEmergency.get_default_config`."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    features = Features.learned([example.text for example in examples], inner)
    places = {word: place for place, word in enumerate(features.words)}
    found = [sorted(places[word] for word in words_and_pairs(example.text) if word in places) for example in examples]
    weights = np.concatenate([np.full(len(row), features.weight(len(row))) for row in found])
    starts = np.cumsum([0, *map(len, found)])
    of_words = csr_matrix((weights, np.concatenate(found).astype(int), starts), (len(examples), len(places)))
    rows = hstack([csr_matrix(features.moved(inner)), of_words]).tocsr()

    def fitted(rows: Any, sides: Sequence[bool]) -> np.ndarray:
        model = LogisticRegression(C=config["softness"], max_iter=3000, solver="liblinear", random_state=1)
        model.fit(rows, sides)
        weights: np.ndarray = np.append(model.coef_[0], model.intercept_)
        return weights

    urgent = [place for place, example in enumerate(examples) if example.card]
    cards = sorted({examples[place].card for place in urgent})
    models = Models(
        urgency=fitted(rows, [bool(example.card) for example in examples]),
        spanish=fitted(rows[urgent], [examples[place].locale == "es" for place in urgent]),
        cards=np.stack([fitted(rows[urgent], [examples[place].card == card for place in urgent]) for card in cards]),
    )
    return SecondNet(features, models, cards, Sureness(*(config[name] for name in Sureness.__annotations__)))


def examples() -> list[Example]:
    """Those written for this, without what needs an earlier message to be understood."""
    found: dict[str, Example] = {}
    for file in EXAMPLES:
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if len(row["text"]) <= LONGEST_EXAMPLE and not row.get("therapy") and not row.get("suppressed"):
                expected = row["expect"] or {"card": "", "locale": "en"}
                found[row["text"]] = Example(row["text"], expected["card"], expected["locale"])
    return [*found.values()]


def calm(texts: Sequence[str]) -> list[Example]:
    """What people ask, as examples of calm messages."""
    return [Example(text) for text in dict.fromkeys(texts)]


def usual_questions(knowledge: Knowledge, rules: Rules) -> list[str]:
    """What people ask in calm: published phrasings, and questions outside of what is published, without those that an
    emergency rule takes for a cry. None before anything is published."""
    try:
        live = knowledge.live()
    except StoreUnavailable:
        return []
    near: list[str] = []
    other: list[str] = []
    for entry in (revision.entry for revision in live.asked() if revision.entry.topic != "cards"):
        (near if entry.topic in NEAR else other).extend((entry.question, *entry.phrasings))
    texts = [*near[EVERY_THIRD], *other[EVERY_TWELFTH], *knowledge.background]
    return [text for text in texts if rules.check(text) is None]
