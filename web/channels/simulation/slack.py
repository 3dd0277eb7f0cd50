"""Slack's side of its channel."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Mapping
from typing import Any

from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer, form, within

TEXT, SECTION, ELEMENTS, TITLE, VALUE = 4000, 3000, 25, 75, 2000
TIME, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
BOT = "U0LANTERN"


class SlackProvider(Provider):
    name = "slack"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        settings = {
            "LANTERN_SLACK_SIGNING_SECRET": secrets.token_hex(16),
            "LANTERN_SLACK_TOKEN": f"xoxb-{secrets.token_hex(20)}",
            "LANTERN_SLACK_API": base,
        }
        return {name: value for name, value in settings.items() if value}

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.event(self._direct(text, message_id, at, sender), at)

    def _direct(self, text: str, message_id: str, at: float, sender: str = SENDER) -> dict[str, Any]:
        """A direct message. Slack names a message by its time; here the part of a second stands for the id."""
        part = int.from_bytes(hashlib.sha256(message_id.encode()).digest()[:3], "big") % 1_000_000
        user = f"U{sender}"
        said = html.escape(text, quote=False)
        row = {"type": "message", "channel_type": "im", "channel": f"D{sender}", "user": user, "text": said}
        # A second delivery has the time of the first one.
        stamp = self.stands_for.setdefault(f"time of {message_id}", f"{int(at)}.{part:06}")
        return {**row, "ts": stamp}

    def event(self, event: Mapping[str, Any], at: float) -> Call:
        """A delivery of this event, signed."""
        whole = {"type": "event_callback", "team_id": "T0", "api_app_id": "A0", "event": event, "event_id": "Ev0"}
        return self.signed(json.dumps(whole).encode(), at)

    def signed(
        self, body: bytes, at: float, kind: str = "application/json", secret: str = "", version: str = "v0"
    ) -> Call:
        key = (secret or self.settings["LANTERN_SLACK_SIGNING_SECRET"]).encode()
        digest = hmac.new(key, f"{version}:{int(at)}:".encode() + body, hashlib.sha256).hexdigest()
        return Call(body, {"Content-Type": kind, TIME: str(int(at)), SIGNATURE: f"{version}={digest}"})

    def press(self, heard: Heard, title: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        payload = {
            "type": "block_actions",
            "team": {"id": "T0"},
            "user": {"id": f"U{sender}"},
            "channel": {"id": heard.to},
            "message": {"ts": "1.0"},
            "actions": [{"action_id": "choice-1", "value": self.stands_for[title], "action_ts": f"{at:.6f}"}],
        }
        return self.signed(form({"payload": json.dumps(payload)}), at, "application/x-www-form-urlencoded")

    def forged(self, at: float) -> dict[str, Call]:
        good = self.message("what is lupus", "forged", at)
        return {
            "no signature": good.with_headers(**{SIGNATURE: None}),
            "no time": good.with_headers(**{TIME: None}),
            "an empty signature": good.with_headers(**{SIGNATURE: ""}),
            "another secret": self.signed(good.body, at, secret=secrets.token_hex(16)),
            "another body": good.with_body(good.body.replace(b"lupus", b"lungs")),
            "another time": good.with_headers(**{TIME: str(int(at) - 1)}),
            "another version": self.signed(good.body, at, version="v1"),
            "six minutes old": self.signed(good.body, at - 360),
            "from the future": self.signed(good.body, at + 360),
            "a time in words": good.with_headers(**{TIME: "now"}),
            "signs beyond ASCII": good.with_headers(**{SIGNATURE: "v0=\u00e9"}),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        file = {"subtype": "file_share", "files": [{"id": "F0", "mimetype": "image/png"}]}
        return {"a picture": self.event({**self._direct("", "w1", at), **file}, at)}

    def unanswered(self, at: float) -> dict[str, Call]:
        said = self._direct("hello all", "u1", at)
        public = {**said, "channel": "C0", "channel_type": "channel"}
        changed = {**said, "subtype": "message_changed", "message": {**said, "edited": {"ts": "2.0"}}}
        return {
            "a message to a channel": self.event(public, at),
            "our own message": self.event({**said, "bot_id": "B0"}, at),
            "an edit": self.event(changed, at),
            "a deletion": self.event({**said, "subtype": "message_deleted", "previous_message": said}, at),
            "a reaction": self.event({"type": "reaction_added", "user": "U0", "reaction": "+1"}, at),
            "an opened tab": self.event({"type": "app_home_opened", "user": "U0", "tab": "messages"}, at),
            "a slash command": self.signed(
                form({"command": "/x", "text": "y"}), at, "application/x-www-form-urlencoded"
            ),
            "an unknown event": self.signed(b'{"type": "tomorrow"}', at),
        }

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        if headers.get("authorization") != f"Bearer {self.settings['LANTERN_SLACK_TOKEN']}":
            raise OverLimit("the message does not carry the bot's token")
        if not address.endswith("/chat.postMessage"):
            raise OverLimit("the message goes to another address")
        said = json.loads(body)
        text = html.unescape(within(said["text"], TEXT, "the text"))
        titles = []
        for block in said.get("blocks", []):
            if block["type"] == "section":
                text = within(block["text"]["text"], SECTION, "a section")
            elif len(block["elements"]) > ELEMENTS:
                raise OverLimit(f"{len(block['elements'])} buttons, {ELEMENTS} is the most")
            for button in block.get("elements", []):
                titles.append(within(button["text"]["text"], TITLE, "a button"))
                self.stands_for[titles[-1]] = within(button["value"], VALUE, "the value of a button")
        return Reaction(
            Heard(said["channel"], text, tuple(titles)),
            answer({"ok": True, "ts": self.next_id(), "channel": said["channel"]}),
        )
