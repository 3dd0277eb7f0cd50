"""Messenger's side of its channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from web.channels.simulation.meta import MetaProvider, read
from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Reaction, answer, within

TEXT, TITLE, PAYLOAD, QUICK_REPLIES = 2000, 20, 1000, 13
PAGE = "104083615832127"


class MessengerProvider(MetaProvider):
    name = "messenger"
    prefix = "LANTERN_MESSENGER_"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        return cls.own_settings(base, PAGE_ID=PAGE)

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.event({"message": {"mid": message_id, "text": text}}, at, sender)

    def press(self, heard: Heard, title: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        pressed = {"mid": message_id, "text": title, "quick_reply": {"payload": self.stands_for[title]}}
        return self.event({"message": pressed}, at, sender)

    def event(self, event: Mapping[str, Any], at: float, sender: str = SENDER, page: str = "") -> Call:
        """A delivery of this, signed."""
        page = page or self.set("PAGE_ID")
        row = {"sender": {"id": sender}, "recipient": {"id": page}, "timestamp": int(at * 1000), **event}
        return self.signed({"object": "page", "entry": [{"id": page, "time": int(at * 1000), "messaging": [row]}]})

    def wordless(self, at: float) -> dict[str, Call]:
        kinds = ("image", "audio", "video", "file", "location", "fallback")
        return {
            f"a {kind}": self.event(
                {
                    "message": {
                        "mid": f"m-{kind}",
                        "attachments": [{"type": kind, "payload": {"url": "https://a.invalid"}}],
                    }
                },
                at,
            )
            for kind in kinds
        }

    def unanswered(self, at: float) -> dict[str, Call]:
        hello = {"mid": "m-x", "text": "hello"}
        return {
            "a delivery": self.event({"delivery": {"mids": ["m-0"], "watermark": 1}}, at),
            "a read": self.event({"read": {"watermark": 1}}, at),
            "a reaction": self.event({"reaction": {"mid": "m-0", "action": "react", "emoji": "👍"}}, at),
            "our own message": self.event({"message": {**hello, "is_echo": True, "app_id": 1}}, at),
            "a deletion": self.event({"message": {"mid": "m-0", "is_deleted": True}}, at),
            "an edit": self.event({"message_edit": {"mid": "m-0", "text": "is lupus bad", "num_edit": 1}}, at),
            "another page": self.event({"message": hello}, at, page="999999"),
            "an unknown event": self.signed({"object": "tomorrow"}),
        }

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        parts = urlsplit(address)
        self.require_key(parse_qs(parts.query).get("access_token", [""])[0])
        if not parts.path.endswith("/me/messages"):
            raise OverLimit("the message goes to another address")
        said = read(body)
        message = said["message"]
        replies = message.get("quick_replies", [])
        if len(replies) > QUICK_REPLIES:
            raise OverLimit(f"{len(replies)} quick replies, {QUICK_REPLIES} is the most")
        for row in replies:
            title = within(row["title"], TITLE, "a quick reply")
            self.stands_for[title] = within(row["payload"], PAYLOAD, "a payload")
        to, text = said["recipient"]["id"], within(message["text"], TEXT, "the text")
        titles = tuple(row["title"] for row in replies)
        return Reaction(Heard(to, text, titles), answer({"recipient_id": to, "message_id": self.next_id()}))
