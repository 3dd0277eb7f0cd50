"""A small assistant with all that a dialogue can do in Rasa (forms, rewinds, restarts), and people who talk to it.

It has no language understanding: a message is an intent with entities, so that each test says exactly what happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import SessionConfig
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

PROJECT = Path(__file__).parent / "small_assistant"


def train(folder: Path) -> Path:
    """The trained model of the small assistant, in `folder`."""
    import rasa

    result = rasa.train(
        domain=str(PROJECT / "domain.yml"),
        config=str(PROJECT / "config.yml"),
        training_files=[str(PROJECT / "data")],
        output=str(folder),
        fixed_model_name="small",
    )
    return Path(result.model)


class SmallActions(EndpointConfig):
    """The small assistant's action server: each action is a row of what it answers."""

    def __init__(self) -> None:
        super().__init__(url="in-process", enable_selective_domain=True)

    async def request(self, method: str = "post", subpath: str | None = None, **arguments: Any) -> Any:
        call = arguments["json"]
        slots, said = call["tracker"]["slots"], len(call["tracker"]["events"])
        topic = slots["topic"]
        spoken: list[dict[str, Any]] = [{"text": f"{call['next_action']} {topic} {slots['last_entry']}"}]
        events: dict[str, list[dict[str, Any]]] = {
            "action_answer": [
                {"event": "slot", "name": "last_entry", "value": f"{topic}-entry"},
                {"event": "slot", "name": "search", "value": {"country": "Kenya", "phase": None, "many": [1, 2]}},
            ],
            "action_simpler": [],
            "action_wipe": [{"event": "reset_slots"}],
            "action_undo": [{"event": "undo"}, {"event": "followup", "name": "action_listen"}],
            "action_unsay": [{"event": "rewind"}],
            "action_wait": [{"event": "pause"}],
            "action_again": [{"event": "followup", "name": "action_simpler"}],
        }
        assert said
        return {"events": events[call["next_action"]], "responses": spoken}


@dataclass(frozen=True)
class Said:
    """One message of a person. `late`: the session has expired when it comes."""

    intent: str
    entities: Mapping[str, str] = field(default_factory=dict)
    late: bool = False
    text: str = "some words"

    @property
    def parse_data(self) -> dict[str, Any]:
        found = [{"entity": kind, "value": value, "start": 0, "end": 3} for kind, value in self.entities.items()]
        intent = {"name": self.intent, "confidence": 1.0}
        return {"text": self.text, "intent": intent, "intent_ranking": [intent] * 5, "entities": found}


def load(model: Path) -> Agent:
    return Agent.load(str(model), action_endpoint=SmallActions())


async def say(agent: Agent, store: TrackerStore, sender: str, said: Said, noticed: bool = True) -> list[str]:
    """What the assistant answers when it remembers with `store`."""
    store.domain = agent.domain
    agent.tracker_store = agent.processor.tracker_store = store
    agent.domain.session_config = SessionConfig(1e-9 if said.late else 60, True)
    replies = CollectingOutputChannel()
    metadata = {"region": "KE", "message_id": "m-1", "noticed": noticed}
    message = UserMessage(said.text, replies, sender, said.parse_data, "lantern", "m-1", metadata)
    await agent.handle_message(message)
    return [reply.get("text", "") for reply in replies.messages]


def view(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What a dialogue stands on: all of a tracker that decides what happens next."""
    loop = tracker.active_loop
    return {
        "slots": {name: value for name, value in tracker.current_slot_values().items() if "metadata" not in name},
        "loop": (loop.name, loop.is_interrupted, loop.rejected) if loop else None,
        "latest_action": tracker.latest_action,
        "followup": tracker.followup_action,
        "paused": tracker.is_paused(),
        "latest_message": _plain(tracker.latest_message),
    }


def applied(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """The events that count, without their times, and without what is not kept."""
    rows = [_plain(event) for event in tracker.applied_events()]
    return [row for row in rows if "metadata" not in str(row.get("name"))]


def last_turns(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """The events that count from the first message on that is still known."""
    events = applied(tracker)
    first = next((place for place, event in enumerate(events) if event["event"] == "user"), len(events))
    return events[first:]


def next_actions(agent: Agent, tracker: DialogueStateTracker, said: Said) -> list[tuple[str, str, float]]:
    """Which action follows, after nothing and after this message; by which policy, how sure."""
    found = []
    for events in (
        [],
        [UserUttered(said.text, said.parse_data["intent"], said.parse_data["entities"], said.parse_data)],
    ):
        copy = tracker.copy()
        copy.update_with_events(events, agent.domain)
        guess = agent.processor._predict_next_with_tracker(copy)
        name = agent.domain.action_names_or_texts[guess.max_confidence_index]
        found.append((name, guess.policy_name, guess.max_confidence))
    return found


def _plain(event: Event) -> dict[str, Any]:
    row: dict[str, Any] = event.as_dict()
    row = {key: value for key, value in row.items() if key not in ("timestamp", "metadata")}
    if row["event"] == "bot":
        return {"event": "bot"}
    if row["event"] == "user":
        entities = [(entity["entity"], entity["value"]) for entity in event.entities]
        return {"event": "user", "intent": event.intent, "entities": entities}
    return row
