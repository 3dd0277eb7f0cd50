"""SMS and WhatsApp by Twilio.

Documents: Twilio, "Webhook security" (signatures), "Twilio's request to your webhook", "Message resource", "Advanced
Opt-Out", error codes. A reply goes out from the number that was written to.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from web.channels.contract import (
    Adapter,
    Answered,
    Capacity,
    Delivery,
    Event,
    Letter,
    Line,
    Message,
    Question,
    Setting,
    Undelivered,
    taken,
)
from web.channels.errors import BadSignature, Rejected
from web.channels.reading import text
from web.channels.settings import address_setting, called_address, matching, secret_setting, secrets_in_use
from web.settings import whole

LONGEST = 1600
"""Characters that Twilio takes as one message, and cuts into segments of 160 (70 beyond its alphabet)."""
API = "https://api.twilio.com"
WHATSAPP = "whatsapp:"
FAILED = ("failed", "undelivered")
NOT_FOR_THIS_PERSON = (21610, 21211, 21612, 21614, 63016, 63032)
"""They asked for silence at Twilio, have no such number, cannot get this kind of message, or wrote too long ago."""


class Twilio(Adapter):
    name = "twilio"
    questions = (
        Question(
            Setting(
                "LANTERN_TWILIO_ACCOUNT_SID", None, matching(r"AC[0-9a-f]{32}", "AC and 32 signs"), "id of the account"
            ),
            "Twilio console, Account Dashboard: 'Account SID'.",
        ),
        Question(
            secret_setting(
                "LANTERN_TWILIO_AUTH_TOKEN",
                secrets_in_use,
                "what Twilio signs with, and messages are sent with; two, with a comma, while it changes",
            ),
            "Twilio console, Account Dashboard: 'Auth Token'. While you change it: the new one first.",
        ),
        Question(
            Setting(
                "LANTERN_TWILIO_CHARS", "1600", whole(320, LONGEST), "most characters of a message; cards may be longer"
            ),
            "Leave it empty. A segment of an SMS has 160; fewer characters make more, shorter messages.",
        ),
        Question(address_setting("LANTERN_TWILIO_API", API, "address of Twilio's API"), "Leave it empty."),
    )
    stop_words = True

    def __init__(self, account: str, tokens: Sequence[str], chars: int, api: str, site_address: str) -> None:
        self.capacity = Capacity(chars, LONGEST)
        self._account, self._tokens, self._api, self._site_address = account, tokens, api, site_address
        self._validators = [RequestValidator(token) for token in tokens]

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Twilio:
        site_address = called_address(values)
        if not site_address:
            raise ValueError("Twilio signs the address that it calls; set LANTERN_SITE_ADDRESS")
        names = ("ACCOUNT_SID", "AUTH_TOKEN", "CHARS", "API")
        given = [*(values[f"LANTERN_TWILIO_{name}"] for name in names), site_address]
        return cls(*given)

    async def verify(self, delivery: Delivery, line: Line) -> None:
        given = delivery.headers.get("x-twilio-signature", "")
        signed: Any = ImmutableMultiDict(_form(delivery))
        if "bodySHA256" in delivery.query:
            # A body that is no form: its hash stands in the address, which is signed alone.
            signed = delivery.body.decode("utf-8", "replace")
        matches = [validator.validate(delivery.address, signed, given) for validator in self._validators]
        if not any(matches):
            raise BadSignature("no signature that fits")

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        form = dict(_form(delivery))
        message_id, sender, to = (form.get(key, "") for key in ("MessageSid", "From", "To"))
        if form.get("MessageStatus") in FAILED:
            return [Undelivered(message_id, f"not delivered, code {form.get('ErrorCode') or 'none'}")]
        if not message_id or not sender or not to or "MessageStatus" in form:
            return []
        said = form.get("ButtonPayload") or form.get("Body", "")
        wordless = not said and (form.get("NumMedia", "0") not in ("", "0") or "Latitude" in form)
        return [Message(message_id, sender, None if wordless else said, {"to": sender, "from": to})]

    def thanks(self) -> Response:
        return Response("<Response/>", media_type="text/xml")

    def tells_stopped(self, address: Mapping[str, Any]) -> bool:
        # For SMS Twilio confirms it itself, and would not let our word through any more.
        return str(address["to"]).startswith(WHATSAPP)

    async def send(self, letter: Letter, line: Line) -> str | None:
        body = {
            "From": letter.address["from"],
            "To": letter.address["to"],
            "Body": letter.page.text,
            "StatusCallback": f"{self._site_address}/channels/{self.name}",
        }
        address = f"{self._api}/2010-04-01/Accounts/{self._account}/Messages.json"
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self._key()}
        answered = await line.post(address, body=urlencode(body).encode("utf-8", "replace"), headers=headers)
        return text(_accepted(answered).json().get("sid")) or None

    async def reach(self, line: Line, at: float) -> None:
        taken(await line.get(f"{self._api}/2010-04-01/Accounts/{self._account}.json", self._key()))

    def _key(self) -> dict[str, str]:
        return {"Authorization": "Basic " + b64encode(f"{self._account}:{self._tokens[0]}".encode()).decode("ascii")}


def _form(delivery: Delivery) -> list[tuple[str, str]]:
    body = delivery.body.decode("utf-8", "replace")
    return parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=300)


def _accepted(answered: Answered) -> Answered:
    code = answered.json().get("code")
    if answered.status >= 400 and code in NOT_FOR_THIS_PERSON:
        raise Rejected(f"status {answered.status}, code {code}")
    return taken(answered)
