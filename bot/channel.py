"""The assistant's one door: signed messages from the gateway, on a private address."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as reply_json

from bot.signature import is_signed

NAME = "lantern"


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


class LanternChannel(InputChannel):
    """`POST /webhooks/lantern/message` and `GET /webhooks/lantern/ready`; there is no other route."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

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
            replies = Replies()
            # A slash in front would be a command to Rasa; the gateway strips it, and so does this door.
            await on_new_message(
                UserMessage(
                    text.lstrip(" \t\r\n/"),
                    replies,
                    sender,
                    input_channel=NAME,
                    message_id=metadata.get("message_id"),
                    metadata=metadata,
                )
            )
            return reply_json({"messages": replies.messages})

        return routes
