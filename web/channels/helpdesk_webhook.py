"""A help desk of your own: events of handovers go to it as signed webhooks, and its words come back as such."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from web.channels.contract import Delivery, Letter, Line, Question, taken
from web.channels.errors import Malformed
from web.channels.settings import address_setting, secret_setting
from web.channels.signatures import ID, new_webhook_secret, require_webhook_signature, signed_headers, webhook_secrets
from web.channels.switchboard import HelpDesk, References, Released, Word
from web.rest import is_id

REPLY, RELEASED = "handover.reply", "handover.released"


class WebhookDesk(HelpDesk):
    name = "handover-webhook"
    questions = (
        Question(
            secret_setting(
                "LANTERN_HANDOVER_SECRET",
                webhook_secrets,
                "what both sides sign with: whsec_ and 24 to 64 bytes in base64; two, with a comma, to change it",
            ),
            "Leave it empty, and one is made. Give it to the system at the other end.",
            new_webhook_secret,
        ),
        Question(
            address_setting("LANTERN_HANDOVER_URL", None, "address to which events of handovers are sent"),
            "The https address at which your system takes them (http on this machine).",
        ),
    )
    repeatable = True

    def __init__(self, keys: Sequence[bytes], address: str) -> None:
        self._keys, self._address = keys, address

    @classmethod
    def from_settings(cls, values: Mapping[str, Any], references: References) -> WebhookDesk:
        return cls(values["LANTERN_HANDOVER_SECRET"], values["LANTERN_HANDOVER_URL"])

    async def send(self, letter: Letter, line: Line) -> str | None:
        said = {**letter.address, **({"text": letter.page.text} if letter.page.text else {})}
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **signed_headers(self._keys, letter.key, letter.at, body)}
        taken(await line.post(self._address, body=body, headers=headers))
        return None

    async def verify(self, delivery: Delivery, line: Line) -> None:
        require_webhook_signature(self._keys, delivery.headers, delivery.body, delivery.at)

    def parse(self, delivery: Delivery) -> Sequence[Word | Released]:
        body = delivery.json()
        handover, text = body.get("handover"), body.get("text")
        if not is_id(handover):
            raise Malformed("'handover' is needed: the id that came with handover.requested")
        if body.get("type") == RELEASED:
            return [Released(handover)]
        if body.get("type") != REPLY:
            raise Malformed(f"'type' must be {REPLY} or {RELEASED}")
        if not isinstance(text, str) or not text.strip():
            raise Malformed("'text' is needed and must be text")
        return [Word(delivery.headers[ID], text, handover)]
