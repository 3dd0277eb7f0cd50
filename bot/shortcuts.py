"""Rasa's own steps, done once instead of at every message. Each gives the result that Rasa's gives; tests compare them.

They replace whole functions or classes of Rasa 3.6.21, which is pinned; nothing else of Rasa is changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import rasa.core.processor
from jsonschema import Draft7Validator, ValidationError
from rasa.core.actions import action
from rasa.core.actions.action import RemoteAction
from rasa.core.policies import memoization, rule_policy
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionReverted,
    ActiveLoop,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

_TIMES, _NOTES = {type(None), int, float}, {type(None), dict}
"""What the timestamp and the metadata of an event may be."""
_STARTS = frozenset((SessionStarted.type_name, Restarted.type_name))
_MAY_TAKE_BACK = frozenset(
    kind.type_name
    for taken in (ActionReverted, UserUtteranceReverted, ActiveLoop)
    for kind in (taken, *all_subclasses(taken))
)
"""Events before and after which others may no longer count."""


def take() -> None:
    """Takes all of them. Call it before an agent is loaded."""
    run_graphs_directly()
    copy_nothing_for_silent_logs()
    know_empty_domains()
    validate_quickly()
    resolve_events_quickly()
    read_intents_only()
    make_default_actions_once()
    copy_slots_directly()
    apply_events_directly()
    replay_dialogues_once()


def run_graphs_directly() -> None:
    """Rasa plans each run of its graph anew and hands it to a scheduler for clusters, three times a message."""
    rasa.core.processor.DaskGraphRunner = DirectGraphRunner


class _NoCopy:
    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


def copy_nothing_for_silent_logs() -> None:
    """These modules copy events and states deeply for debug lines only, and the lines are never printed."""
    for module in (rasa.core.processor, memoization, rule_policy):
        module.copy = _NoCopy


def know_empty_domains() -> None:
    """Rasa writes the whole domain out at every message to see whether it is empty. A loaded domain never changes."""
    is_empty = Domain.is_empty

    def known(self: Domain) -> bool:
        if "_known_empty" not in vars(self):
            self._known_empty = is_empty(self)
        return bool(self._known_empty)

    Domain.is_empty = known


def validate_quickly() -> None:
    """Rasa compiles its schema for every action result and tries every kind of event on each event, which takes longer
    than all else in a turn. Here each event is held against the one schema of its own kind, compiled once, and what
    actions nearly always answer, messages and slots and what follows, is told by its types alone."""
    spec = RemoteAction.action_response_format_spec()
    each = dict(spec["properties"]["events"]["items"])
    by_kind = {schema["properties"]["event"]["const"]: Draft7Validator(schema) for schema in each.pop("oneOf")}
    events = {**spec["properties"]["events"], "items": each}
    frame = Draft7Validator({**spec, "properties": {**spec["properties"], "events": events}})

    def errors(result: Any) -> Iterator[ValidationError]:
        yield from frame.iter_errors(result)
        for event in result.get("events", ()):
            if event["event"] in by_kind:
                yield from by_kind[event["event"]].iter_errors(event)
            else:
                yield ValidationError("no event of Rasa has this name")

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        if _is_usual(result):
            return True
        error = next(errors(result), None)
        if error is not None:
            raise ValidationError(error.message)
        return True

    RemoteAction._validate_action_result = validate


def _is_usual(result: Any) -> bool:
    """Whether an answer of an action surely fits Rasa's schema; of others nothing is said."""
    if type(result) is not dict:
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    are_lists = type(events) is list and type(responses) is list
    return are_lists and all(type(row) is dict for row in responses) and all(map(_is_usual_event, events))


def _is_usual_event(event: Any) -> bool:
    if type(event) is not dict:
        return False
    if type(event.get("timestamp")) not in _TIMES or type(event.get("metadata")) not in _NOTES:
        return False
    if event.get("event") == SlotSet.type_name:
        return type(event.get("name")) is str and "value" in event
    return bool(event.get("event") == FollowupAction.type_name)


def resolve_events_quickly() -> None:
    """Rasa looks through all subclasses of `Event` for every event it reads back; the same look-up, made once."""
    known: dict[str, type[Event]] = {}
    for kind in all_subclasses(Event):
        known.setdefault(kind.type_name, kind)
    look_up = Event.resolve_by_type

    def resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        return known.get(type_name) or look_up(type_name, default)

    Event.resolve_by_type = staticmethod(resolve)


def read_intents_only() -> None:
    """RulePolicy reads the whole dialogue twice after each message: first for rules that go by a person's very words
    instead of the intent. While every rule names the intent, and no form is active, it can find none."""
    find = RulePolicy._find_action_from_rules

    def finds_by_words(self: RulePolicy) -> bool:
        if "_finds_by_words" not in vars(self):
            self._finds_by_words = any(_fits_without_intent(json.loads(rule)[-1]) for rule in self.lookup[RULES])
        return bool(self._finds_by_words)

    def found(
        self: RulePolicy, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not tracker.active_loop_name and not finds_by_words(self):
            return None, None, False
        return find(self, tracker, domain, use_text_for_last_user_input)

    RulePolicy._find_action_from_rules = found


def _fits_without_intent(state: dict[str, Any]) -> bool:
    """Whether this last state of a rule can fit right after a message whose intent is not looked at."""
    before = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME, ACTION_LISTEN_NAME)
    return before == ACTION_LISTEN_NAME and INTENT not in state.get(USER, {})


