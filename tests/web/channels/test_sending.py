"""What is sent, in the shapes of the providers' documents, and what is made of what they answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.web.channels.test_shapes import ADAPTERS, URL
from web.channels.contract import Adapter, Answered, Choice, Letter, Page, retry_after
from web.channels.errors import KeyRefused, NotNow, NotSent, Rejected, Unsure
from web.channels.teams import Teams
from web.channels.webhook import Webhook

MORE = Choice("Tell me more", "Tell me more")
LONG_TITLE = Choice(
    "Is CAR-T therapy approved for people with lupus?", "Is CAR-T therapy approved for people with lupus?"
)
WHERE: dict[str, Mapping[str, Any]] = {
    "whatsapp": {"to": "16505551234"},
    "messenger": {"to": "5970987653456789"},
    "telegram": {"chat": "1111111"},
    "slack": {"channel": "D024BE91L", "thread": None},
    "teams": {"service": "https://smba.trafficmanager.net/amer", "conversation": "a:1/2"},
    "mattermost": {"channel": "hawos4dqtby53pd64o4a4cmeoo"},
    "twilio": {"to": "+14155552345", "from": "+14155551212"},
}


@dataclass
class Recording:
    """A way out that answers as it is told, and remembers what was sent."""

    answers: list[Answered]
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def post(self, address: str, *, body: bytes, headers: Mapping[str, str]) -> Answered:
        self.sent.append((address, headers, body))
        return self.answers.pop(0)

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answered:
        self.sent.append((address, headers or {}, b""))
        return self.answers.pop(0)


def said(status: int = 200, body: Any = None, **headers: str) -> Answered:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return Answered(status, named, json.dumps(body if body is not None else {}).encode())


TOKEN = said(200, {"access_token": "t0", "expires_in": 3599})
TAKEN = {
    "whatsapp": said(200, {"messages": [{"id": "wamid.1"}]}),
    "messenger": said(200, {"recipient_id": "1", "message_id": "m_1"}),
    "telegram": said(200, {"ok": True, "result": {"message_id": 7}}),
    "slack": said(200, {"ok": True, "ts": "1.2"}),
    "teams": said(201, {"id": "1485983408511"}),
    "mattermost": said(201, {"id": "post"}),
    "twilio": said(201, {"sid": "SM1"}),
}


def fresh(name: str) -> Adapter:
    """Teams remembers its access token from one letter to the next."""
    if name == "teams":
        return Teams(
            "id", "password", "botframework.com", ["https://smba.trafficmanager.net"], "https://login.example", ""
        )
    return ADAPTERS[name]


def send(name: str, page: Page, *answers: Answered, **where: Any) -> tuple[str | None, Any, Recording]:
    """What the provider's id is, and the body that was sent last."""
    line = Recording([*([TOKEN] if name == "teams" else []), *(answers or (TAKEN[name],))])
    letter = Letter("key-1", {**WHERE[name], **where}, page, 1_000_000.0)
    provider_id = asyncio.run(fresh(name).send(letter, line))
    body = line.sent[-1][2].decode()
    return provider_id, parse_qs(body) if name == "twilio" else json.loads(body), line


@pytest.mark.parametrize(
    ("name", "address", "header", "body", "provider_id"),
    [
        (
            "whatsapp",
            "https://graph.facebook.com/106540352242922/messages",
            "Bearer token",
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": "16505551234",
                "type": "text",
                "text": {"body": "A < B & C", "preview_url": False},
            },
            "wamid.1",
        ),
        (
            "messenger",
            "https://graph.facebook.com/me/messages?access_token=token",
            None,
            {"recipient": {"id": "5970987653456789"}, "messaging_type": "RESPONSE", "message": {"text": "A < B & C"}},
            "m_1",
        ),
        (
            "telegram",
            "https://api.telegram.org/bot1:a/sendMessage",
            None,
            {"chat_id": "1111111", "text": "A < B & C", "link_preview_options": {"is_disabled": True}},
            "7",
        ),
        (
            "slack",
            "https://slack.com/api/chat.postMessage",
            "Bearer xoxb",
            {
                "channel": "D024BE91L",
                "text": "A &lt; B &amp; C",
                "mrkdwn": False,
                "unfurl_links": False,
                "unfurl_media": False,
            },
            "1.2",
        ),
        (
            "teams",
            "https://smba.trafficmanager.net/amer/v3/conversations/a%3A1%2F2/activities",
            "Bearer t0",
            {"type": "message", "text": "A < B & C", "textFormat": "plain"},
            "1485983408511",
        ),
        (
            "mattermost",
            "https://mattermost.example.org/api/v4/posts",
            "Bearer token",
            {"channel_id": "hawos4dqtby53pd64o4a4cmeoo", "message": "A \\< B & C"},
            "post",
        ),
        (
            "twilio",
            "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages.json",
            "Basic QUMwOnRva2Vu",
            {
                "From": ["+14155551212"],
                "To": ["+14155552345"],
                "Body": ["A < B & C"],
                "StatusCallback": [f"{URL}/channels/twilio"],
            },
            "SM1",
        ),
    ],
)
def test_a_text_is_sent_in_the_documented_shape(
    name: str, address: str, header: str | None, body: Any, provider_id: str
) -> None:
    found, sent, line = send(name, Page("A < B & C"))
    assert (line.sent[-1][0], line.sent[-1][1].get("Authorization"), sent) == (address, header, body)
    assert found == provider_id


