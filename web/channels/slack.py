"""Slack: direct messages, and channels where the app is mentioned.

Documents: Slack, "Verifying requests", "Events API" (message.im, app_mention), "Interactivity" (block_actions),
"chat.postMessage", "Formatting text".
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import Clock, SignatureVerifier
from starlette.responses import JSONResponse, Response

from web.channels.contract import (
    Adapter,
    Answered,
    Capacity,
    Delivery,
    Event,
    Letter,
    Line,
    Message,
    Page,
    Question,
    json_call,
    taken,
)
from web.channels.errors import BadSignature, KeyRefused, Malformed, NotNow, Rejected
from web.channels.reading import listed, number, record, text
from web.channels.settings import address_setting, secret_setting
from web.channels.signatures import require_recent

SECTION, BUTTONS, BUTTON_TITLE, BUTTON_VALUE = 3000, 25, 75, 2000
"""Limits of a section's text, and of the buttons of an actions block."""
API = "https://slack.com/api"
KEY_ERRORS = frozenset(
    (
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
    )
)
BUSY_ERRORS = frozenset(("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"))

_LINK = re.compile(r"<(?:[^<>|]*\|)?([^<>|]*)>")
_MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^<>]*)?>")


class At(Clock):
    """The moment of a delivery."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at


class Slack(Adapter):
    name = "slack"
    questions = (
        Question(
            secret_setting("LANTERN_SLACK_SIGNING_SECRET", meaning="secret that Slack signs with"),
            "api.slack.com/apps, your app, Basic Information, App Credentials: 'Signing Secret'.",
        ),
        Question(
            secret_setting("LANTERN_SLACK_TOKEN", meaning="bot token that messages are sent with, xoxb-..."),
            "The same app, OAuth & Permissions: 'Bot User OAuth Token'; chat:write, im:history, app_mentions:read.",
        ),
        Question(address_setting("LANTERN_SLACK_API", API, "address of Slack's API"), "Leave it empty."),
    )
    capacity = Capacity(SECTION, SECTION, choices=BUTTONS, title=BUTTON_TITLE, message=BUTTON_VALUE)

    def __init__(self, signing_secret: str, token: str, api: str) -> None:
        self._signing_secret, self._token, self._api = signing_secret, token, api

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Slack:
        return cls(*(values[f"LANTERN_SLACK_{name}"] for name in ("SIGNING_SECRET", "TOKEN", "API")))

    async def verify(self, delivery: Delivery, line: Line) -> None:
        timestamp = delivery.headers.get("x-slack-request-timestamp", "")
        signature = delivery.headers.get("x-slack-signature", "")
        require_recent(timestamp, delivery.at)
        if not signature.isascii() or not _is_utf8(delivery.body):
            raise BadSignature("not as Slack writes")
        verifier = SignatureVerifier(self._signing_secret, At(delivery.at))
        if not verifier.is_valid(delivery.body, timestamp, signature):
            raise BadSignature("no signature that fits")

    def greeting(self, delivery: Delivery) -> Response | None:
        if _is_form(delivery):
            return None
        body = delivery.json()
        if body.get("type") != "url_verification":
            return None
        return JSONResponse({"challenge": text(body.get("challenge"))})

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        if _is_form(delivery):
            return _pressed(_payload(delivery))
        body = delivery.json()
        if body.get("type") != "event_callback":
            return []
        return _said(text(body.get("team_id")), record(body.get("event")))

    async def send(self, letter: Letter, line: Line) -> str | None:
        page, address = letter.page, letter.address
        body: dict[str, Any] = {
            "channel": address["channel"],
            "text": html.escape(page.text, quote=False),
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if address.get("thread"):
            body["thread_ts"] = address["thread"]
        if page.choices:
            body["blocks"] = _blocks(page)
        headers = {"Authorization": f"Bearer {self._token}"}
        answered = _accepted(await json_call(line, f"{self._api}/chat.postMessage", body, headers))
        return text(answered.json().get("ts")) or None

    async def reach(self, line: Line, at: float) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        _accepted(await json_call(line, f"{self._api}/auth.test", {}, headers))


def _said(team: str, event: Mapping[str, Any]) -> Sequence[Event]:
    kind, subtype, channel = event.get("type"), event.get("subtype"), text(event.get("channel"))
    direct = event.get("channel_type") == "im" or (kind == "app_mention" and channel.startswith("D"))
    row, edited = event, False
    if kind == "message" and subtype == "message_changed":
        row, edited = record(event.get("message")), True
    wanted = kind == "app_mention" or (
        kind == "message" and direct and subtype in (None, "file_share", "message_changed")
    )
    user, stamp = text(row.get("user")), text(row.get("ts"))
    if not wanted or not user or not stamp or row.get("bot_id") or row.get("app_id"):
        return []
    words = html.unescape(_LINK.sub(r"\1", _MENTION.sub("", text(row.get("text"))))).strip()
    has_files = bool(listed(row.get("files")))
    version = f"{channel}-{stamp}" + (f"-{text(record(row.get('edited')).get('ts'))}" if edited else "")
    thread = None if direct else text(row.get("thread_ts")) or stamp
    return [
        Message(
            version,
            f"{team}:{channel}:{user}",
            None if has_files and not words else words,
            {"channel": channel, "thread": thread},
            sent_at=number(stamp),
            edited=edited,
        )
    ]


def _pressed(payload: Mapping[str, Any]) -> Sequence[Event]:
    actions = listed(payload.get("actions"))
    user, channel = (text(record(payload.get(key)).get("id")) for key in ("user", "channel"))
    if payload.get("type") != "block_actions" or not actions or not user or not channel:
        return []
    team, message = text(record(payload.get("team")).get("id")), record(payload.get("message"))
    thread = None if channel.startswith("D") else text(message.get("thread_ts")) or text(message.get("ts"))
    name = f"{channel}-{text(message.get('ts'))}-{text(actions[0].get('action_ts'))}"
    address = {"channel": channel, "thread": thread}
    return [Message(name, f"{team}:{channel}:{user}", text(actions[0].get("value")) or None, address)]


def _blocks(page: Page) -> list[dict[str, Any]]:
    buttons = [
        {
            "type": "button",
            "action_id": f"choice-{place}",
            "text": {"type": "plain_text", "text": choice.title, "emoji": False},
            "value": choice.message,
        }
        for place, choice in enumerate(page.choices, 1)
    ]
    said = {"type": "section", "text": {"type": "plain_text", "text": page.text, "emoji": False}}
    return [said, {"type": "actions", "elements": buttons}]


def _accepted(answered: Answered) -> Answered:
    """Slack says what is wrong in a reply of status 200."""
    body = taken(answered).json()
    fault = text(body.get("error"))[:60]
    if body.get("ok") is True:
        return answered
    if fault in KEY_ERRORS:
        raise KeyRefused(fault)
    if fault in BUSY_ERRORS or not fault:
        raise NotNow(fault or "no answer that can be read")
    raise Rejected(fault)


def _is_form(delivery: Delivery) -> bool:
    return delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _payload(delivery: Delivery) -> Mapping[str, Any]:
    [given, *_] = parse_qs(delivery.body.decode("utf-8", "replace"), max_num_fields=100).get("payload", [""])
    if not given:
        return {}
    try:
        return record(json.loads(given))
    except (ValueError, RecursionError):
        raise Malformed("'payload' is not JSON") from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
