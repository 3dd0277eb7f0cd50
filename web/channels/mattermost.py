"""Mattermost: messages that begin with the word of an outgoing webhook, answered by a bot account.

Documents: Mattermost, "Outgoing webhooks", "Interactive messages" (message buttons), "Create a post" (API v4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from web.channels.contract import (
    Adapter,
    Capacity,
    Delivery,
    Event,
    Letter,
    Line,
    Message,
    Page,
    Question,
    Setting,
    json_call,
    taken,
)
from web.channels.errors import BadSignature, Malformed
from web.channels.reading import number, record, text
from web.channels.settings import address, called_address, secret_setting, secrets_in_use
from web.channels.signatures import hmac_hex, require_one_of

LONGEST = 4000
"""Characters that every version takes; newer ones take 16,383."""
BUTTONS, BUTTON_TITLE = 10, 60
"""Buttons, and characters of one, that fit beneath a post; Mattermost names no limit."""

_MARKUP = re.compile(r"([\\`*_~|#\[\]<>])")


class Mattermost(Adapter):
    name = "mattermost"
    questions = (
        Question(
            Setting("LANTERN_MATTERMOST_URL", None, address, "address of your Mattermost server"),
            "As in the browser, without a path.",
        ),
        Question(
            secret_setting("LANTERN_MATTERMOST_TOKEN", meaning="access token of the bot account that answers"),
            "Mattermost, Integrations, Bot Accounts: the token is shown once, when it is made.",
        ),
        Question(
            secret_setting(
                "LANTERN_MATTERMOST_WEBHOOK_TOKEN",
                secrets_in_use,
                "token of the outgoing webhook; of two webhooks both, with a comma",
            ),
            "Mattermost, Integrations, Outgoing Webhooks: 'Token'. Content type application/json, a trigger word.",
        ),
    )

    def __init__(self, server: str, token: str, webhook_tokens: Sequence[str], site_address: str) -> None:
        self._server, self._token, self._webhook_tokens = server, token, webhook_tokens
        self._site_address = site_address
        # A button calls us back, so that there can be none without an address of ours.
        buttons = (BUTTONS, BUTTON_TITLE) if site_address else (0, 0)
        self.capacity = Capacity(LONGEST, LONGEST, *buttons)

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Mattermost:
        names = ("URL", "TOKEN", "WEBHOOK_TOKEN")
        given = [*(values[f"LANTERN_MATTERMOST_{name}"] for name in names), called_address(values)]
        return cls(*given)

    async def verify(self, delivery: Delivery, line: Line) -> None:
        try:
            body = _body(delivery)
        except Malformed as fault:
            raise BadSignature("no token") from fault
        pressed = record(body.get("context"))
        if pressed:
            given = text(pressed.get("signature"))
            require_one_of([given], [self._signed(text(body.get("channel_id")), text(pressed.get("message")))])
        else:
            require_one_of([text(body.get("token"))], self._webhook_tokens)

    def _signed(self, channel: str, message: str) -> str:
        """What proves that a button is one of ours, in this channel: Mattermost signs nothing, and keeps what a button
        carries from those who press it."""
        return hmac_hex(self._token, f"{channel}\0{message}".encode("utf-8", "replace"))

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        body = _body(delivery)
        channel, user, post = (text(body.get(key)) for key in ("channel_id", "user_id", "post_id"))
        pressed = record(body.get("context"))
        if not channel or not user or not post:
            return []
        sender = f"{text(body.get('team_id'))}:{channel}:{user}"
        if pressed:
            name = f"{post}-{user}-{text(body.get('trigger_id'))}"
            return [Message(name, sender, text(pressed.get("message")), {"channel": channel})]
        stamp, trigger = number(body.get("timestamp")), text(body.get("trigger_word"))
        words = text(body.get("text")).strip().removeprefix(trigger).strip()
        wordless = not words and bool(body.get("file_ids"))
        sent_at = None if stamp is None else stamp / 1000 if stamp > 1e11 else stamp
        return [Message(post, sender, None if wordless else words, {"channel": channel}, sent_at=sent_at)]

    async def send(self, letter: Letter, line: Line) -> str | None:
        page, channel = letter.page, letter.address["channel"]
        body: dict[str, Any] = {"channel_id": channel, "message": _MARKUP.sub(r"\\\1", page.text)}
        if page.choices:
            body["props"] = {"attachments": [{"actions": self._actions(page, channel)}]}
        headers = {"Authorization": f"Bearer {self._token}"}
        answered = taken(await json_call(line, f"{self._server}/api/v4/posts", body, headers))
        return text(answered.json().get("id")) or None

    def _actions(self, page: Page, channel: str) -> list[dict[str, Any]]:
        return [
            {
                "id": f"choice{place}",
                "type": "button",
                "name": choice.title,
                "integration": {
                    "url": f"{self._site_address}/channels/{self.name}",
                    "context": {"message": choice.message, "signature": self._signed(channel, choice.message)},
                },
            }
            for place, choice in enumerate(page.choices, 1)
        ]

    async def reach(self, line: Line, at: float) -> None:
        taken(await line.get(f"{self._server}/api/v4/users/me", {"Authorization": f"Bearer {self._token}"}))


def _body(delivery: Delivery) -> Mapping[str, Any]:
    if delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        said = delivery.body.decode("utf-8", "replace")
        return dict(parse_qsl(said, keep_blank_values=True, errors="replace", max_num_fields=100))
    return delivery.json()
