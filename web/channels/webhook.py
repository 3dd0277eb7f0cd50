"""The generic channel: your own system signs what people wrote and gets signed replies, by Standard Webhooks.

In: `{"sender", "text", "region"?, "locale"?}`, named by the header `webhook-id`. Out: one request for each message, see
`docs/for-integrators.md`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from web.channels.contract import Adapter, Capacity, Delivery, Event, Letter, Line, Message, Question, taken
from web.channels.errors import Malformed
from web.channels.settings import address_setting, secret_setting
from web.channels.signatures import ID, new_webhook_secret, require_webhook_signature, signed_headers, webhook_secrets
from web.rest import LONGEST_ID, is_id

CHARS = 20_000
"""Nothing we say is as long: a system of your own gets each reply whole."""


class Webhook(Adapter):
    name = "webhook"
    questions = (
        Question(
            secret_setting(
                "LANTERN_WEBHOOK_SECRET",
                webhook_secrets,
                "what both sides sign with: whsec_ and 24 to 64 bytes in base64; two, with a comma, to change it",
            ),
            "Leave it empty, and one is made. Give it to the system at the other end.",
            new_webhook_secret,
        ),
        Question(
            address_setting("LANTERN_WEBHOOK_URL", None, "address to which replies are sent"),
            "The https address at which your system takes replies (http on this machine).",
        ),
    )
    capacity = Capacity(CHARS, CHARS, choices=100, title=1000)
    repeatable = True

    def __init__(self, secrets: Sequence[bytes], address: str) -> None:
        self._secrets, self._address = secrets, address

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Webhook:
        return cls(values["LANTERN_WEBHOOK_SECRET"], values["LANTERN_WEBHOOK_URL"])

    async def verify(self, delivery: Delivery, line: Line) -> None:
        require_webhook_signature(self._secrets, delivery.headers, delivery.body, delivery.at)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        body, name = delivery.json(), delivery.headers[ID]
        sender, text = body.get("sender"), body.get("text")
        if not is_id(sender):
            raise Malformed(f"'sender' is needed: text of 1 to {LONGEST_ID} characters naming the person")
        if not isinstance(text, str):
            raise Malformed("'text' is needed and must be text")
        address = {"sender": sender, "in_reply_to": name}
        return [Message(name, sender, text, address, body.get("region"), body.get("locale"))]

    async def send(self, letter: Letter, line: Line) -> str | None:
        page = letter.page
        said = {
            "type": "reply",
            **letter.address,
            "number": page.number,
            "of": page.pages,
            "urgent": page.urgent,
            "text": page.text,
            "choices": [{"title": choice.title, "text": choice.message} for choice in page.choices],
            "answer": page.answer,
        }
        await self._post(said, letter.key, letter.at, line)
        return None

    async def reach(self, line: Line, at: float) -> None:
        await self._post({"type": "ping"}, f"ping-{at:.0f}", at, line)

    async def _post(self, said: Mapping[str, Any], name: str, at: float, line: Line) -> None:
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **signed_headers(self._secrets, name, at, body)}
        taken(await line.post(self._address, body=body, headers=headers))
