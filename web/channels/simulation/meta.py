"""Meta's side of WhatsApp and Messenger: it signs with the app's secret and tries an address with the verify token."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from web.channels.simulation.provider import Call, OverLimit, Provider

SIGNATURE = "X-Hub-Signature-256"


class MetaProvider(Provider):
    prefix: str
    """Of the settings' names."""

    @classmethod
    def own_settings(cls, base: str, **others: str) -> dict[str, str]:
        settings = {
            "TOKEN": "EAAG" + secrets.token_hex(40),
            "APP_SECRET": secrets.token_hex(16),
            "VERIFY_TOKEN": secrets.token_hex(24),
            "API": base,
            **others,
        }
        return {f"{cls.prefix}{name}": value for name, value in settings.items() if value}

    def set(self, name: str) -> str:
        return self.settings[f"{self.prefix}{name}"]

    def signed(self, body: Any, algorithm: str = "sha256", secret: str = "") -> Call:
        encoded = json.dumps(body).encode()
        digest = hmac.new((secret or self.set("APP_SECRET")).encode(), encoded, algorithm).hexdigest()
        return Call(encoded, {"Content-Type": "application/json", SIGNATURE: f"{algorithm}={digest}"})

    def trial(self, token: str = "", challenge: str = "1158201444") -> Call:
        """Meta tries the address, as it does when the webhook is set up."""
        asked = {"hub.mode": "subscribe", "hub.verify_token": token or self.set("VERIFY_TOKEN")}
        return Call(b"", {}, "GET", urlencode({**asked, "hub.challenge": challenge}))

    def forged(self, at: float) -> dict[str, Call]:
        good = self.message("what is lupus", "forged", at)
        body = json.loads(good.body)
        bare = hashlib.sha256(good.body).hexdigest()
        return {
            "no signature": good.with_headers(**{SIGNATURE: None}),
            "an empty signature": good.with_headers(**{SIGNATURE: ""}),
            "another secret": self.signed(body, secret=secrets.token_hex(16)),
            "another body": good.with_body(good.body.replace(b"lupus", b"lungs")),
            "the same words, written otherwise": good.with_body(json.dumps(body, indent=1).encode()),
            "another algorithm": self.signed(body, "sha1"),
            "another algorithm by name": good.with_headers(
                **{SIGNATURE: good.headers[SIGNATURE].replace("sha256=", "md5=")}
            ),
            "an algorithm that does not exist": good.with_headers(**{SIGNATURE: "nosuch=1"}),
            "a hash without a secret": good.with_headers(**{SIGNATURE: f"sha256={bare}"}),
            "an address tried with another token": self.trial(token=secrets.token_urlsafe(24)),
            "an address tried without a token": Call(b"", {}, "GET", "hub.mode=subscribe&hub.challenge=1"),
        }

    def require_key(self, given: str) -> None:
        if given != self.set("TOKEN"):
            raise OverLimit("the message does not carry the access token")


def read(body: bytes) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(body)
    return found
