"""Twilio's side of its channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs

from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer, form, within

LONGEST = 1600
NUMBER = "+15035550100"
SIGNATURE = "X-Twilio-Signature"


class TwilioProvider(Provider):
    name = "twilio"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        settings = {
            "LANTERN_TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
            "LANTERN_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "LANTERN_TWILIO_API": base,
        }
        return {name: value for name, value in settings.items() if value}

    @property
    def token(self) -> str:
        return self.settings["LANTERN_TWILIO_AUTH_TOKEN"].split(",")[0]

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.event({"MessageSid": message_id, "From": f"+{sender}", "To": NUMBER, "Body": text, "NumMedia": "0"})

    def event(self, fields: Mapping[str, str], token: str = "", algorithm: str = "sha1", address: str = "") -> Call:
        """A delivery of these fields, signed."""
        whole = {"AccountSid": self.settings["LANTERN_TWILIO_ACCOUNT_SID"], "ApiVersion": "2010-04-01", **fields}
        called = address or f"{self.site_address}/channels/{self.name}"
        signed = called + "".join(name + whole[name] for name in sorted(whole))
        digest = hmac.new((token or self.token).encode(), signed.encode(), algorithm).digest()
        signature = base64.b64encode(digest).decode()
        return Call(form(whole), {"Content-Type": "application/x-www-form-urlencoded", SIGNATURE: signature})

    def forged(self, at: float) -> dict[str, Call]:
        fields = {"MessageSid": "forged", "From": f"+{SENDER}", "To": NUMBER, "Body": "what is lupus", "NumMedia": "0"}
        good = self.event(fields)
        bare = base64.b64encode(hashlib.sha1(good.body).digest()).decode()
        return {
            "no signature": good.with_headers(**{SIGNATURE: None}),
            "an empty signature": good.with_headers(**{SIGNATURE: ""}),
            "another token": self.event(fields, token=secrets.token_hex(16)),
            "another body": good.with_body(good.body.replace(b"lupus", b"lungs")),
            "a field more": good.with_body(good.body + b"&Extra=1"),
            "another algorithm": self.event(fields, algorithm="sha256"),
            "the signature of another address": self.event(fields, address=f"{self.site_address}/channels/other"),
            "a hash without a token": good.with_headers(**{SIGNATURE: bare}),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        whom = {"From": f"whatsapp:+{SENDER}", "To": f"whatsapp:{NUMBER}", "Body": ""}
        media = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media"}
        return {
            "a picture": self.event({"MessageSid": "MM1", **whom, **media, "MediaContentType0": "image/jpeg"}),
            "a voice note": self.event({"MessageSid": "MM2", **whom, **media, "MediaContentType0": "audio/ogg"}),
            "a place": self.event(
                {"MessageSid": "MM3", **whom, "NumMedia": "0", "Latitude": "45.5", "Longitude": "-122"}
            ),
        }

    def unanswered(self, at: float) -> dict[str, Call]:
        sent = {"MessageSid": "SM0", "From": NUMBER, "To": f"+{SENDER}"}
        return {
            "a status": self.event({**sent, "MessageStatus": "delivered", "SmsStatus": "delivered"}),
            "a failure": self.event({**sent, "MessageStatus": "undelivered", "ErrorCode": "30003"}),
            "an unknown event": self.event({"Something": "new"}),
        }

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        account = self.settings["LANTERN_TWILIO_ACCOUNT_SID"]
        key = base64.b64encode(f"{account}:{self.token}".encode()).decode()
        if headers.get("authorization") != f"Basic {key}":
            raise OverLimit("the message does not carry the token of the account")
        if not address.endswith(f"/2010-04-01/Accounts/{account}/Messages.json"):
            raise OverLimit("the message goes to another address")
        said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if said.get("From") not in (NUMBER, f"whatsapp:{NUMBER}"):
            raise OverLimit("the message does not come from the number that was written to")
        text = within(said.get("Body", ""), LONGEST, "the text")
        return Reaction(Heard(said["To"], text), answer({"sid": f"SM{self.next_id()}", "status": "queued"}, 201))
