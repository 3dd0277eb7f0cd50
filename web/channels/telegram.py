"""Telegram: private chats, and groups where the bot is mentioned or replied to.

Documents: Telegram Bot API, "setWebhook" (secret_token), "Update", "Message", "sendMessage", "ReplyKeyboardMarkup".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

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
    json_call,
    taken,
)
from web.channels.errors import BadSignature, KeyRefused, NotNow, Rejected
from web.channels.reading import name, number, record, text
from web.channels.settings import address_setting, matching, secret_setting
from web.channels.signatures import equal, new_token, provider_secret

LONGEST, KEYS, KEY_TITLE = 4096, 12, 60
"""Characters of a message by its document; keys of a keyboard, and characters of one, that a telephone shows well."""
API = "https://api.telegram.org"
WORDLESS = frozenset(
    "animation audio contact dice document game location paid_media photo poll sticker story venue video video_note "
    "voice".split()
)
"""What a message may hold instead of text; everything else tells of the chat itself."""


def bot_token(value: str) -> str:
    """Parses a bot's token. Raises `ValueError`."""
    if not re.fullmatch(r"\d{6,12}:[A-Za-z0-9_-]{30,50}", value.strip()):
        raise ValueError("give it as BotFather gave it: digits, a colon, and 35 signs")
    return value.strip()


def secret_token(value: str) -> str:
    """Parses a secret that Telegram sends along. Raises `ValueError`."""
    secret = provider_secret(value)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise ValueError("Telegram takes at most 256 letters, digits, _ and -")
    return secret


class Telegram(Adapter):
    name = "telegram"
    questions = (
        Question(
            secret_setting("LANTERN_TELEGRAM_TOKEN", bot_token, "token of the bot"),
            "Telegram, @BotFather, /mybots, your bot: 'API Token'.",
        ),
        Question(
            Setting(
                "LANTERN_TELEGRAM_NAME",
                None,
                matching(r"@?\w{4,32}", "its name"),
                "name of the bot, as people mention it",
            ),
            "The name that ends in 'bot', without @.",
        ),
        Question(
            secret_setting(
                "LANTERN_TELEGRAM_SECRET",
                secret_token,
                "what Telegram sends along with every delivery, letters and digits",
            ),
            "Leave it empty, and one is made. Give it to setWebhook as secret_token (docs/for-integrators.md).",
            new_token,
        ),
        Question(address_setting("LANTERN_TELEGRAM_API", API, "address of Telegram's API"), "Leave it empty."),
    )
    capacity = Capacity(LONGEST, LONGEST, choices=KEYS, title=KEY_TITLE)

    def __init__(self, token: str, bot: str, secret: str, api: str) -> None:
        self._token, self._bot, self._secret, self._api = token, bot.removeprefix("@").lower(), secret, api
        self._mention = re.compile(rf"@{re.escape(self._bot)}\b", re.IGNORECASE)

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Telegram:
        return cls(*(values[f"LANTERN_TELEGRAM_{name}"] for name in ("TOKEN", "NAME", "SECRET", "API")))

    async def verify(self, delivery: Delivery, line: Line) -> None:
        if not equal(delivery.headers.get("x-telegram-bot-api-secret-token", ""), self._secret):
            raise BadSignature("not the secret token")

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        update = delivery.json()
        edited = "edited_message" in update
        row = record(update.get("edited_message" if edited else "message"))
        chat, sender = record(row.get("chat")), record(row.get("from"))
        chat_id, sender_id, message_id = name(chat.get("id")), name(sender.get("id")), name(row.get("message_id"))
        if not chat_id or not sender_id or not message_id or sender.get("is_bot") is True:
            return []
        said = text(row.get("text")) or text(row.get("caption"))
        if not said and not WORDLESS & set(row):
            return []
        private = chat.get("type") == "private"
        if not private and not self._is_meant(row, said):
            return []
        version = f"{chat_id}-{message_id}" + (f"-{name(row.get('edit_date'))}" if edited else "")
        address: dict[str, Any] = {"chat": chat_id} if private else {"chat": chat_id, "reply_to": message_id}
        return [
            Message(
                version,
                f"{chat_id}:{sender_id}",
                self._words(said) if said else None,
                address,
                locale=sender.get("language_code"),
                sent_at=number(row.get("date")),
                edited=edited,
            )
        ]

    def _is_meant(self, row: Mapping[str, Any], said: str) -> bool:
        answers = record(record(row.get("reply_to_message")).get("from"))
        return text(answers.get("username")).lower() == self._bot or self._mention.search(said) is not None

    def _words(self, said: str) -> str:
        words = self._mention.sub("", said).strip()
        # Whoever opens a chat with a bot sends this by a button.
        return "" if words == "/start" or words.startswith("/start ") else words

    async def send(self, letter: Letter, line: Line) -> str | None:
        page, address = letter.page, letter.address
        body: dict[str, Any] = {
            "chat_id": address["chat"],
            "text": page.text,
            "link_preview_options": {"is_disabled": True},
        }
        if "reply_to" in address:
            body["reply_parameters"] = {
                "message_id": int(address["reply_to"]),
                "allow_sending_without_reply": True,
            }
        if page.choices:
            keys = [[{"text": choice.title}] for choice in page.choices]
            body["reply_markup"] = {
                "keyboard": keys,
                "one_time_keyboard": True,
                "resize_keyboard": True,
                "selective": True,
            }
        answered = _accepted(await json_call(line, f"{self._api}/bot{self._token}/sendMessage", body))
        return name(record(answered.json().get("result")).get("message_id")) or None

    async def reach(self, line: Line, at: float) -> None:
        _accepted(await line.get(f"{self._api}/bot{self._token}/getMe"))


def _accepted(answered: Answered) -> Answered:
    if answered.status == 403:
        raise Rejected("status 403: the person has blocked the bot, or it has left the chat")
    if answered.status in (401, 404) and answered.json().get("ok") is False:
        # 404 is what Telegram says to a token that it does not know.
        raise KeyRefused(f"status {answered.status}")
    wait = number(record(answered.json().get("parameters")).get("retry_after"))
    if answered.status == 429 and wait is not None:
        raise NotNow("status 429", wait)
    return taken(answered)
