"""WhatsApp's side of its channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web.channels.simulation.meta import MetaProvider, read
from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Reaction, answer, within

BODY, INTERACTIVE_BODY, TITLE, ROW, MORE, BUTTON, ROWS, BUTTONS = 4096, 1024, 20, 24, 72, 20, 10, 3
NUMBER_ID = "106540352242922"


class WhatsAppProvider(MetaProvider):
    name = "whatsapp"
    prefix = "LANTERN_WHATSAPP_"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        return cls.own_settings(base, NUMBER_ID=NUMBER_ID)

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self._messages(at, sender, {"type": "text", "text": {"body": text}}, message_id)

    def press(self, heard: Heard, title: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        pressed = {"type": "list_reply", "list_reply": {"id": self.stands_for[title], "title": title[:ROW]}}
        return self._messages(at, sender, {"type": "interactive", "interactive": pressed}, message_id)

    def _messages(self, at: float, sender: str, row: Mapping[str, Any], message_id: str = "wamid.1") -> Call:
        return self.value({"messages": [{"from": sender, "id": message_id, "timestamp": str(int(at)), **row}]}, sender)

    def value(self, value: Mapping[str, Any], sender: str = SENDER, number_id: str = "") -> Call:
        """A delivery of this, signed."""
        whole = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15035550100", "phone_number_id": number_id or self.set("NUMBER_ID")},
            "contacts": [{"profile": {"name": "Somebody"}, "wa_id": sender}],
            **value,
        }
        entry = {"id": "102290129340398", "changes": [{"value": whole, "field": "messages"}]}
        return self.signed({"object": "whatsapp_business_account", "entry": [entry]})

    def wordless(self, at: float) -> dict[str, Call]:
        media = {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}
        rows: dict[str, Mapping[str, Any]] = {
            "a picture": {"type": "image", "image": media},
            "a voice note": {"type": "audio", "audio": {**media, "voice": True}},
            "a sticker": {"type": "sticker", "sticker": media},
            "a place": {"type": "location", "location": {"latitude": 45.5, "longitude": -122.6}},
            "a contact": {"type": "contacts", "contacts": [{"name": {"formatted_name": "Somebody"}}]},
            "something new": {"type": "unsupported", "errors": [{"code": 131051}]},
        }
        return {what: self._messages(at, SENDER, row, f"wamid.{what[2:]}") for what, row in rows.items()}

    def unanswered(self, at: float) -> dict[str, Call]:
        reaction = {"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": "👍"}}
        edit = {
            "type": "edit",
            "edit": {"original_message_id": "wamid.0", "message": {"text": {"body": "is lupus bad"}}},
        }
        status = {"id": "wamid.0", "status": "read", "timestamp": str(int(at)), "recipient_id": SENDER}
        hello = {"type": "text", "text": {"body": "hello all"}}
        return {
            "a reaction": self._messages(at, SENDER, reaction, "wamid.r"),
            "an edit": self._messages(at, SENDER, edit, "wamid.e"),
            "a deletion": self._messages(at, SENDER, {"type": "revoke", "revoke": {}}, "wamid.d"),
            "a new number": self._messages(at, SENDER, {"type": "system", "system": {"body": "changed"}}, "wamid.s"),
            "a status": self.value({"statuses": [status]}),
            "a group": self._messages(at, SENDER, {**hello, "group_id": "g"}, "wamid.g"),
            "another number of the app": self.value(
                {"messages": [{"from": SENDER, "id": "wamid.n", "timestamp": "1", **hello}]}, number_id="999999"
            ),
            "another field": self.signed(
                {
                    "object": "whatsapp_business_account",
                    "entry": [{"changes": [{"field": "account_update", "value": {}}]}],
                }
            ),
            "an unknown event": self.signed({"object": "tomorrow"}),
        }

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        self.require_key(headers.get("authorization", "").removeprefix("Bearer "))
        if not address.endswith(f"/{self.set('NUMBER_ID')}/messages"):
            raise OverLimit("the message goes to another address")
        said = read(body)
        choices: Sequence[str] = ()
        if said["type"] == "text":
            text = within(said["text"]["body"], BODY, "the text")
        else:
            text, choices = self._interactive(said["interactive"])
        sent = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{self.next_id()}"}]}
        return Reaction(Heard(said["to"] if "to" in said else said["recipient"], text, tuple(choices)), answer(sent))

    def _interactive(self, said: Mapping[str, Any]) -> tuple[str, list[str]]:
        text, action = within(said["body"]["text"], INTERACTIVE_BODY, "the text above the choices"), said["action"]
        if said["type"] == "button":
            pairs = [
                (row["reply"]["id"], within(row["reply"]["title"], TITLE, "a button")) for row in action["buttons"]
            ]
            most = BUTTONS
        else:
            within(action["button"], BUTTON, "the button of the list")
            rows = [row for section in action["sections"] for row in section["rows"]]
            pairs = [(row["id"], row.get("description") or row["title"]) for row in rows]
            for row in rows:
                within(row["title"], ROW, "a row")
                within(row.get("description", "-"), MORE, "the description of a row")
            most = ROWS
        if not 1 <= len(pairs) <= most or len({name for name, _ in pairs}) < len(pairs):
            raise OverLimit(f"{len(pairs)} choices, or two of one id; {most} is the most")
        for name, title in pairs:
            self.stands_for[title] = within(name, 200, "the id of a choice")
        return text, [title for _, title in pairs]
