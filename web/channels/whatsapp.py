"""WhatsApp by Meta's Cloud API.

Documents: WhatsApp Cloud API, "Webhooks: messages", "Messages" (text, interactive reply buttons, interactive lists),
"Business-scoped user IDs": who goes by a username is known by such an id, and may show no telephone number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from web.channels import meta
from web.channels.contract import (
    Capacity,
    Delivery,
    Event,
    Letter,
    Line,
    Message,
    Page,
    Question,
    Setting,
    Undelivered,
    json_call,
)
from web.channels.reading import listed, number, record, text
from web.channels.settings import address_setting, digits, own_token_setting, secret_setting
from web.channels.signatures import new_token

BUTTONS, BUTTON_TITLE = 3, 20
ROWS, ROW_TITLE, ROW_MORE, ROW_ID = 10, 24, 72, 200
"""Limits of reply buttons and of list messages, as their documents give them."""

SILENT = ("reaction", "system", "revoke", "request_welcome", "ephemeral")
"""Kinds of messages to which nobody awaits an answer."""


class WhatsApp(meta.MetaAdapter):
    name = "whatsapp"
    questions = (
        Question(
            Setting("LANTERN_WHATSAPP_NUMBER_ID", None, digits, "id of the WhatsApp number, digits"),
            "Meta app dashboard, WhatsApp, API Setup: 'Phone number ID' (not the number itself).",
        ),
        Question(
            secret_setting("LANTERN_WHATSAPP_TOKEN", meaning="access token that messages are sent with"),
            "Business settings, System users: a token that does not run out, with whatsapp_business_messaging.",
        ),
        Question(
            secret_setting(
                "LANTERN_WHATSAPP_APP_SECRET", meaning="secret of the Meta app, which signs what it delivers"
            ),
            "Meta app dashboard, App settings, Basic: 'App secret'.",
        ),
        Question(
            own_token_setting("LANTERN_WHATSAPP_VERIFY_TOKEN", "token by which Meta tries the address"),
            "Leave it empty, and one is made. Type it in beside the address, at WhatsApp, Configuration, Webhook.",
            new_token,
        ),
        Question(
            address_setting("LANTERN_WHATSAPP_API", meta.API, "address of Meta's Graph API, with its version"),
            "Leave it empty.",
        ),
    )
    capacity = Capacity(4096, 4096, choices=ROWS, title=ROW_MORE, message=ROW_ID, chars_with_choices=1024)
    stop_words = True

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> WhatsApp:
        names = ("NUMBER_ID", "TOKEN", "APP_SECRET", "VERIFY_TOKEN", "API")
        return cls(*(values[f"LANTERN_WHATSAPP_{name}"] for name in names))

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        changes = (
            record(change.get("value"))
            for entry in listed(delivery.json().get("entry"))
            for change in listed(entry.get("changes"))
            if change.get("field") == "messages"
        )
        # One app may have several numbers; only one of them is ours.
        mine = (value for value in changes if record(value.get("metadata")).get("phone_number_id") == self._account)
        return [event for value in mine for event in self._events(value)]

    def _events(self, value: Mapping[str, Any]) -> Iterator[Event]:
        for row in listed(value.get("messages")):
            message_id, phone, user = (text(row.get(key)) for key in ("id", "from", "from_user_id"))
            if message_id and (phone or user) and not row.get("group_id") and row.get("type") not in SILENT:
                sent_at = number(row.get("timestamp"))
                edited = row.get("type") == "edit"
                # The number may be there today and not tomorrow; the id stays.
                sender, address = user or phone, {"to": phone} if phone else {"recipient": user}
                yield Message(message_id, sender, _words(row), address, sent_at=sent_at, edited=edited)
        for row in listed(value.get("statuses")):
            if row.get("status") == "failed" and text(row.get("id")):
                codes = [str(error.get("code")) for error in listed(row.get("errors"))]
                yield Undelivered(text(row.get("id")), f"not delivered, code {', '.join(codes) or 'none'}")

    async def send(self, letter: Letter, line: Line) -> str | None:
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **letter.address,
            **_content(letter.page),
        }
        headers = {"Authorization": f"Bearer {self._token}"}
        address = f"{self._api}/{self._account}/messages"
        answered = meta.accepted(await json_call(line, address, body, headers))
        return next((text(row.get("id")) for row in listed(answered.json().get("messages"))), None)

    async def reach(self, line: Line, at: float) -> None:
        address = f"{self._api}/{self._account}?fields=verified_name"
        meta.accepted(await line.get(address, {"Authorization": f"Bearer {self._token}"}))


def _words(row: Mapping[str, Any]) -> str | None:
    kind = row.get("type")
    if kind == "text":
        return text(record(row.get("text")).get("body"))
    if kind == "edit":
        return text(record(record(record(row.get("edit")).get("message")).get("text")).get("body"))
    if kind == "interactive":
        pressed = record(row.get("interactive"))
        chosen = record(pressed.get("button_reply") or pressed.get("list_reply"))
        return text(chosen.get("id")) or None
    if kind == "button":
        return text(record(row.get("button")).get("text")) or None
    # A picture, a video or a file may have words beneath it.
    return text(record(row.get(str(kind))).get("caption")) or None


def _content(page: Page) -> dict[str, Any]:
    choices = page.choices
    if not choices:
        return {"type": "text", "text": {"body": page.text, "preview_url": False}}
    if len(choices) <= BUTTONS and all(len(choice.title) <= BUTTON_TITLE for choice in choices):
        buttons = [{"type": "reply", "reply": {"id": choice.message, "title": choice.title}} for choice in choices]
        return _interactive("button", page.text, {"buttons": buttons})
    rows = [{"id": choice.message, **_row(choice.title)} for choice in choices]
    return _interactive("list", page.text, {"button": page.label, "sections": [{"rows": rows}]})


def _interactive(kind: str, said: str, action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": said}, "action": action}}


def _row(title: str) -> dict[str, str]:
    """A title that is too long for a row is shown whole beneath its beginning."""
    if len(title) <= ROW_TITLE:
        return {"title": title}
    beginning = title[: ROW_TITLE - 1].rsplit(" ", 1)[0]
    return {"title": f"{beginning}…", "description": title}
