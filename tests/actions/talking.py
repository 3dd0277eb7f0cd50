"""The assistant in one process: the knowledge room, the intent model and every action are the real ones; only Rasa's
own machinery between them is left out. A rule of `data/rules` brings each kind of request to its action."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from ruamel.yaml import YAML

import actions
from bot.nlu.emergencies import EMERGENCY
from bot.nlu.requests import ADVICE, QUESTION, RequestClassifier
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import RegistryCopy
from knowledge.wiring import Knowledge
from safety import EMERGENCY_RULES
from tests.running import PROJECT, Reply
from tests.shipped import shipped_rules


def trained(knowledge: Knowledge) -> RequestClassifier:
    """The intent model, fitted to the examples of `data/nlu`."""
    rows = [row for file in sorted((PROJECT / "data" / "nlu").glob("*.yml")) for row in _yaml(file)["nlu"]]
    lines = [(line, row["intent"]) for row in rows for line in row["examples"].splitlines()]
    examples = [(line.removeprefix("- "), intent) for line, intent in lines if intent != EMERGENCY]
    classifier = RequestClassifier(RequestClassifier.get_default_config(), None, None, knowledge)  # type: ignore[arg-type]
    texts = [text for text, _ in examples]
    both = np.array([knowledge.embedder.embed_message_both(knowledge.canonical(text)) for text in texts])
    classifier.fit(texts, both[:, 0], both[:, 1], np.array([intent for _, intent in examples]))
    return classifier


@dataclass(frozen=True)
class Held:
    """Stands for `CurrentTrials` after a sync, without a sync."""

    answers: TrialAnswers

    def newest(self) -> TrialAnswers:
        return self.answers


class Assistant:
    """Answers as the assistant process does. `copy` is its copy of the registry; it may be replaced at any time."""

    def __init__(self, knowledge: Knowledge, classifier: RequestClassifier) -> None:
        self.knowledge, self._classifier = knowledge, classifier
        self._emergencies = shipped_rules(EMERGENCY_RULES)
        self.leans: Mapping[str, Sequence[float]] = {}
        """What the model of the talk about studies takes every message for, after each thing that may be shown."""
        rules = (rule for file in (PROJECT / "data" / "rules").glob("*.yml") for rule in _yaml(file)["rules"])
        self.action_of = {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in rules}
        built = [kind(knowledge) for kind in _action_classes()]
        self._actions = {action.name(): action for action in built}

    def has_copy(self, copy: RegistryCopy) -> None:
        """From now on it answers from this copy, as after a sync."""
        self.knowledge._trials = Held(TrialAnswers(copy, self.knowledge.phrases.of("en")))  # type: ignore[assignment]

    def intent(self, text: str) -> str:
        return str(self.understood(text)["name"])

    def understood(self, text: str) -> dict[str, Any]:
        """The intent of a message, and how sure that is."""
        if self.knowledge.is_published_question(text):
            return {"name": QUESTION, "confidence": 1.0}
        if self.knowledge.seeks_advice(text):
            return {"name": ADVICE, "confidence": 1.0}
        vectors = self.knowledge.embedder.embed_message_both(self.knowledge.canonical(text))
        return self._classifier.rank(text, *vectors)[0]

    def card(self, text: str) -> dict[str, str] | None:
        """The emergency card that the gateway would show instead."""
        hit = self._emergencies.check(text)
        return {"card_id": hit.card, "locale": "en", "kind": hit.kind} if hit else None

    def respond(
        self,
        text: str,
        slots: Mapping[str, Any],
        said: Iterable[str],
        metadata: Mapping[str, Any],
        intent: Mapping[str, Any] | None = None,
    ) -> Any:
        """The messages of a reply, and the events that come with it. `intent`: what NLU takes the message for, where
        it is not asked."""
        intent = intent or self.understood(text)
        latest = {"text": text, "intent": intent, "metadata": dict(metadata), "trial_talk": dict(self.leans)}
        events = [{"event": "user", "text": line} for line in said]
        tracker = Tracker("someone", dict(slots), latest, events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        changed = self._actions[self.action_of[str(intent["name"])]].run(dispatcher, tracker, {})
        return dispatcher.messages, changed


@dataclass
class Person:
    """Someone in a conversation of their own. `region`: the country that the site which they are on tells."""

    assistant: Assistant
    region: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    heard: list[Reply] = field(default_factory=list)
    after_card: dict[str, str] | None = None

    def say(self, text: str) -> Reply:
        card, self.said = self.assistant.card(text), [*self.said, text]
        if card:
            self.after_card = card
            return Reply(({"text": card["card_id"], "custom": {"kind": card["kind"], "blocks": []}},))
        metadata = {
            "region": self.region,
            "locale": "en",
            **({"after_card": self.after_card} if self.after_card else {}),
        }
        self.after_card = None
        messages, events = self.assistant.respond(text, self.slots, self.said, metadata)
        for event in events:
            if event["event"] == "slot":
                # What a dialogue remembers is kept as JSON.
                self.slots[event["name"]] = json.loads(json.dumps(event["value"]))
        reply = Reply(tuple({**message, "custom": message["custom"] or {}} for message in messages))
        assert reply.messages, f"no answer to {text!r}"
        self.heard.append(reply)
        return reply


def _action_classes() -> list[type[Action]]:
    modules = [importlib.import_module(f"actions.{found.name}") for found in pkgutil.iter_modules(actions.__path__)]
    members = {member for module in modules for _, member in inspect.getmembers(module, inspect.isclass)}
    return [
        kind for kind in members if issubclass(kind, Action) and not inspect.isabstract(kind) and kind is not Action
    ]


def _yaml(file: Any) -> Any:
    return YAML(typ="safe").load(file.read_text(encoding="utf-8"))