def test_buttons_of_whatsapp_are_reply_buttons_where_they_are_few_and_short() -> None:
    _, sent, _ = send("whatsapp", Page("Which one?", (MORE,), label="Choose"))
    assert sent["type"] == "interactive"
    assert sent["interactive"] == {
        "type": "button",
        "body": {"text": "Which one?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "Tell me more", "title": "Tell me more"}}]},
    }


def test_otherwise_they_are_a_list_whose_rows_say_all_of_a_long_title() -> None:
    _, sent, _ = send("whatsapp", Page("Which one?", (MORE, LONG_TITLE), label="Choose"))
    action = sent["interactive"]["action"]
    assert (sent["interactive"]["type"], action["button"]) == ("list", "Choose")
    assert action["sections"] == [
        {
            "rows": [
                {"id": "Tell me more", "title": "Tell me more"},
                {"id": LONG_TITLE.message, "title": "Is CAR-T therapy…", "description": LONG_TITLE.title},
            ]
        }
    ]


def test_buttons_elsewhere() -> None:
    _, sent, _ = send("messenger", Page("Which one?", (MORE,)))
    assert sent["message"]["quick_replies"] == [
        {"content_type": "text", "title": "Tell me more", "payload": "Tell me more"}
    ]
    _, sent, _ = send("telegram", Page("Which one?", (MORE,)), reply_to="3")
    assert sent["reply_markup"]["keyboard"] == [[{"text": "Tell me more"}]]
    assert sent["reply_parameters"] == {"message_id": 3, "allow_sending_without_reply": True}
    _, sent, _ = send("slack", Page("Which one?", (MORE,)), thread="1.0")
    assert sent["thread_ts"] == "1.0"
    assert sent["blocks"][0]["text"] == {"type": "plain_text", "text": "Which one?", "emoji": False}
    assert sent["blocks"][1]["elements"][0]["value"] == "Tell me more"
    _, sent, _ = send("teams", Page("Which one?", (MORE,)))
    [card] = sent["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.hero"
    assert card["content"]["buttons"] == [
        {"type": "messageBack", "title": "Tell me more", "text": "Tell me more", "displayText": "Tell me more"}
    ]
    _, sent, _ = send("mattermost", Page("Which one?", (MORE,)))
    [action] = sent["props"]["attachments"][0]["actions"]
    assert action["integration"]["url"] == f"{URL}/channels/mattermost"
    assert set(action["integration"]["context"]) == {"message", "signature"}


FAULTS: list[tuple[str, Answered, type[NotSent]]] = [
    *((name, said(500), NotNow) for name in TAKEN),
    *((name, said(503), NotNow) for name in TAKEN),
    *((name, said(504), Unsure) for name in TAKEN),
    *((name, said(429), NotNow) for name in TAKEN),
    *((name, said(400), Rejected) for name in TAKEN),
    *((name, said(401), KeyRefused) for name in TAKEN if name != "telegram"),
    ("whatsapp", said(400, {"error": {"code": 131047}}), Rejected),
    ("whatsapp", said(400, {"error": {"code": 131056}}), NotNow),
    ("whatsapp", said(400, {"error": {"code": 190}}), KeyRefused),
    ("whatsapp", said(400, {"error": {"code": 131026}}), Rejected),
    ("whatsapp", said(400, {"error": "not a record"}), Rejected),
    ("messenger", said(400, {"error": {"code": 10, "error_subcode": 2018278}}), Rejected),
    ("messenger", said(400, {"error": {"code": 613}}), NotNow),
    ("messenger", said(400, {"error": {"code": 551}}), Rejected),
    ("telegram", said(401, {"ok": False, "error_code": 401}), KeyRefused),
    ("telegram", said(404, {"ok": False, "error_code": 404}), KeyRefused),
    ("telegram", said(403, {"ok": False, "error_code": 403}), Rejected),
    ("telegram", said(429, {"ok": False, "parameters": {"retry_after": 7}}), NotNow),
    ("slack", said(200, {"ok": False, "error": "token_revoked"}), KeyRefused),
    ("slack", said(200, {"ok": False, "error": "channel_not_found"}), Rejected),
    ("slack", said(200, {"ok": False, "error": "internal_error"}), NotNow),
    ("slack", said(200, []), NotNow),
    ("teams", said(403), Rejected),
    ("teams", said(412), NotNow),
    ("teams", said(404), Rejected),
    ("mattermost", said(403), KeyRefused),
    ("twilio", said(400, {"code": 21610}), Rejected),
    ("twilio", said(302), Rejected),
]


@pytest.mark.parametrize(("name", "answered", "kind"), FAULTS)
def test_what_a_provider_says_no_with_is_understood(name: str, answered: Answered, kind: type[NotSent]) -> None:
    with pytest.raises(NotSent) as fault:
        send(name, Page("An answer."), answered)
    assert type(fault.value) is kind
    assert "An answer" not in fault.value.fault


def test_how_long_to_wait_is_taken_from_the_provider() -> None:
    with pytest.raises(NotNow) as fault:
        send("whatsapp", Page("An answer."), said(429, Retry_After="30"))
    assert fault.value.wait == 30
    with pytest.raises(NotNow) as fault:
        send("telegram", Page("An answer."), said(429, {"ok": False, "parameters": {"retry_after": 7}}))
    assert fault.value.wait == 7
    for odd in ("", "soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 30):
        assert retry_after({"retry-after": odd}) is None
    assert retry_after({"retry-after": "999999999"}) == 100_000


def test_without_an_access_token_nothing_goes_to_teams() -> None:
    teams, letter = fresh("teams"), Letter("k", WHERE["teams"], Page("Hi."), 0.0)
    with pytest.raises(KeyRefused, match="no access token"):
        asyncio.run(teams.send(letter, Recording([said(401, {"error": "invalid_client"})])))
    with pytest.raises(NotNow):
        asyncio.run(teams.send(letter, Recording([said(200, {"access_token": ""})])))


def test_an_access_token_is_used_until_it_runs_out_and_dropped_when_it_is_refused() -> None:
    teams = fresh("teams")
    line = Recording([TOKEN, TAKEN["teams"], TAKEN["teams"], said(401), TOKEN, TAKEN["teams"], TOKEN, TAKEN["teams"]])
    letter = Letter("k", WHERE["teams"], Page("Hi."), 0.0)
    asyncio.run(teams.send(letter, line))
    asyncio.run(teams.send(letter, line))
    with pytest.raises(KeyRefused):
        asyncio.run(teams.send(letter, line))
    asyncio.run(teams.send(letter, line))
    asyncio.run(teams.send(Letter("k", WHERE["teams"], Page("Hi."), 3600.0), line))
    assert line.answers == []


def test_no_token_of_ours_goes_to_a_service_that_is_not_listed() -> None:
    for service in (
        "https://evil.example",
        "https://smba.trafficmanager.net.evil.example",
        "http://smba.trafficmanager.net",
    ):
        line = Recording([])
        with pytest.raises(Rejected):
            asyncio.run(
                fresh("teams").send(Letter("k", {"service": service, "conversation": "a"}, Page("Hi."), 0.0), line)
            )
        assert line.sent == []


def test_a_system_of_your_own_gets_all_there_is_to_know() -> None:
    webhook, line = Webhook([b"s" * 32], "https://system.example.org/replies"), Recording([said(204)])
    page = Page("Hi.", (MORE,), urgent=True, answer={"kind": "emergency"}, number=1, pages=2)
    asyncio.run(webhook.send(Letter("key-1", {"sender": "ann", "in_reply_to": "m1"}, page, 1_000_000.0), line))
    assert json.loads(line.sent[0][2]) == {
        "type": "reply",
        "sender": "ann",
        "in_reply_to": "m1",
        "number": 1,
        "of": 2,
        "urgent": True,
        "text": "Hi.",
        "choices": [{"title": "Tell me more", "text": "Tell me more"}],
        "answer": {"kind": "emergency"},
    }
    assert line.sent[0][1]["webhook-id"] == "key-1"
    assert line.sent[0][1]["webhook-timestamp"] == "1000000"
