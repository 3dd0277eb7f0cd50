"""The assistant's one door: signed messages from the gateway, on a private address."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw
from sanic.response import json as reply_json

from bot.signature import is_signed

logger = logging.getLogger(__name__)

NAME = "lantern"
MOST_REPLIES = 2_000
"""Messages whose replies are remembered, for a gateway that asks again after a dropped connection."""


class Replies(OutputChannel):
    """Collects whole messages: text, buttons and the answer as JSON, unsplit and unchanged."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return NAME

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        kept = {key: message[key] for key in ("text", "buttons", "custom") if message.get(key)}
        if kept:
            self.messages.append(kept)


class Answered:
    """Replies by sender and message: the same message, delivered again, is answered again and not handled again."""

    def __init__(self, most: int = MOST_REPLIES) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, str], asyncio.Task[bytes]] = OrderedDict()

    async def once(self, sender: str, message_id: str, handle: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        """What `handle` gave when it first ran for this message, or gives now. It is run to its end even when whoever
        asked is gone; a message on which it failed is handled anew when it is delivered again."""
        key = (sender, message_id)
        task = self._known.get(key)
        if task is None:
            task = self._known[key] = asyncio.create_task(handle())
            task.add_done_callback(lambda done: self._forget_failed(key, done))
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return await asyncio.shield(task)

    def _forget_failed(self, key: tuple[str, str], done: asyncio.Task[bytes]) -> None:
        if (done.cancelled() or done.exception()) and self._known.get(key) is done:
            del self._known[key]


class LanternChannel(InputChannel):
    """`POST /webhooks/lantern/message` and `GET /webhooks/lantern/ready`; there is no other route."""

    def __init__(self, secret: bytes) -> None:
        self._secret, self._answered = secret, Answered()

    @classmethod
    def name(cls) -> str:
        return NAME

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("lantern_channel")

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            return reply_json({"ready": getattr(request.app.ctx, "agent", None) is not None})

        @routes.post("/message")
        async def message(request: Request) -> HTTPResponse:
            timestamp = request.headers.get("X-Lantern-Timestamp", "")
            signature = request.headers.get("X-Lantern-Signature", "")
            if not is_signed(self._secret, timestamp, request.body, signature, time.time()):
                return reply_json({"error": "unsigned"}, status=401)
            try:
                body = json.loads(request.body)
                sender, text, metadata = body["sender"], body["text"], body["metadata"]
            except (ValueError, KeyError, TypeError):
                return reply_json({"error": "shape"}, status=400)
            if not all((isinstance(sender, str), isinstance(text, str), isinstance(metadata, dict))):
                return reply_json({"error": "shape"}, status=400)
            # A slash in front would be a command to Rasa; the gateway strips it, and so does this door.
            spoken = UserMessage(
                text.lstrip(" \t\r\n/"),
                Replies(),
                sender,
                input_channel=NAME,
                message_id=metadata.get("message_id"),
                metadata=metadata,
            )

            async def handle() -> bytes:
                await on_new_message(spoken)
                return json.dumps({"messages": spoken.output_channel.messages}).encode()

            try:
                answer = await self._answered.once(sender, spoken.message_id, handle)
            except Exception as fault:
                # Not the fault's own text: it may repeat a person's words.
                place = traceback.extract_tb(fault.__traceback__)[-1]
                logger.error("a message failed: %s at %s:%s", type(fault).__name__, place.filename, place.lineno)
                return reply_json({"error": "failed"}, status=500)
            return raw(answer, content_type="application/json")

        return routes
