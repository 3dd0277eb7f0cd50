"""Telegram's side of its channel."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer, within

LONGEST = 4096
SECRET = "X-Telegram-Bot-Api-Secret-Token"
BOT = "lantern_sample_bot"


class TelegramProvider(Provider):
    name = "telegram"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        settings = {
            "LANTERN_TELEGRAM_TOKEN": f"{secrets.randbelow(10**9) + 10**9}:{secrets.token_hex(17)}",
            "LANTERN_TELEGRAM_NAME": BOT,
            "LANTERN_TELEGRAM_SECRET": secrets.token_hex(24),
            "LANTERN_TELEGRAM_API": base,
        }
        return {name: value for name, value in settings.items() if value}

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.update({"message": {**self._of(sender, message_id, at), "text": text}})

    def _of(self, sender: str, message_id: str, at: float) -> dict[str, Any]:
        person = {"id": int(sender), "is_bot": False, "first_name": "Somebody", "language_code": "en"}
        number = crc32(message_id.encode())
        return {"message_id": number, "from": person, "chat": {"id": int(sender), "type": "private"}, "date": int(at)}

    def update(self, update: Mapping[str, Any], secret: str | None = None) -> Call:
        body = json.dumps({"update_id": 1, **update}).encode()
        known = self.settings["LANTERN_TELEGRAM_SECRET"] if secret is None else secret
        return Call(body, {"Content-Type": "application/json", SECRET: known})

    def forged(self, at: float) -> dict[str, Call]:
        good = self.message("what is lupus", "forged", at)
        secret = self.settings["LANTERN_TELEGRAM_SECRET"]
        return {
            "no secret": good.with_headers(**{SECRET: None}),
            "an empty secret": good.with_headers(**{SECRET: ""}),
            "another secret": good.with_headers(**{SECRET: secrets.token_hex(24)}),
            "half the secret": good.with_headers(**{SECRET: secret[:24]}),
            "the secret and more": good.with_headers(**{SECRET: f"{secret}0"}),
            "the secret as a key": good.with_headers(**{SECRET: None}, authorization=f"Bearer {secret}"),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        rows: dict[str, Mapping[str, Any]] = {
            "a picture": {"photo": [{"file_id": "1", "width": 1, "height": 1}]},
            "a voice note": {"voice": {"file_id": "1", "duration": 3}},
            "a sticker": {"sticker": {"file_id": "1", "emoji": "👍"}},
            "a place": {"location": {"latitude": 45.5, "longitude": -122.6}},
            "a contact": {"contact": {"phone_number": "+15035550101", "first_name": "Somebody"}},
        }
        return {what: self.update({"message": {**self._of(SENDER, what, at), **row}}) for what, row in rows.items()}

    def unanswered(self, at: float) -> dict[str, Call]:
        said = {**self._of(SENDER, "u", at), "text": "hello all"}
        group = {"id": -100123, "type": "supergroup", "title": "A group"}
        joined = {**self._of(SENDER, "j", at), "chat": group, "new_chat_members": [{"id": 5, "is_bot": False}]}
        return {
            "a message to a group": self.update({"message": {**said, "chat": group}}),
            "another person's mention": self.update({"message": {**said, "chat": group, "text": "@somebody hello"}}),
            "an edit": self.update({"edited_message": {**said, "edit_date": int(at)}}),
            "a reaction": self.update({"message_reaction": {"chat": group, "message_id": 1}}),
            "a channel's post": self.update({"channel_post": {**said, "chat": {"id": -1, "type": "channel"}}}),
            "somebody who joined": self.update({"message": joined}),
            "a bot": self.update({"message": {**said, "from": {"id": 9, "is_bot": True}}}),
            "a chat that was blocked": self.update({"my_chat_member": {"chat": {"id": 1, "type": "private"}}}),
            "an unknown event": self.update({"tomorrow": {}}),
        }

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        if not address.endswith(f"/bot{self.settings['LANTERN_TELEGRAM_TOKEN']}/sendMessage"):
            raise OverLimit("the message does not carry the bot's token, or goes to another address")
        said = json.loads(body)
        text = within(said["text"], LONGEST, "the text")
        keys = tuple(key["text"] for row in said.get("reply_markup", {}).get("keyboard", []) for key in row)
        for key in keys:
            within(key, 128, "a key")
        number = int(self.next_id().removeprefix("sent-"))
        return Reaction(Heard(str(said["chat_id"]), text, keys), answer({"ok": True, "result": {"message_id": number}}))
