"""Your own system at the other end of the generic channel."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence

from web.channels.errors import BadSignature
from web.channels.signatures import (
    PREFIX,
    require_webhook_signature,
    signed_headers,
    webhook_secrets,
    webhook_signature,
)
from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer


class WebhookSystem(Provider):
    name = "webhook"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        return {
            "LANTERN_WEBHOOK_SECRET": PREFIX + base64.b64encode(secrets.token_bytes(32)).decode(),
            "LANTERN_WEBHOOK_URL": (base or "https://system.invalid") + "/replies",
        }

    @property
    def secrets(self) -> Sequence[bytes]:
        return webhook_secrets(self.settings["LANTERN_WEBHOOK_SECRET"])

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self._signed({"sender": sender, "text": text}, message_id, at)

    def _signed(self, body: object, message_id: str, at: float) -> Call:
        encoded = json.dumps(body).encode()
        headers = signed_headers(self.secrets[:1], message_id, at, encoded)
        return Call(encoded, {"Content-Type": "application/json", **headers})

    def forged(self, at: float) -> dict[str, Call]:
        good = self.message("what is lupus", "forged", at)
        other = webhook_signature(secrets.token_bytes(32), "forged", int(at), good.body)
        return {
            "no signature": good.with_headers(webhook_signature=None),
            "no time": good.with_headers(webhook_timestamp=None),
            "no id": good.with_headers(webhook_id=None),
            "another secret": good.with_headers(webhook_signature=other),
            "another body": good.with_body(good.body.replace(b"lupus", b"lungs")),
            "another id": good.with_headers(webhook_id="forged-2"),
            "another time": good.with_headers(webhook_timestamp=str(int(at) + 1)),
            "another algorithm": good.with_headers(
                webhook_signature=good.headers["webhook-signature"].replace("v1", "v1a")
            ),
            "six minutes old": self.message("what is lupus", "forged", at - 360),
            "from the future": self.message("what is lupus", "forged", at + 360),
            "half a signature": good.with_headers(webhook_signature=good.headers["webhook-signature"][:20]),
            "a time in words": good.with_headers(webhook_timestamp="now"),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        return {}

    def unanswered(self, at: float) -> dict[str, Call]:
        return {}

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        at = float(headers.get("webhook-timestamp", "0"))
        try:
            key = require_webhook_signature(self.secrets, headers, body, at)
        except BadSignature as fault:
            raise OverLimit(f"the reply is not signed: {fault}") from fault
        said = json.loads(body)
        choices = tuple(choice["title"] for choice in said["choices"])
        return Reaction(Heard(said["sender"], said["text"], choices, key), answer())
