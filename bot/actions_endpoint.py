"""Custom actions inside the assistant's process: no second server, no HTTP hop, a time limit and never silence."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

logger = logging.getLogger(__name__)

LISTEN = FollowupAction(ACTION_LISTEN_NAME)


class InProcessActions(EndpointConfig):
    """What Rasa takes for an action server. Actions are ordinary functions and run in a thread, so a slow one keeps
    nobody else waiting; one that fails or takes too long is answered with a calm sentence.

    Each action is a whole reply, and says so: listening follows. Rasa would ask all policies again to find that out.
    """

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
            result = await asyncio.wait_for(asyncio.to_thread(self._run, call), self._timeout)
            return {**result, "events": [*result["events"], LISTEN]}
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
        return {"events": [LISTEN], "responses": [{"text": self._apology}]}

    def _run(self, call: dict[str, Any]) -> Any:
        # Our actions never await, so their coroutine ends at its first step and needs no event loop of its own.
        step = self._executor.run(call)
        try:
            step.send(None)
        except StopIteration as end:
            return end.value
        step.close()
        raise RuntimeError(f"action {call['next_action']} awaits; in this process actions must not")
