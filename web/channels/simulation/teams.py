"""The Bot Framework's side of the Teams channel: its keys, its tokens, and its conversations."""

from __future__ import annotations

import functools
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer, within

ISSUER = "https://api.botframework.com"
SERVICE = "https://smba.invalid/teams"
LONGEST, BUTTONS = 4000, 6
BOT, KEY_ID = "28:bot", "key-1"


@functools.cache
def a_key() -> rsa.RSAPrivateKey:
    """Made once in a process: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def another_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class TeamsProvider(Provider):
    name = "teams"

    def __init__(self, settings: Mapping[str, str], site_address: str = "") -> None:
        super().__init__(settings, site_address)
        self.service = settings.get("LANTERN_TEAMS_SERVICES", SERVICE).split(",")[0].rstrip("/") + "/amer"
        self._access = secrets.token_hex(20)

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        base = base or "https://login.invalid"
        return {
            "LANTERN_TEAMS_APP_ID": str(uuid.uuid4()),
            "LANTERN_TEAMS_APP_PASSWORD": secrets.token_hex(30),
            "LANTERN_TEAMS_SERVICES": base,
            "LANTERN_TEAMS_LOGIN": base,
            "LANTERN_TEAMS_METADATA": f"{base}/metadata",
        }

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.delivered(self.activity({"id": message_id, "text": text}, at, sender), at)

    def activity(self, fields: Mapping[str, Any], at: float, sender: str = SENDER) -> dict[str, Any]:
        moment = datetime.fromtimestamp(at, timezone.utc).isoformat().replace("+00:00", "Z")
        return {
            "type": "message",
            "timestamp": moment,
            "channelId": "msteams",
            "serviceUrl": self.service,
            "from": {"id": f"29:{sender}", "name": "Somebody"},
            "conversation": {"conversationType": "personal", "id": f"a:{sender}"},
            "recipient": {"id": BOT, "name": "Lantern"},
            "textFormat": "plain",
            "locale": "en-US",
            **fields,
        }

    def delivered(self, activity: Mapping[str, Any], at: float, **changed: Any) -> Call:
        """A delivery with a token; `changed` are claims, `key` and `algorithm` what it is signed with, `kid` its key's
        name."""
        key, algorithm = changed.pop("key", a_key()), changed.pop("algorithm", "RS256")
        head = {"kid": changed.pop("kid", KEY_ID)}
        claims = {
            "iss": ISSUER,
            "aud": self.settings["LANTERN_TEAMS_APP_ID"],
            "exp": int(at) + 3600,
            "nbf": int(at) - 60,
            "serviceurl": self.service,
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode(claims, key, algorithm=algorithm, headers=head)
        return Call(
            json.dumps(activity).encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        )

    def press(self, heard: Heard, title: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self.message(self.stands_for[title], message_id, at, sender)

    def forged(self, at: float) -> dict[str, Call]:
        activity = self.activity({"id": "forged", "text": "what is lupus"}, at)
        good = self.delivered(activity, at)
        elsewhere = {**activity, "serviceUrl": "https://evil.example/amer"}
        return {
            "no token": good.with_headers(authorization=None),
            "an empty token": good.with_headers(authorization="Bearer"),
            "another scheme": good.with_headers(authorization=good.headers["Authorization"].replace("Bearer", "Basic")),
            "what is no token": good.with_headers(authorization="Bearer nosuch"),
            "a token of another key": self.delivered(activity, at, key=another_key()),
            "a token of an unknown key": self.delivered(activity, at, key=another_key(), kid="key-9"),
            "another algorithm": self.delivered(activity, at, algorithm="RS512"),
            "a shared secret for a key": self.delivered(activity, at, key="s" * 64, algorithm="HS256"),
            "no algorithm": self.delivered(activity, at, key=None, algorithm="none"),
            "another issuer": self.delivered(activity, at, iss="https://sts.windows.net/"),
            "another audience": self.delivered(activity, at, aud=str(uuid.uuid4())),
            "a token that has run out": self.delivered(activity, at, exp=int(at) - 600),
            "a token that never runs out": self.delivered(activity, at, exp=None),
            "a token of tomorrow": self.delivered(activity, at, nbf=int(at) + 3600),
            "a token for another service": self.delivered(activity, at, serviceurl="https://evil.example/amer"),
            "a service that is not listed": self.delivered(elsewhere, at, serviceurl="https://evil.example/amer"),
            "a key for other channels": self.delivered({**activity, "channelId": "webchat"}, at),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        file = {"attachments": [{"contentType": "image/*", "contentUrl": "https://a.invalid"}]}
        return {"a picture": self.delivered(self.activity({"id": "w1", **file}, at), at)}

    def unanswered(self, at: float) -> dict[str, Call]:
        said = {"id": "u1", "text": "hello all"}
        group = {"conversation": {"conversationType": "channel", "id": "19:x@thread.tacv2;messageid=1"}}
        other = [{"type": "mention", "text": "<at>Ann</at>", "mentioned": {"id": "29:ann", "name": "Ann"}}]
        kinds = ("typing", "conversationUpdate", "installationUpdate", "messageReaction", "messageDelete", "tomorrow")
        rows: dict[str, Mapping[str, Any]] = {
            "an edit": {**said, "type": "messageUpdate"},
            "a message to a team": {**said, **group},
            "another person's mention": {**said, **group, "entities": other, "text": "<at>Ann</at> hello"},
            **{f"an event {kind}": {"id": f"u-{kind}", "type": kind} for kind in kinds},
        }
        return {what: self.delivered(self.activity(row, at), at) for what, row in rows.items()}

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        path = urlsplit(address).path
        if path.endswith("/metadata"):
            return Reaction(None, answer({"issuer": ISSUER, "jwks_uri": address.removesuffix("/metadata") + "/keys"}))
        if path.endswith("/keys"):
            public = json.loads(RSAAlgorithm.to_jwk(a_key().public_key()))
            return Reaction(
                None, answer({"keys": [{**public, "kid": KEY_ID, "use": "sig", "endorsements": ["msteams"]}]})
            )
        if path.endswith("/oauth2/v2.0/token"):
            asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if asked.get("client_secret") != self.settings["LANTERN_TEAMS_APP_PASSWORD"]:
                return Reaction(None, answer({"error": "invalid_client"}, 401))
            return Reaction(None, answer({"token_type": "Bearer", "expires_in": 3599, "access_token": self._access}))
        return self._posted(path, headers, json.loads(body))

    def _posted(self, path: str, headers: Mapping[str, str], said: Mapping[str, Any]) -> Reaction:
        if headers.get("authorization") != f"Bearer {self._access}":
            raise OverLimit("the message does not carry the access token")
        head, _, tail = path.rpartition("/v3/conversations/")
        if not head or not tail.endswith("/activities"):
            raise OverLimit("the message goes to another address")
        text = within(said["text"], LONGEST, "the text")
        cards = [card["content"] for card in said.get("attachments", [])]
        buttons = [button for card in cards for button in card["buttons"]]
        if len(buttons) > BUTTONS:
            raise OverLimit(f"{len(buttons)} buttons, {BUTTONS} is the most")
        for button in buttons:
            self.stands_for[within(button["title"], 100, "a button")] = button["text"]
        titles = tuple(button["title"] for button in buttons)
        return Reaction(
            Heard(unquote(tail.removesuffix("/activities")), text, titles), answer({"id": self.next_id()}, 201)
        )
