"""Custom actions inside the assistant's process: no second server, no HTTP hop, a time limit and never silence."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

logger = logging.getLogger(__name__)

_SPEC = RemoteAction.action_response_format_spec()
_WHOLE = Draft7Validator(_SPEC)
_BY_EVENT = {
    schema["properties"]["event"]["const"]: Draft7Validator(schema)
    for schema in _SPEC["properties"]["events"]["items"]["oneOf"]
    if "const" in schema["properties"]["event"]
}


class InProcessActions(EndpointConfig):
    """What Rasa takes for an action server. Actions are ordinary functions and run in a thread, so a slow one keeps
    nobody else waiting; one that fails or takes too long is answered with a calm sentence."""

    def __init__(self, package: str, timeout_ms: int, apology: str) -> None:
        super().__init__(url="in-process", enable_selective_domain=True)
        self._timeout, self._apology = timeout_ms / 1000, apology
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    @property
    def names(self) -> set[str]:
        return set(self._executor.actions)

    async def request(self, method: str = "post", subpath: str | None = None, **arguments: Any) -> Any:
        call = arguments["json"]
        name = call["next_action"]
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._run, call), self._timeout)
        except ActionExecutionRejection as error:
            body = json.dumps({"action_name": error.action_name, "error": error.message})
            raise ClientResponseError(400, error.message, body) from error
        except ActionNotFoundException as error:
            raise ClientResponseError(
                404, str(error), json.dumps({"action_name": name, "error": str(error)})
            ) from error
        except asyncio.TimeoutError:
            logger.error("action %s took longer than %s s", name, self._timeout)
        except Exception as error:
            # Not the error's own text: it may repeat a person's words.
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("action %s failed: %s at %s:%s", name, type(error).__name__, place.filename, place.lineno)
        return {"events": [], "responses": [{"text": self._apology}]}

    def _run(self, call: dict[str, Any]) -> Any:
        # Our actions never await, so their coroutine ends at its first step and needs no event loop of its own.
        step = self._executor.run(call)
        try:
            step.send(None)
        except StopIteration as end:
            return end.value
        step.close()
        raise RuntimeError(f"action {call['next_action']} awaits; in this process actions must not")


def validate_quickly() -> None:
    """Rasa compiles its schema for every action result and tries every kind of event on each event, which takes longer
    than all else in a turn. Here each event is held against the one schema of its own kind, compiled once."""

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        events = result.get("events") or []
        kinds = [_BY_EVENT.get(event.get("event")) if isinstance(event, dict) else None for event in events]
        known = [(kind, event) for kind, event in zip(kinds, events) if kind is not None]
        checked = known if len(known) == len(events) else [(_WHOLE, result)]
        error = next((error for validator, part in checked for error in validator.iter_errors(part)), None)
        if error is not None:
            raise ValidationError(error.message)
        return True

    RemoteAction._validate_action_result = validate


def resolve_events_quickly() -> None:
    """Rasa looks through all subclasses of `Event` for every event it reads back; the same look-up, made once."""
    known: dict[str, type[Event]] = {}
    for kind in all_subclasses(Event):
        known.setdefault(kind.type_name, kind)
    look_up = Event.resolve_by_type

    def resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        return known.get(type_name) or look_up(type_name, default)

    Event.resolve_by_type = staticmethod(resolve)
