"""Facebook Messenger.

Documents: Messenger Platform, "Webhooks" (messages, messaging_postbacks), "Send API", "Quick Replies".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from web.channels import meta
from web.channels.contract import (
    Capacity,
    Delivery,
    Event,
    Letter,
    Line,
    Message,
    Question,
    Setting,
    json_call,
)
from web.channels.reading import listed, name, number, record, text
from web.channels.settings import address_setting, digits, own_token_setting, secret_setting
from web.channels.signatures import new_token

QUICK_REPLIES, TITLE, PAYLOAD = 13, 20, 1000
"""Limits of quick replies, as their document gives them."""


class Messenger(meta.MetaAdapter):
    name = "messenger"
    questions = (
        Question(
            Setting("LANTERN_MESSENGER_PAGE_ID", None, digits, "id of the Facebook page, digits"),
            "The page, About, Page transparency: 'Page ID'.",
        ),
        Question(
            secret_setting("LANTERN_MESSENGER_TOKEN", meaning="access token of the page"),
            "Meta app dashboard, Messenger, Settings, Access tokens: 'Generate token' beside the page.",
        ),
        Question(
            secret_setting(
                "LANTERN_MESSENGER_APP_SECRET", meaning="secret of the Meta app, which signs what it delivers"
            ),
            "Meta app dashboard, App settings, Basic: 'App secret'.",
        ),
        Question(
            own_token_setting("LANTERN_MESSENGER_VERIFY_TOKEN", "token by which Meta tries the address"),
            "Leave it empty, and one is made. Type it in beside the address, at Messenger, Settings, Webhooks.",
            new_token,
        ),
        Question(
            address_setting("LANTERN_MESSENGER_API", meta.API, "address of Meta's Graph API, with its version"),
            "Leave it empty.",
        ),
    )
    capacity = Capacity(2000, 2000, choices=QUICK_REPLIES, title=TITLE, message=PAYLOAD)

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Messenger:
        names = ("PAGE_ID", "TOKEN", "APP_SECRET", "VERIFY_TOKEN", "API")
        return cls(*(values[f"LANTERN_MESSENGER_{name}"] for name in names))

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        body = delivery.json()
        if body.get("object") != "page":
            return []
        rows = (row for entry in listed(body.get("entry")) for row in listed(entry.get("messaging")))
        mine = (row for row in rows if name(record(row.get("recipient")).get("id")) == self._account)
        return [event for row in mine for event in _events(row)]

    async def send(self, letter: Letter, line: Line) -> str | None:
        page = letter.page
        message: dict[str, Any] = {"text": page.text}
        if page.choices:
            message["quick_replies"] = [
                {"content_type": "text", "title": choice.title, "payload": choice.message} for choice in page.choices
            ]
        body = {"recipient": {"id": letter.address["to"]}, "messaging_type": "RESPONSE", "message": message}
        address = f"{self._api}/me/messages?{urlencode({'access_token': self._token})}"
        answered = meta.accepted(await json_call(line, address, body))
        return text(answered.json().get("message_id")) or None

    async def reach(self, line: Line, at: float) -> None:
        meta.accepted(await line.get(f"{self._api}/me?{urlencode({'access_token': self._token})}"))


def _events(row: Mapping[str, Any]) -> Sequence[Event]:
    sender = name(record(row.get("sender")).get("id"))
    message, postback, edit = (record(row.get(key)) for key in ("message", "postback", "message_edit"))
    stamp = number(row.get("timestamp"))
    sent_at = None if stamp is None else stamp / 1000
    if message and not message.get("is_echo") and not message.get("is_deleted"):
        pressed = text(record(message.get("quick_reply")).get("payload"))
        found = Message(text(message.get("mid")), sender, pressed or text(message.get("text")) or None, {"to": sender})
    elif postback:
        said = text(postback.get("payload")) or text(postback.get("title"))
        found = Message(text(postback.get("mid")), sender, said or None, {"to": sender})
    elif edit:
        version = f"{text(edit.get('mid'))}-{name(edit.get('num_edit'))}"
        found = Message(version, sender, text(edit.get("text")), {"to": sender}, edited=True)
    else:
        return []
    return [replace(found, sent_at=sent_at)] if found.id and sender else []
