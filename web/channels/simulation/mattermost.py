"""A Mattermost server's side of its channel."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer, form, within

LONGEST = 4000
TRIGGER = "@lantern"
_ESCAPED = re.compile(r"\\([\\`*_~|#\[\]<>])")


class MattermostServer(Provider):
    name = "mattermost"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        return {
            "LANTERN_MATTERMOST_URL": base or "https://mattermost.invalid",
            "LANTERN_MATTERMOST_TOKEN": secrets.token_hex(13),
            "LANTERN_MATTERMOST_WEBHOOK_TOKEN": secrets.token_hex(13),
        }

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.posted({"text": f"{TRIGGER} {text}", "post_id": message_id}, at, sender)

    def posted(self, fields: Mapping[str, Any], at: float, sender: str = SENDER) -> Call:
        whole = {
            "token": self.settings["LANTERN_MATTERMOST_WEBHOOK_TOKEN"].split(",")[0],
            "team_id": "team",
            "channel_id": f"channel-of-{sender}",
            "timestamp": int(at * 1000),
            "user_id": f"user-{sender}",
            "user_name": "somebody",
            "trigger_word": TRIGGER,
            "file_ids": "",
            **fields,
        }
        return Call(json.dumps(whole).encode(), {"Content-Type": "application/json"})

    def press(self, heard: Heard, title: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.pressed(json.loads(self.stands_for[title]), message_id, sender)

    def pressed(self, context: Mapping[str, Any], message_id: str, sender: str = SENDER) -> Call:
        whole = {
            "user_id": f"user-{sender}",
            "channel_id": f"channel-of-{sender}",
            "team_id": "team",
            "post_id": "post",
            "trigger_id": message_id,
            "type": "button",
            "context": context,
        }
        return Call(json.dumps(whole).encode(), {"Content-Type": "application/json"})

    def forged(self, at: float) -> dict[str, Call]:
        said = {"text": f"{TRIGGER} what is lupus", "post_id": "forged"}
        plain = form({"text": said["text"], "post_id": "forged", "channel_id": "c", "user_id": "u"})
        return {
            "no token": self.posted({**said, "token": None}, at),
            "an empty token": self.posted({**said, "token": ""}, at),
            "another token": self.posted({**said, "token": secrets.token_hex(13)}, at),
            "a token that is a list": self.posted(
                {**said, "token": [self.settings["LANTERN_MATTERMOST_WEBHOOK_TOKEN"]]}, at
            ),
            "no token in a form": Call(plain, {"Content-Type": "application/x-www-form-urlencoded"}),
            "a button that is not ours": self.pressed({"message": "what is lupus", "signature": "0f" * 32}, "t1"),
            "a button without a signature": self.pressed({"message": "what is lupus"}, "t2"),
            "what is no JSON": Call(b"token=", {"Content-Type": "application/json"}),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        return {"a file": self.posted({"text": TRIGGER, "post_id": "w1", "file_ids": "f1"}, at)}

    def unanswered(self, at: float) -> dict[str, Call]:
        return {"something without a post": self.posted({"text": TRIGGER, "post_id": ""}, at)}

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        if headers.get("authorization") != f"Bearer {self.settings['LANTERN_MATTERMOST_TOKEN']}":
            raise OverLimit("the post does not carry the bot's token")
        if not address.endswith("/api/v4/posts"):
            raise OverLimit("the post goes to another address")
        said = json.loads(body)
        text = _ESCAPED.sub(r"\1", within(said["message"], LONGEST, "the text"))
        titles = []
        for action in said.get("props", {}).get("attachments", [{}])[0].get("actions", []):
            if not re.fullmatch(r"[A-Za-z0-9]+", action["id"]):
                raise OverLimit("the id of a button may have letters and digits only")
            titles.append(within(action["name"], 100, "a button"))
            self.stands_for[titles[-1]] = json.dumps(action["integration"]["context"])
        return Reaction(Heard(said["channel_id"], text, tuple(titles)), answer({"id": self.next_id()}, 201))
