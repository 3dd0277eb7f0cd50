"""The smallest whole adapter, to copy: a system that signs with HMAC-SHA256 and takes plain text.

Copy it, put your provider's shapes in, add a line to `ADAPTERS` in `settings.py` and a simulated provider beside the
others in `simulation/`. Then `./lantern channel check` and the contract tests say what is still missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web.channels.contract import Adapter, Capacity, Delivery, Event, Letter, Line, Message, Question, json_call, taken
from web.channels.reading import text
from web.channels.settings import address_setting, secret_setting
from web.channels.signatures import hmac_hex, require_one_of, require_recent


class Template(Adapter):
    name = "template"
    questions = (
        Question(secret_setting("LANTERN_TEMPLATE_SECRET", meaning="what the system signs with"), "Its settings page."),
        Question(address_setting("LANTERN_TEMPLATE_URL", None, "where replies are sent"), "Its settings page."),
    )
    capacity = Capacity(chars=1000, card_chars=4000)

    def __init__(self, secret: str, address: str) -> None:
        self._secret, self._address = secret, address

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Template:
        return cls(values["LANTERN_TEMPLATE_SECRET"], values["LANTERN_TEMPLATE_URL"])

    async def verify(self, delivery: Delivery, line: Line) -> None:
        timestamp = delivery.headers.get("x-timestamp", "")
        require_recent(timestamp, delivery.at)
        expected = hmac_hex(self._secret, timestamp.encode() + b"." + delivery.body)
        require_one_of([delivery.headers.get("x-signature", "")], [expected])

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        body = delivery.json()
        message_id, sender = text(body.get("id")), text(body.get("from"))
        return [Message(message_id, sender, text(body.get("text")), {"to": sender})] if message_id and sender else []

    async def send(self, letter: Letter, line: Line) -> str | None:
        said = {"to": letter.address["to"], "text": letter.page.text, "key": letter.key}
        return text(taken(await json_call(line, self._address, said)).json().get("id")) or None
