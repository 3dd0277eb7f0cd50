"""What WhatsApp and Messenger have in common: Meta's signatures, its check of an address, and its error codes.

Documents: Graph API, Webhooks, "Getting Started" (validating payloads, verification requests) and "Handling Errors".
"""

from __future__ import annotations

import datetime as dt

from starlette.responses import PlainTextResponse, Response

from web.channels.contract import Adapter, Answered, Delivery, Line, taken
from web.channels.errors import BadSignature, KeyRefused, NotNow, Rejected
from web.channels.signatures import equal, hmac_hex, require_one_of

API = "https://graph.facebook.com/v25.0"
SIGNATURE = "x-hub-signature-256"
LONGEST_CHALLENGE = 200

KEY_CODES = frozenset((0, 3, 10, 102, 190, *range(200, 300)))
"""The token has run out, was taken back, or may not do this."""
BUSY_CODES = frozenset((1, 2, 4, 17, 32, 341, 368, 613, 80007, 130429, 131000, 131016, 131048, 131056, 133016))
"""Too much at once, or a fault over there that passes."""
WINDOW_CODES = frozenset((131047, 2018278))
"""The person wrote too long ago."""


class MetaAdapter(Adapter):
    """What is proved and answered alike by both. `account`: the id of the number or page that is ours."""

    window = dt.timedelta(hours=24)
    methods = ("GET", "POST")

    def __init__(self, account: str, token: str, app_secret: str, verify_token: str, api: str) -> None:
        self._account, self._token, self._app_secret = account, token, app_secret
        self._verify_token, self._api = verify_token, api

    async def verify(self, delivery: Delivery, line: Line) -> None:
        """A delivery is signed with the app's secret; a request that tries the address knows the token that was typed
        in beside it."""
        if delivery.method == "GET":
            token = delivery.query.get("hub.verify_token", "")
            if delivery.query.get("hub.mode") != "subscribe" or not equal(token, self._verify_token):
                raise BadSignature("not the token of this address")
            return
        signed = "sha256=" + hmac_hex(self._app_secret, delivery.body)
        require_one_of([delivery.headers.get(SIGNATURE, "")], [signed])

    def greeting(self, delivery: Delivery) -> Response | None:
        if delivery.method != "GET":
            return None
        return PlainTextResponse(delivery.query.get("hub.challenge", "")[:LONGEST_CHALLENGE])


def accepted(answered: Answered) -> Answered:
    """The answer, if it says that the message was taken. Raises `NotSent` by Meta's codes, where there is one."""
    if answered.status < 400:
        return taken(answered)
    error = answered.json().get("error")
    error = error if isinstance(error, dict) else {}
    codes = {error.get("code"), error.get("error_subcode")}
    fault = f"status {answered.status}, code {error['code']}" if isinstance(error.get("code"), int) else ""
    if codes & WINDOW_CODES:
        raise Rejected(f"{fault}: the person wrote too long ago")
    if fault and codes & BUSY_CODES and answered.status < 500:
        raise NotNow(fault)
    if fault and codes & KEY_CODES:
        raise KeyRefused(fault)
    return taken(answered)
