"""What providers deliver, in the shapes of their documents (`shapes/*.json` names them), and what is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from web.channels.contract import Delivery, Message, Undelivered
from web.channels.mattermost import Mattermost
from web.channels.messenger import Messenger
from web.channels.slack import Slack
from web.channels.teams import Teams
from web.channels.telegram import Telegram
from web.channels.twilio import Twilio
from web.channels.whatsapp import WhatsApp

SHAPES = Path(__file__).parent / "shapes"
URL = "https://lantern.example.org"
ADAPTERS = {
    "whatsapp": WhatsApp("106540352242922", "token", "secret", "verify", "https://graph.facebook.com"),
    "messenger": Messenger("682498302938465", "token", "secret", "verify", "https://graph.facebook.com"),
    "telegram": Telegram("1:a", "lantern_sample_bot", "secret", "https://api.telegram.org"),
    "slack": Slack("secret", "xoxb", "https://slack.com/api"),
    "teams": Teams("id", "password", "botframework.com", ["https://smba.trafficmanager.net"], "", ""),
    "mattermost": Mattermost("https://mattermost.example.org", "token", ["zmigewsanbbsdf59xnmduzypjc"], URL),
    "twilio": Twilio("AC0", ["token"], 1600, "https://api.twilio.com", URL),
}
NOTHING: list[Any] = []
EDIT = object()
"""A message that is read for emergencies only."""

EXPECTED: dict[str, dict[str, Any]] = {
    "whatsapp": {
        "text": "Does it come in another color?",
        "user with a username": "Does it come in another color?",
        "user with a username and no number": "Does it come in another color?",
        "text in reply to a message": "and this one?",
        "reply button": "Tell me more",
        "list row": "Is lupus contagious?",
        "quick reply of a template": "Unsubscribe",
        "image with caption": "is this a lupus rash?",
        "image": None,
        "voice note": None,
        "sticker": None,
        "location": None,
        "contacts": None,
        "reaction": NOTHING,
        "unsupported": None,
        "changed number": NOTHING,
        "group": NOTHING,
        "delivered": NOTHING,
        "failed": Undelivered("wamid.2", "not delivered, code 131047"),
        "two messages": ["one", "two"],
        "another number": NOTHING,
    },
    "messenger": {
        "text": "hello, world!",
        "quick reply": "Tell me more",
        "postback": "what can you do",
        "image": None,
        "sticker with text": "look",
        "echo": NOTHING,
        "edit": EDIT,
        "read": NOTHING,
        "delivery": NOTHING,
        "reaction": NOTHING,
    },
    "telegram": {
        "private text": "is lupus contagious",
        "start": "",
        "group": NOTHING,
        "group mention": "is lupus contagious",
        "group mention of another": NOTHING,
        "group reply to the bot": "tell me more",
        "photo with caption": "is this a rash",
        "voice": None,
        "edited": EDIT,
        "pinned": NOTHING,
        "reaction": NOTHING,
    },
    "slack": {
        "direct message": "Hello <you> & see the page",
        "mention": "is lupus contagious",
        "mention in a thread": "tell me more",
        "channel message": NOTHING,
        "group message": NOTHING,
        "file": None,
        "edit": EDIT,
        "deletion": NOTHING,
        "bot message": NOTHING,
        "block actions": "Tell me more",
    },
    "teams": {
        "personal": "Hello Teams TestBot.",
        "channel mention": "is lupus contagious",
        "channel without mention": NOTHING,
        "html": "Is lupus contagious & bad?",
        "html copy": "Hello Teams TestBot.",
        "image": None,
        "edit": EDIT,
        "reaction": NOTHING,
        "conversation update": NOTHING,
    },
    "mattermost": {"outgoing webhook": "is lupus contagious", "file": None, "button": "Tell me more"},
    "twilio": {
        "sms": "is lupus contagious",
        "whatsapp": "hola",
        "whatsapp button": "Tell me more",
        "picture": None,
        "picture with words": "is this a rash",
        "location": None,
        "opt out": "STOP",
        "delivered": NOTHING,
        "undelivered": Undelivered("SM9", "not delivered, code 30003"),
    },
}
ROWS = [(name, shape) for name in ADAPTERS for shape in json.loads((SHAPES / f"{name}.json").read_text())["shapes"]]


def delivery(name: str, body: Any) -> Delivery:
    kind, encoded = "application/json", json.dumps(body).encode()
    if name == "twilio":
        kind, encoded = "application/x-www-form-urlencoded", urlencode(body).encode()
    if name == "slack" and body["type"] == "block_actions":
        kind, encoded = "application/x-www-form-urlencoded", urlencode({"payload": json.dumps(body)}).encode()
    return Delivery("POST", f"{URL}/channels/{name}", {"content-type": kind}, {}, encoded, 0.0)


def parsed(name: str, shape: str) -> list[Any]:
    shapes = json.loads((SHAPES / f"{name}.json").read_text(encoding="utf-8"))
    return list(ADAPTERS[name].parse(delivery(name, shapes["shapes"][shape])))


def test_every_shape_names_its_document_and_has_something_expected_of_it() -> None:
    for name in ADAPTERS:
        assert len(json.loads((SHAPES / f"{name}.json").read_text())["document"]) > 30
    assert {(name, shape) for name, rows in EXPECTED.items() for shape in rows} == set(ROWS)


@pytest.mark.parametrize(("name", "shape"), ROWS)
def test_a_documented_shape_is_understood(name: str, shape: str) -> None:
    expected, events = EXPECTED[name][shape], parsed(name, shape)
    if expected is EDIT:
        assert [event.edited for event in events] == [True]
    elif isinstance(expected, Undelivered):
        assert events == [expected]
    elif isinstance(expected, list):
        assert [event.text for event in events] == expected
    else:
        [message] = events
        assert isinstance(message, Message)
        assert (message.text, message.edited) == (expected, False)
        assert message.id
        assert message.sender
        assert message.address


@pytest.mark.parametrize(
    ("name", "shape", "sender", "address"),
    [
        ("whatsapp", "text", "16505551234", {"to": "16505551234"}),
        ("whatsapp", "user with a username", "US.13491208655302741918", {"to": "16505551234"}),
        (
            "whatsapp",
            "user with a username and no number",
            "US.13491208655302741918",
            {"recipient": "US.13491208655302741918"},
        ),
        ("messenger", "text", "5970987653456789", {"to": "5970987653456789"}),
        ("telegram", "private text", "1111111:1111111", {"chat": "1111111"}),
        ("telegram", "group mention", "-1001234:1111111", {"chat": "-1001234", "reply_to": "3"}),
        ("slack", "direct message", "T061EG9R6:D024BE91L:U2147483697", {"channel": "D024BE91L", "thread": None}),
        (
            "slack",
            "mention",
            "T061EG9R6:C123ABC456:U061F7AUR",
            {"channel": "C123ABC456", "thread": "1515449522.000016"},
        ),
        ("twilio", "sms", "+14155552345", {"to": "+14155552345", "from": "+14155551212"}),
        (
            "mattermost",
            "outgoing webhook",
            "kwoknj9nwpypzgzy78wkw516qe:hawos4dqtby53pd64o4a4cmeoo:rnina9994bde8mua79zqcg5hmo",
            {"channel": "hawos4dqtby53pd64o4a4cmeoo"},
        ),
    ],
)
def test_who_wrote_and_where_the_reply_goes(name: str, shape: str, sender: str, address: dict[str, Any]) -> None:
    [message] = parsed(name, shape)
    assert (message.sender, message.address) == (sender, address)


def test_in_a_thread_the_reply_goes_into_the_thread() -> None:
    [message] = parsed("slack", "mention in a thread")
    assert message.address["thread"] == "1515449522.000016"
    [message] = parsed("teams", "channel mention")
    assert message.address["conversation"].endswith("messageid=1485983194839")


def test_what_a_provider_says_of_time_and_language_is_taken_over() -> None:
    [message] = parsed("telegram", "private text")
    assert (message.sent_at, message.locale) == (1441645532.0, "es")
    [message] = parsed("teams", "personal")
    assert message.sent_at == pytest.approx(1485983407.437)
    [message] = parsed("mattermost", "outgoing webhook")
    assert message.sent_at == 1445532266.0
    [message] = parsed("mattermost", "file")
    assert message.sent_at == 1445532266.0
    [message] = parsed("messenger", "text")
    assert message.sent_at == pytest.approx(1518479195.308)


def test_a_message_has_the_same_id_at_every_delivery() -> None:
    for name, shape in ROWS:
        assert parsed(name, shape) == parsed(name, shape)


def test_one_message_that_slack_tells_of_twice_is_one() -> None:
    """An app that reads a channel and is mentioned there hears of the same message in two events."""
    shapes = json.loads((SHAPES / "slack.json").read_text())["shapes"]
    said = shapes["mention"]
    direct = {**said, "event": {**said["event"], "type": "message", "channel_type": "im"}}
    events = [ADAPTERS["slack"].parse(delivery("slack", body))[0] for body in (said, direct)]
    assert events[0].id == events[1].id
