"""The people of a torture run: each behind a client that sends a message again until it is answered.

Every message carries a trace of a person that must never be written anywhere.
"""

from __future__ import annotations

import random
import string
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from records.identity import conversation_id, token_conversation_id
from tests.running import WEBHOOK

CARD_SECONDS = 2.0
"""Longest time that a card may take once the gateway has the message."""
PATIENCE = 300.0
"""Seconds for which a client goes on sending one message; longer than any fault of a run lasts, restarts included."""
PAUSE = 0.3
"""Seconds before a client sends a message again."""

QUESTIONS = (
    "is lupus contagious",
    "what is lupus",
    "is CAR-T approved for lupus",
    "how fast do i push in cpr",
    "is NCT05938725 recruiting",
    "are there trials for lupus nephritis",
    "should i stop taking prednisone",
    "what is the weather tomorrow",
    "say it more simply",
    "where is this from",
    "thank you",
)
EMERGENCIES = ("my dad collapsed and isn't breathing", "my mom collapsed and she is not breathing")
CARD = "cpr-adult"

TRACES = rb"quillfeather[a-z]{6}|quill\.[a-z]{6}@|628[\s().-]{0,3}555[\s().-]{0,2}[0-9]{4}"
"""An expression, for any case, that finds each trace which `Traces` makes, and nothing else there is on the disk."""


class Traces:
    """Names, addresses and telephone numbers of nobody, each another."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def beside(self, text: str) -> str:
        """`text` with a trace before or behind it, in words with which people give such things away."""
        mark = "".join(self._chance.choices(string.ascii_lowercase, k=6))
        return self._chance.choice(
            (
                f"my name is Zebulon Quillfeather{mark}, {text}",
                f"{text}? write to quill.{mark}@post.example",
                f"{text}? call me on (628) 555-{self._chance.randrange(10_000):04}",
            )
        )


class Refused(Exception):
    """An answer that sending the message again will not change."""


@dataclass(frozen=True)
class NotNow(Exception):
    """No answer yet; the same message may be sent again after `wait` seconds."""

    wait: float


def taken(response: httpx.Response) -> Any:
    """The body of an answer. Raises `NotNow` and `Refused`."""
    if response.status_code in (429, 503):
        raise NotNow(float(response.headers.get("Retry-After", PAUSE)))
    if not response.is_success:
        raise Refused(f"{response.status_code} {response.text[:200]}")
    return response.json()


class Talk:
    """A conversation by way of a server that speaks for its users."""

    def __init__(self, client: httpx.Client) -> None:
        self.client, self.sender = client, uuid.uuid4().hex

    def send(self, text: str, message_id: str) -> list[dict[str, Any]]:
        """The replies, in order. Raises `NotNow`, `Refused` and `httpx.TransportError`."""
        body = {"sender": self.sender, "message": text, "metadata": {"message_id": message_id}}
        replies: list[dict[str, Any]] = taken(self.client.post(WEBHOOK, json=body))
        return replies

    def record(self, secret: bytes) -> str:
        """Under which id it is kept."""
        return conversation_id(secret, "rest", self.sender)


class WidgetTalk(Talk):
    """A conversation by way of the chat element. Its token comes before the first message, or with its replies."""

    token = ""

    def begin(self) -> None:
        self.token = taken(self.client.post("/api/v1/conversations", json={"locale": "en"}))["token"]

    def send(self, text: str, message_id: str) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"message": text, "message_id": message_id}
        row = taken(self.client.post("/api/v1/messages", json=body, headers=headers))
        self.token = row.get("token", self.token)
        replies: list[dict[str, Any]] = row["messages"]
        return replies

    def record(self, secret: bytes) -> str:
        return token_conversation_id(self.token)


@dataclass(eq=False)
class Letter:
    """One message, and what became of it. `replies` is None until it is answered.

    `seconds` is how long the attempt took that was answered, `at` when that was, on the monotonic clock.
    """

    talk: Talk
    text: str
    emergency: bool = False
    message_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    replies: list[dict[str, Any]] | None = None
    attempts: int = 0
    seconds: float = 0.0
    at: float = 0.0

    @property
    def first(self) -> dict[str, Any]:
        """The answer that is said first; empty when that is a plain phrase, or there is none."""
        first = (self.replies or [{}])[0]
        answer: dict[str, Any] = first.get("custom") or first.get("answer") or {}
        return answer

    @property
    def card(self) -> str | None:
        return self.first.get("entry") if self.first.get("kind") == "emergency" else None

    def __str__(self) -> str:
        return f"message {self.message_id[:8]} by {'token' if isinstance(self.talk, WidgetTalk) else 'REST'}"


class People:
    """Everybody who talks in one run. `letters` are all messages that were sent; safe to read while they talk."""

    def __init__(self, address: str, chance: random.Random) -> None:
        self.letters: list[Letter] = []
        self.broken: list[str] = []
        self._client = httpx.Client(base_url=address, timeout=60, trust_env=False)
        self._chance, self._traces = chance, Traces(chance)
        self._under_way: set[Letter] = set()
        self._changing = threading.Lock()
        self._talks: list[Talk] = []

    def close(self) -> None:
        self._client.close()

    @property
    def under_way(self) -> int:
        """Messages that were sent and are not answered."""
        return len(self._under_way)

    def talk(self, by_token: bool) -> Talk:
        """A conversation that was announced, as a careful client does it, before its first message."""
        if not by_token:
            return Talk(self._client)
        talk = WidgetTalk(self._client)
        talk.begin()
        return talk

    def say(self, talk: Talk, text: str, emergency: bool = False, traced: bool = True) -> Letter:
        """Sends a message, with a trace in it, until it is answered. A refusal is noted in `broken`."""
        with self._changing:
            letter = Letter(talk, self._traces.beside(text) if traced else text, emergency)
            self.letters.append(letter)
            self._under_way.add(letter)
        try:
            self._deliver(letter)
        except Refused as refusal:
            self.broken.append(f"{letter} was refused: {refusal}")
        finally:
            with self._changing:
                self._under_way.discard(letter)
        return letter

    def _deliver(self, letter: Letter) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            letter.attempts += 1
            begun = time.monotonic()
            try:
                letter.replies = letter.talk.send(letter.text, letter.message_id)
            except (httpx.TransportError, NotNow) as fault:
                threading.Event().wait(fault.wait if isinstance(fault, NotNow) else PAUSE)
                continue
            letter.at = time.monotonic()
            letter.seconds = letter.at - begun
            return

    @contextmanager
    def talking(self, conversations: int = 4) -> Iterator[None]:
        """People talk, and some need help at once, until the block ends and the last of them is answered."""
        while len(self._talks) < conversations:
            self._talks.append(self.talk(by_token=len(self._talks) % 2 == 1))
        stop = threading.Event()
        threads = [threading.Thread(target=self._chat, args=(talk, stop)) for talk in self._talks]
        threads.append(threading.Thread(target=self._call_for_help, args=(stop,)))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _chat(self, talk: Talk, stop: threading.Event) -> None:
        chance = random.Random(self._chance.random())
        while not stop.wait(chance.uniform(0.3, 1.5)):
            self.say(talk, chance.choice(QUESTIONS))

    def _call_for_help(self, stop: threading.Event) -> None:
        """Emergencies in all ways in which they come: from strangers and in the middle of a conversation."""
        chance = random.Random(self._chance.random())
        while not stop.wait(chance.uniform(0.5, 1.5)):
            talk = chance.choice((*self._talks, Talk(self._client), WidgetTalk(self._client)))
            self.say(talk, chance.choice(EMERGENCIES), emergency=True)
