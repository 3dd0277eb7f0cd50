"""Microsoft Teams by the Bot Framework.

Documents: Bot Framework, "Authentication with the Bot Connector API", "Activity object", "Send and receive messages",
"Cards reference" (hero card). Every step of the first is taken: fixed algorithm, issuer, audience, life, the key's
endorsement of the channel, and the service's address, to which our own token would otherwise go.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt

from web.channels.contract import (
    Adapter,
    Capacity,
    Choice,
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
from web.channels.errors import BadSignature, KeyRefused, Malformed, NotNow, NotSent, Rejected
from web.channels.reading import listed, number, record, text
from web.channels.settings import address, address_setting, matching, secret_setting

ALGORITHM = "RS256"
ISSUER = "https://api.botframework.com"
LEEWAY = 300
"""Seconds by which clocks may differ, as the document has it."""
SCOPE = "https://api.botframework.com/.default"
LOGIN = "https://login.microsoftonline.com"
METADATA = "https://login.botframework.com/v1/.well-known/openidconfiguration"
SERVICES = "https://smba.trafficmanager.net"
KEYS_LIVE, KEYS_REST = 86_400.0, 300.0
"""Seconds for which keys are believed, as the document has it, and between two looks for one that is not known."""
TOKEN_MARGIN = 300.0
LONGEST, BUTTONS, BUTTON_TITLE = 4000, 6, 60
"""Characters that are well read in one message; buttons of a hero card; characters of one that are shown."""

_MENTION = re.compile(r"<at\b[^>]*>.*?</at>", re.DOTALL)
_BREAK = re.compile(r"<(?:br|/p|/div)\b[^>]*>")
_MARK = re.compile(r"<[^>]+>")
_TENANT = r"[A-Za-z0-9.-]{3,80}"


def services(value: str) -> tuple[str, ...]:
    """Parses addresses with commas. Raises `ValueError`."""
    return tuple(address(word) for word in value.split(",") if word.strip())


class Teams(Adapter):
    name = "teams"
    questions = (
        Question(
            Setting(
                "LANTERN_TEAMS_APP_ID",
                None,
                matching(r"[0-9a-fA-F-]{36}", "36 signs such as 0f1e-..."),
                "id of the bot's app",
            ),
            "Azure portal, your bot, Configuration: 'Microsoft App ID'.",
        ),
        Question(
            secret_setting("LANTERN_TEAMS_APP_PASSWORD", meaning="client secret of the app"),
            "The same page, Manage, Certificates & secrets: the 'Value' of a client secret.",
        ),
        Question(
            Setting(
                "LANTERN_TEAMS_TENANT", "botframework.com", matching(_TENANT, "an id or a name"), "tenant of the app"
            ),
            "Leave it empty for a multi-tenant app; else 'App Tenant ID' on the same page.",
        ),
        Question(
            Setting("LANTERN_TEAMS_SERVICES", SERVICES, services, "addresses to which replies may go, with commas"),
            "Leave it empty; government clouds have addresses of their own.",
        ),
        Question(address_setting("LANTERN_TEAMS_LOGIN", LOGIN, "address that gives tokens"), "Leave it empty."),
        Question(address_setting("LANTERN_TEAMS_METADATA", METADATA, "address that names the keys"), "Leave it empty."),
    )
    capacity = Capacity(LONGEST, LONGEST, choices=BUTTONS, title=BUTTON_TITLE)

    def __init__(
        self, app_id: str, password: str, tenant: str, allowed: Sequence[str], login: str, metadata: str
    ) -> None:
        self._app_id, self._password, self._tenant = app_id, password, tenant
        self._allowed, self._login, self._metadata = allowed, login, metadata
        self._keys: dict[str, tuple[jwt.PyJWK, Sequence[Any]]] = {}
        self._keys_at = float("-inf")
        self._token, self._token_until = "", float("-inf")

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Teams:
        names = ("APP_ID", "APP_PASSWORD", "TENANT", "SERVICES", "LOGIN", "METADATA")
        return cls(*(values[f"LANTERN_TEAMS_{name}"] for name in names))

    async def verify(self, delivery: Delivery, line: Line) -> None:
        scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.isascii():
            raise BadSignature("no token")
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError as fault:
            raise BadSignature("not a token") from fault
        if head.get("alg") != ALGORITHM:
            raise BadSignature("another algorithm")
        key, endorsements = await self._key(text(head.get("kid")), delivery.at, line)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._app_id,
                issuer=ISSUER,
                options={
                    "require": ["exp", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            activity = delivery.json()
        except (jwt.PyJWTError, Malformed) as fault:
            raise BadSignature("a token that does not fit") from fault
        _require_alive(claims, delivery.at)
        if activity.get("channelId") not in endorsements:
            raise BadSignature("a key for another channel")
        service = text(activity.get("serviceUrl"))
        # The document names this claim serviceUrl; the tokens have it in small letters.
        if text(claims.get("serviceurl", claims.get("serviceUrl"))) != service or not self._is_allowed(service):
            raise BadSignature("another service")

    async def _key(self, key_id: str, at: float, line: Line) -> tuple[jwt.PyJWK, Sequence[Any]]:
        age = at - self._keys_at
        if age > KEYS_LIVE or (key_id not in self._keys and age > KEYS_REST):
            try:
                await self._read_keys(line)
                self._keys_at = at
            except NotSent:
                if key_id not in self._keys:
                    raise
                # Keys are changed rarely: a day on, the old ones are still better than nobody being answered.
                self._keys_at = at - KEYS_LIVE + KEYS_REST
        if key_id not in self._keys:
            raise BadSignature("an unknown key")
        return self._keys[key_id]

    async def _read_keys(self, line: Line) -> None:
        where = text(taken(await line.get(self._metadata)).json().get("jwks_uri"))
        keys: dict[str, tuple[jwt.PyJWK, Sequence[Any]]] = {}
        for row in listed(taken(await line.get(where)).json().get("keys")):
            if row.get("kty") == "RSA" and text(row.get("kid")):
                endorsed = row.get("endorsements")
                keys[text(row["kid"])] = (
                    jwt.PyJWK({**row, "alg": ALGORITHM}),
                    endorsed if isinstance(endorsed, list) else [],
                )
        if not keys:
            raise NotNow("no keys")
        self._keys = keys

    def _is_allowed(self, service: str) -> bool:
        asked = urlsplit(service)
        return any(
            (asked.scheme, asked.netloc) == (urlsplit(one).scheme, urlsplit(one).netloc) for one in self._allowed
        )

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        activity = delivery.json()
        kind, conversation = activity.get("type"), record(activity.get("conversation"))
        message_id, conversation_id = text(activity.get("id")), text(conversation.get("id"))
        sender, bot = (text(record(activity.get(key)).get("id")) for key in ("from", "recipient"))
        if kind not in ("message", "messageUpdate") or not message_id or not conversation_id or not sender:
            return []
        private = conversation.get("conversationType") in (None, "personal")
        if not private and not _mentions(activity, bot):
            return []
        words = _words(activity)
        edited = kind == "messageUpdate"
        stamp = text(activity.get("timestamp"))
        name = f"{conversation_id}|{message_id}" + (f"|{stamp}" if edited else "")
        place = {"service": text(activity.get("serviceUrl")).rstrip("/"), "conversation": conversation_id}
        return [
            Message(
                name,
                f"{conversation_id}:{sender}",
                None if not words and _has_files(activity) else words,
                place,
                locale=activity.get("locale"),
                sent_at=_unix(stamp),
                edited=edited,
            )
        ]

    async def send(self, letter: Letter, line: Line) -> str | None:
        place, page = letter.address, letter.page
        if not self._is_allowed(place["service"]):
            raise Rejected("a service that replies may not go to")
        body: dict[str, Any] = {"type": "message", "text": page.text, "textFormat": "plain"}
        if page.choices:
            card = {"buttons": [_button(choice) for choice in page.choices]}
            body["attachments"] = [{"contentType": "application/vnd.microsoft.card.hero", "content": card}]
        where = f"{place['service']}/v3/conversations/{quote(place['conversation'], safe='')}/activities"
        headers = {"Authorization": f"Bearer {await self._access_token(letter.at, line)}"}
        answered = await json_call(line, where, body, headers)
        if answered.status == 401:
            self._token_until = float("-inf")
        if answered.status == 403:
            raise Rejected("status 403: the bot was removed or blocked")
        if answered.status == 412:
            raise NotNow("status 412")
        return text(taken(answered).json().get("id")) or None

    async def reach(self, line: Line, at: float) -> None:
        await self._access_token(at, line)

    async def _access_token(self, at: float, line: Line) -> str:
        if at < self._token_until:
            return self._token
        form = {
            "grant_type": "client_credentials",
            "client_id": self._app_id,
            "client_secret": self._password,
            "scope": SCOPE,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        where = f"{self._login}/{self._tenant}/oauth2/v2.0/token"
        answered = await line.post(where, body=urlencode(form).encode(), headers=headers)
        if answered.status in (400, 401):
            raise KeyRefused(f"no access token: status {answered.status}, {text(answered.json().get('error'))[:40]}")
        given = taken(answered).json()
        token, life = text(given.get("access_token")), number(given.get("expires_in"))
        if not token or life is None:
            raise NotNow("no access token")
        self._token, self._token_until = token, at + life - TOKEN_MARGIN
        return token


def _require_alive(claims: Mapping[str, Any], now: float) -> None:
    """Raises `BadSignature` for a token that has run out or is not valid yet, by the clock of the delivery."""
    until, since = number(claims.get("exp")), number(claims.get("nbf"))
    if until is None or now > until + LEEWAY or (since is not None and now < since - LEEWAY):
        raise BadSignature("a token that has run out, or is not valid yet")


def _mentions(activity: Mapping[str, Any], bot: str) -> bool:
    mentions = (row for row in listed(activity.get("entities")) if row.get("type") == "mention")
    return any(record(row.get("mentioned")).get("id") == bot for row in mentions)


def _words(activity: Mapping[str, Any]) -> str:
    said = _MENTION.sub(" ", text(activity.get("text")))
    if activity.get("textFormat") in ("xml", "html"):
        said = html.unescape(_MARK.sub("", _BREAK.sub("\n", said)))
    pressed = record(activity.get("value"))
    return said.replace("\u00a0", " ").strip() or text(pressed.get("message"))


def _has_files(activity: Mapping[str, Any]) -> bool:
    # A message of words comes with a copy of itself in HTML.
    return any(row.get("contentType") != "text/html" for row in listed(activity.get("attachments")))


def _button(choice: Choice) -> dict[str, str]:
    return {"type": "messageBack", "title": choice.title, "text": choice.message, "displayText": choice.title}


def _unix(stamp: str) -> float | None:
    # Python 3.10 reads at most six digits of a second, and no Z.
    plain = re.sub(r"(\.\d{1,6})\d*", lambda match: match[1].ljust(7, "0"), stamp).replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(plain).timestamp()
    except (ValueError, OverflowError):
        return None
