"""A help desk in Chatwoot, or what speaks as it does: a handover is a conversation of an inbox of the kind "API".

Documents: Chatwoot, "API channel", client APIs (contacts, conversations, messages), "Webhooks" (message_created,
conversation_status_changed), and their signature over time and body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from knowledge.phrases import Phrases
from web.channels.contract import Delivery, Letter, Line, Question, Setting, json_call, taken
from web.channels.errors import NotNow, Rejected
from web.channels.reading import name, record, text
from web.channels.settings import address, matching, secret_setting
from web.channels.signatures import hmac_hex, require_one_of, require_recent
from web.channels.switchboard import HelpDesk, References, Released, Word
from web.messages import LOCALES


class ChatwootDesk(HelpDesk):
    name = "handover-chatwoot"
    questions = (
        Question(Setting("LANTERN_CHATWOOT_URL", None, address, "address of your Chatwoot"), "As in the browser."),
        Question(
            Setting(
                "LANTERN_CHATWOOT_INBOX", None, matching(r"[\w-]{8,80}", "its identifier"), "identifier of the inbox"
            ),
            "Settings, Inboxes, add one of the kind API, Configuration: 'Inbox identifier'.",
        ),
        Question(
            secret_setting("LANTERN_CHATWOOT_SECRET", meaning="secret that Chatwoot signs with"),
            "The same page: the webhook's secret. Enter our address there as the webhook URL.",
        ),
    )
    strict = False

    def __init__(self, server: str, inbox: str, secret: str, references: References, phrases: Phrases) -> None:
        self._inbox = f"{server}/public/api/v1/inboxes/{quote(inbox)}"
        self._secret, self._references, self._phrases = secret, references, phrases

    @classmethod
    def from_settings(cls, values: Mapping[str, Any], references: References) -> ChatwootDesk:
        server, inbox, secret = (values[f"LANTERN_CHATWOOT_{name}"] for name in ("URL", "INBOX", "SECRET"))
        return cls(server, inbox, secret, references, values["phrases"])

    async def send(self, letter: Letter, line: Line) -> str | None:
        event = letter.address
        handover = str(event["handover"])
        reference = event.get("reference") or await asyncio.to_thread(self._references.reference, handover)
        if reference is None and event["type"] == "handover.ended":
            return None  # nobody over there has heard of it
        if reference is None:
            if event["type"] != "handover.requested":
                raise Rejected("the conversation is not known over there")
            reference = await self._begun(handover, str(event["channel"]), line)
        where, words = f"{self._inbox}/contacts/{reference.replace('/', '/conversations/')}", self._words(letter)
        if words:
            said = {"content": words, "echo_id": letter.key}
            await self._called(line, f"{where}/messages", said)
        return None

    async def _begun(self, handover: str, channel: str, line: Line) -> str:
        """A contact without a name and its conversation, kept under `source/conversation`."""
        contact = await self._called(line, f"{self._inbox}/contacts", {"identifier": handover, "name": channel})
        source = text(contact.get("source_id"))
        if not source:
            raise NotNow("no contact was made")
        begun = await self._called(line, f"{self._inbox}/contacts/{quote(source)}/conversations", {})
        conversation = name(begun.get("id"))
        if not conversation:
            raise NotNow("no conversation was made")
        reference = f"{quote(source)}/{conversation}"
        await asyncio.wrap_future(self._references.refer(handover, reference))
        return reference

    def _words(self, letter: Letter) -> str:
        event = letter.address
        if event["type"] == "handover.requested":
            rows = (f"> {row['person'] or ''}\n\n" + "\n\n".join(row["assistant"]) for row in event["transcript"])
            return "\n\n".join(rows) or "…"
        if event["type"] == "handover.ended":
            return self._phrases.say(LOCALES[0], f"staff_ended_{event['by']}")
        return letter.page.text

    async def _called(self, line: Line, where: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return taken(await json_call(line, where, body)).json()

    async def verify(self, delivery: Delivery, line: Line) -> None:
        timestamp = delivery.headers.get("x-chatwoot-timestamp", "")
        require_recent(timestamp, delivery.at)
        expected = "sha256=" + hmac_hex(self._secret, timestamp.encode() + b"." + delivery.body)
        require_one_of([delivery.headers.get("x-chatwoot-signature", "")], [expected])

    def parse(self, delivery: Delivery) -> Sequence[Word | Released]:
        body = delivery.json()
        event = body.get("event")
        if event == "message_created":
            return self._written(body)
        if event in ("conversation_status_changed", "conversation_resolved") and body.get("status") == "resolved":
            reference = _reference(body)
            return [Released(reference=reference)] if reference else []
        return []

    def _written(self, body: Mapping[str, Any]) -> Sequence[Word | Released]:
        words, reference = text(body.get("content")).strip(), _reference(record(body.get("conversation")))
        ours = body.get("message_type") != "outgoing" or body.get("private") is True
        if ours or not words or not reference or not name(body.get("id")):
            return []
        return [Word(f"chatwoot-{name(body.get('id'))}", words, reference=reference)]


def _reference(conversation: Mapping[str, Any]) -> str:
    source = text(record(conversation.get("contact_inbox")).get("source_id"))
    number = name(conversation.get("id"))
    return f"{quote(source)}/{number}" if source and number else ""
