"""The shortcuts give what Rasa's own steps give, on the assistant that is really served."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.conftest import shortcuts_taken

if TYPE_CHECKING:
    from rasa.core.processor import MessageProcessor
    from rasa.shared.core.trackers import DialogueStateTracker

pytestmark = pytest.mark.timeout(600)  # the first test waits for a training

MESSAGES = [
    "What is lupus?",
    "say it more simply",
    "where is this from",
    "should i stop taking prednisone",
    "lupus trials in Germany, phase 2",
    "NCT04500301",
    "thanks",
    "she is not breathing",
    "",
    "/restart",
    "wht is teh outlok fr kidny diseas 👩‍⚕️",
]
GOOD: dict[str, dict[str, Any]] = {
    "user": {"text": "hello", "parse_data": {"intent": {"name": "greet", "confidence": 1.0}, "entities": []}},
    "action": {"name": "action_listen", "policy": None, "confidence": 0.5, "hide_rule_turn": False},
    "slot": {"name": "last_entry", "value": {"any": ["thing"]}},
    "entities": {"entities": [{"entity": "city", "value": "Nairobi", "start": 0, "end": 7}]},
    "followup": {"name": "action_listen"},
    "active_loop": {"name": "call_form"},
    "bot": {"text": "hello"},
    "rewind": {"timestamp": 1.5, "metadata": {"any": "thing"}},
}


@pytest.fixture(scope="module")
def rasas(served_model: Path) -> MessageProcessor:
    """The served model as Rasa runs it."""
    from rasa.core.agent import Agent

    return Agent.load(str(served_model)).processor


@pytest.fixture(scope="module")
def ours(served_model: Path) -> MessageProcessor:
    """The served model with the shortcuts."""
    from rasa.core.agent import Agent

    from bot.shortcuts import DirectGraphRunner

    with shortcuts_taken():
        processor = Agent.load(str(served_model)).processor
    assert isinstance(processor.graph_runner, DirectGraphRunner)
    return processor


def test_a_message_is_understood_alike(rasas: MessageProcessor, ours: MessageProcessor) -> None:
    from rasa.core.channels.channel import UserMessage

    for text in MESSAGES:
        message = UserMessage(text, sender_id="ann", metadata={"locale": "en"})
        expected, found = (asyncio.run(processor.parse_message(message)) for processor in (rasas, ours))
        assert found == expected, text
        assert found["intent"]["name"] or not text


def test_the_next_action_is_predicted_alike(rasas: MessageProcessor, ours: MessageProcessor) -> None:
    from rasa.core.channels.channel import UserMessage
    from rasa.shared.core.events import ActionExecuted, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    tracker = DialogueStateTracker.from_events("ann", [ActionExecuted("action_listen")], rasas.domain.slots)
    for text in (message for message in MESSAGES if not message.startswith("/")):
        data = asyncio.run(rasas.parse_message(UserMessage(text)))
        tracker.update(UserUttered(text, data["intent"], data["entities"], data), rasas.domain)
        names = set()
        for _ in range(2):
            expected, found = prediction(rasas, tracker), prediction(ours, tracker)
            assert vars(found) == vars(expected), text
            name = rasas.domain.action_names_or_texts[found.max_confidence_index]
            names.add(name)
            tracker.update_with_events(found.events, rasas.domain)
            tracker.update(ActionExecuted(name, found.policy_name, found.max_confidence), rasas.domain)
        assert len(names) == 2, "an action, and then listening"


def prediction(processor: MessageProcessor, tracker: DialogueStateTracker) -> Any:
    return processor._predict_next_with_tracker(tracker.copy())


def test_a_graph_without_its_inputs_is_refused_alike(rasas: MessageProcessor, ours: MessageProcessor) -> None:
    from rasa.engine.exceptions import GraphRunError

    for processor in (rasas, ours):
        with pytest.raises(GraphRunError, match="Missing input"):
            processor.graph_runner.run({}, [processor.model_metadata.core_target])


def results() -> Iterator[Any]:
    """Answers of actions: good ones, and each with one thing wrong."""
    good = [{"event": kind, **rest} for kind, rest in GOOD.items()]
    yield {"events": [], "responses": []}
    yield {"events": good, "responses": [{"text": "hello"}]}
    yield {}
    yield [7]
    for odd in (None, "words", [7], {"entity": 7}):
        yield {"events": odd, "responses": []}
        yield {"events": [], "responses": odd}
        yield {"events": [odd]}
    yield {"events": [{"name": "last_entry"}]}
    yield {"events": [good[0], {"event": "no such event"}]}
    for event in good:
        for key in event:
            yield {"events": [{name: value for name, value in event.items() if name != key}]}
            yield from ({"events": [good[4], {**event, key: odd}]} for odd in (None, 7, [7]))
    for event in (good[0], good[2], good[4]):
        for key in ("timestamp", "metadata"):
            yield from ({"events": [{**event, key: odd}]} for odd in (None, "words", 1.5, True, {}))


def test_answers_of_actions_are_refused_alike() -> None:
    from rasa.core.actions.action import RemoteAction

    action = RemoteAction("any", None)
    everything = list(results())
    expected = [accepts(action._validate_action_result, result) for result in everything]
    with shortcuts_taken():
        found = [accepts(action._validate_action_result, result) for result in everything]
    different = [row for row in zip(everything, expected, found) if row[1] != row[2]]
    assert different == []
    assert 20 < sum(expected) < len(expected) - 20


def accepts(validate: Callable[[Any], bool], result: Any) -> bool:
    from jsonschema import ValidationError

    try:
        return validate(result)
    except ValidationError:
        return False


def test_events_are_read_back_alike() -> None:
    from rasa.shared.core.events import Event, SlotSet
    from rasa.shared.utils.common import all_subclasses

    kinds = sorted({kind.type_name for kind in all_subclasses(Event)})
    assert len(kinds) > 20
    rows = [{"event": kind, "date_time": "2030-01-01T00:00:00", **GOOD.get(kind, {})} for kind in kinds]
    rows = [{"parse_data": {}, "entities": [], "name": "any", **row} for row in rows]
    expected = [(Event.resolve_by_type(kind), type(Event.from_parameters(row))) for kind, row in zip(kinds, rows)]
    with shortcuts_taken():
        found = [(Event.resolve_by_type(kind), type(Event.from_parameters(row))) for kind, row in zip(kinds, rows)]
        assert Event.resolve_by_type("topic") is None
        assert Event.resolve_by_type("no such event", SlotSet) is SlotSet
        with pytest.raises(ValueError, match="no such event"):
            Event.resolve_by_type("no such event")
    assert found == expected


def test_actions_are_found_by_their_names_alike(rasas: MessageProcessor) -> None:
    from rasa.core.actions.action import action_for_name_or_text
    from rasa.utils.endpoints import EndpointConfig

    endpoints = (EndpointConfig("http://one"), EndpointConfig("http://two"), None)
    calls = [(name, rasas.domain, endpoint) for endpoint in endpoints for name in rasas.domain.action_names_or_texts]
    expected = [action_for_name_or_text(*call) for call in calls]
    with shortcuts_taken():
        found = [action_for_name_or_text(*call) for call in calls]
    assert [(type(action), vars(action)) for action in found] == [(type(action), vars(action)) for action in expected]


def test_slots_are_copied_alike(rasas: MessageProcessor) -> None:
    for slot in rasas.domain.slots:
        slot = copy.copy(slot)
        slot.value = {"any": "value"}
        expected = copy.copy(slot)
        with shortcuts_taken():
            found = copy.copy(slot)
        assert (type(found), vars(found)) == (type(expected), vars(expected))
        assert found is not slot


TALK = "listen greet hidden listen ask known slot listen ask known follow known2 listen thank hidden listen ask"
"""A dialogue in which the turns that only rules know are `hidden`."""
DIALOGUES = {
    "nothing": "",
    "a talk": TALK,
    "restarted": f"session listen greet hidden restart {TALK}",
    "started twice": f"listen greet session {TALK} session {TALK}",
    "taken back": f"{TALK} known listen rewind listen ask known undo {TALK}",
    "a form": f"{TALK} form opened listen ask form listen ask known form closed listen thank hidden listen",
    "a form of old": f"{TALK} form old listen ask form listen",
}


@pytest.mark.parametrize("dialogue", DIALOGUES)
def test_policies_are_given_the_same_of_a_dialogue(rasas: MessageProcessor, dialogue: str) -> None:
    from rasa.shared.core import events
    from rasa.shared.core.trackers import DialogueStateTracker

    def said(intent: str) -> events.UserUttered:
        city = [{"entity": "city", "value": "Nairobi", "start": 0, "end": 7}]
        return events.UserUttered(
            "words", {"name": intent, "confidence": 1.0}, city if intent == "ask_question" else []
        )

    def done(action: str, hidden: bool = False) -> events.ActionExecuted:
        return events.ActionExecuted(action, "RulePolicy", 1.0, hide_rule_turn=hidden)

    made: dict[str, Callable[[], events.Event]] = {
        "listen": lambda: done("action_listen"),
        "greet": lambda: said("greet"),
        "ask": lambda: said("ask_question"),
        "thank": lambda: said("thank"),
        "hidden": lambda: done("action_manners", hidden=True),
        "known": lambda: done("action_answer_question"),
        "known2": lambda: done("action_simpler"),
        "form": lambda: done("call_form"),
        "slot": lambda: events.SlotSet("last_entry", "lupus"),
        "follow": lambda: events.FollowupAction("action_simpler"),
        "session": events.SessionStarted,
        "restart": events.Restarted,
        "rewind": events.UserUtteranceReverted,
        "undo": events.ActionReverted,
        "opened": lambda: events.ActiveLoop("call_form"),
        "closed": lambda: events.ActiveLoop(None),
        "old": lambda: events.LegacyForm("call_form"),
    }
    happened = [made[name]() for name in DIALOGUES[dialogue].split()]
    tracker = DialogueStateTracker.from_events("ann", happened, rasas.domain.slots)

    def given() -> list[Any]:
        rules_only = {"rule_only_slots": ["last_part"], "rule_only_loops": ["call_form"]}
        looks = [
            (unset, learned, only) for unset in (False, True) for learned in (False, True) for only in ({}, rules_only)
        ]
        return [tracker.applied_events(), *(tracker.past_states(rasas.domain, *look) for look in looks)]

    expected = given()
    with shortcuts_taken():
        assert given() == expected
        for states in given()[1:]:
            for part in (part for state in states for part in state.values()):
                part.clear()  # policies change what they are given
        assert given() == expected


def test_rasa_is_as_it_was_when_nobody_takes_them() -> None:
    import rasa.core.processor
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.events import Event

    before = (rasa.core.processor.DaskGraphRunner, RemoteAction._validate_action_result, Event.resolve_by_type)
    with shortcuts_taken():
        taken = (rasa.core.processor.DaskGraphRunner, RemoteAction._validate_action_result, Event.resolve_by_type)
    after = (rasa.core.processor.DaskGraphRunner, RemoteAction._validate_action_result, Event.resolve_by_type)
    assert after == before
    assert not set(taken) & set(before)