def make_default_actions_once() -> None:
    """Rasa makes its dozen own actions anew to look up one by its name, five times a message. They hold no state."""
    make = action.default_actions
    made: list[tuple[EndpointConfig | None, list[action.Action]]] = []

    def default_actions(action_endpoint: EndpointConfig | None = None) -> list[action.Action]:
        if not made or made[0][0] is not action_endpoint:
            made[:] = [(action_endpoint, make(action_endpoint))]
        return made[0][1]

    action.default_actions = default_actions


def copy_slots_directly() -> None:
    """A dialogue is copied five times a message, each time with all of its slots, by way of what `pickle` would do."""

    def copied(self: Slot) -> Slot:
        other: Slot = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    Slot.__copy__ = copied


def apply_events_directly() -> None:
    """Which events count is asked a dozen times a message, and Rasa asks of each event of what classes it is, which is
    slow for abstract ones. Without rewinds and forms all count that come after the last start."""
    apply = DialogueStateTracker.applied_events

    def applied(self: DialogueStateTracker) -> list[Event]:
        kinds = [event.type_name for event in self.events]
        if not _MAY_TAKE_BACK.isdisjoint(kinds):
            return apply(self)
        begin = max((place for place, kind in enumerate(kinds, 1) if kind in _STARTS), default=0)
        return list(self.events)[begin:]

    DialogueStateTracker.applied_events = applied


def replay_dialogues_once() -> None:
    """Each policy replays the dialogue from its first event, to see how things stood before each action. Here it is
    replayed for the first policy, and the second finds how things stood at hand."""
    replay = Domain.states_for_tracker_history

    def states(
        self: Domain,
        tracker: DialogueStateTracker,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        if omit_unset_slots:
            return replay(self, tracker, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        moments = _moments(self, tracker)
        if not ignore_rule_only_turns:
            return [moment.copied() for moment in moments]
        found: list[State] = []
        learned_action, is_hidden = None, False
        for moment in moments:
            if not is_hidden:
                learned_action = moment.action
            if not moment.goes_on:
                is_hidden = moment.is_hidden
            if is_hidden:
                continue
            state = moment.copied()
            self._remove_rule_only_features(state, rule_only_data)
            if found:
                self._substitute_rule_only_user_input(state, found[-1])
            if learned_action:
                state[PREVIOUS_ACTION] = dict(learned_action)
            found.append(self._clean_state(state))
        return found

    Domain.states_for_tracker_history = states


class _Moment(NamedTuple):
    """How things stood before an action, or stand now. `action`: the one before; `goes_on`: the next follows from it
    without a choice; `is_hidden`: the next is known to rules only."""

    state: State
    action: dict[str, str] | None
    goes_on: bool
    is_hidden: bool

    def copied(self) -> State:
        """Policies change what they are given."""
        return {kind: dict(part) for kind, part in self.state.items()}


def _moments(domain: Domain, tracker: DialogueStateTracker) -> list[_Moment]:
    last = tracker.events[-1] if tracker.events else None
    known = vars(tracker).get("_moments")
    if known is None or known[:2] != (len(tracker.events), id(last)):
        moments = [
            _Moment(
                domain.get_active_state(past),
                domain._get_prev_action_sub_state(past),
                bool(past.followup_action) or past.latest_action_name == past.active_loop_name,
                is_hidden,
            )
            for past, is_hidden in tracker.generate_all_prior_trackers()
        ]
        known = tracker._moments = (len(tracker.events), id(last), moments)
    found: list[_Moment] = known[2]
    return found


class DirectGraphRunner(GraphRunner):
    """Runs the nodes that the targets need, one after the other, in an order found once for each set of targets."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._schema = graph_schema
        self._nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        self._orders: dict[tuple[str, ...], list[tuple[str, GraphNode, list[str]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> DirectGraphRunner:
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of `targets`, of all target nodes when none are named. `inputs` are the values of placeholders.

        Raises `GraphRunError` for an input that has the name of a node or is missing.
        """
        wanted = tuple(targets or self._schema.target_names)
        known = dict(inputs or {})
        clash = self._nodes.keys() & known.keys()
        if clash:
            raise GraphRunError(f"Input '{min(clash)}' has the name of a node in the graph.")
        for name, node, needs in self._order(wanted):
            # A node takes and gives (name, value); a need that nobody provides is named by the node itself.
            known[name] = node(*[(need, known[need]) for need in needs if need in known])[1]
        return {name: known[name] for name in wanted}

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, GraphNode, list[str]]]:
        if targets not in self._orders:
            nodes = self._schema.minimal_graph_schema(list(targets)).nodes
            names: list[str] = []

            def add(name: str) -> None:
                if name in nodes and name not in names:
                    for need in nodes[name].needs.values():
                        add(need)
                    names.append(name)

            for target in targets:
                add(target)
            self._orders[targets] = [(name, self._nodes[name], list(nodes[name].needs.values())) for name in names]
        return self._orders[targets]
