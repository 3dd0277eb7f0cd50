"""The second net under the emergency rules: messages that say in other words what an emergency sounds like.

Compares the sentence vector of a message with written examples, both urgent and calm: `safety/vectors.jsonl`, which the
rules know too, `safety/rewordings.jsonl`, which they miss, and as further calm ones whatever is published or in
`data/nlu`. `bench.rewordings` shows what the two limits cost and bring.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.emergencies import EMERGENCY, shipped_rules
from bot.nlu.likeness import Likeness
from bot.nlu.vectors import VECTOR
from knowledge.errors import StoreUnavailable
from knowledge.wiring import Knowledge, from_environment
from safety import EMERGENCY_RULES, Rules

EXAMPLES = tuple(EMERGENCY_RULES.parent / name for name in ("vectors.jsonl", "rewordings.jsonl"))
LONGEST_EXAMPLE = 300
"""Characters. One vector says little about a longer text."""
LONG, LAST_PART = 240, 160
"""Characters: of a message longer than the first, the last sentences, up to the second, are compared too. People tell
the story first and what is wrong at its end."""

_LIKENESS, _CARDS = "likeness.npz", "cards.json"
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RewordedEmergency(GraphComponent):
    """Marks a message as `EmergencyCheck` does, with the card of the example that it is most like."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`margin`: by how much a message must be more like emergencies than like calm messages; `margin_foreign`: the
        same where the nearest example is not English, which is the language of the vectors; `close`: least cosine to
        that example, which must also be nearer than any calm one. From `bench.rewordings`: the rules have looked
        before, so that a needless card weighs more here than it does there."""
        return {"margin": 0.15, "margin_foreign": 0.3, "close": 0.45}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, knowledge: Knowledge) -> None:
        self._config, self._storage, self._resource, self._knowledge = config, storage, resource, knowledge
        self._likeness: Likeness | None = None
        self._cards: list[dict[str, str]] = []  # those of each urgent example

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
            net._likeness = Likeness.load(folder / _LIKENESS)
            net._cards = json.loads((folder / _CARDS).read_text(encoding="utf-8"))
        return net

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps plain arrays and the card of each urgent example: nothing that is loaded later can carry code."""
        urgent, calm = examples()
        requests = [
            example.get(TEXT)
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT) != EMERGENCY
        ]
        phrasings = [*published(self._knowledge, shipped_rules()), *requests]
        likeness = Likeness.learned(*(self._vectors(texts) for texts in ([*urgent], calm, phrasings)))
        with self._storage.write_to(self._resource) as folder:
            likeness.save(folder / _LIKENESS)
            (folder / _CARDS).write_text(json.dumps([*urgent.values()]), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if message.get(EMERGENCY) or text.startswith("/") or self._knowledge.is_published_question(text):
                continue
            card = self._card(text, message.get(VECTOR))
            if card:
                message.set(INTENT, {"name": EMERGENCY, "confidence": 1.0}, add_to_output=True)
                message.set(EMERGENCY, card, add_to_output=True)
        return messages

    def _card(self, text: str, vector: np.ndarray | None) -> dict[str, str] | None:
        if self._likeness is None or vector is None:
            return None
        vectors = [vector]
        if len(text) > LONG:
            vectors.append(self._knowledge.embedder.embed_message(self._knowledge.canonical(last_part(text))))
        matches = [self._likeness.match(vector) for vector in vectors]
        best = max(matches, key=lambda match: match.margin)
        card = self._cards[best.place]
        margin = self._config["margin" if card["locale"] == "en" else "margin_foreign"]
        if best.margin < margin or best.close < max(self._config["close"], best.calm):
            return None
        # A vector hardly tells "he has" from "he had": what the rules take for past, film or question stays calm. Who
        # hints at suicide says "would" and "if" in earnest.
        if card["kind"] == "emergency" and len(text) <= LONG and shipped_rules().sounds_calm(text):
            return None
        return card

    def _vectors(self, texts: list[str]) -> np.ndarray:
        return self._knowledge.embedder.embed([self._knowledge.canonical(text) for text in texts])


def examples() -> tuple[dict[str, dict[str, str]], list[str]]:
    """Urgent examples with their cards, and calm ones; without those that need an earlier message to be understood."""
    urgent: dict[str, dict[str, str]] = {}
    calm: list[str] = []
    for file in EXAMPLES:
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if len(row["text"]) > LONGEST_EXAMPLE or row.get("therapy") or row.get("suppressed"):
                continue
            if row["expect"]:
                urgent[row["text"]] = row["expect"]
            else:
                calm.append(row["text"])
    return urgent, calm


def published(knowledge: Knowledge, rules: Rules) -> list[str]:
    """What people ask in calm: the published phrasings that no emergency rule takes for a cry. None before anything is
    published."""
    try:
        entries = [revision.entry for revision in knowledge.live().asked()]
    except StoreUnavailable:
        return []
    entries = [entry for entry in entries if entry.topic != "cards"]
    asked = dict.fromkeys(text for entry in entries for text in (entry.question, *entry.phrasings))
    return [text for text in asked if rules.check(text) is None]


def last_part(text: str) -> str:
    """The last sentences of a text, as many as `LAST_PART` characters hold; at least one, cut at the front."""
    kept = ""
    for sentence in reversed(_SENTENCE.findall(text)):
        if kept and len(sentence) + len(kept) > LAST_PART:
            break
        kept = sentence + kept
    return kept.strip()[-LAST_PART:]
