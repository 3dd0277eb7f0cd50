"""What a channel has to be able to do: one adapter for each provider, and the words between it and the shared base.

An adapter checks who calls (`verify`), reads what they say (`parse`), and sends (`send`). It keeps nothing and asks
nothing else: everything that makes a message answered exactly once is in the base (`door`, `responder`, `courier`).
`template.py` is the smallest whole adapter.
"""

from __future__ import annotations

import datetime as dt
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from starlette.responses import JSONResponse, Response

from web.channels.errors import KeyRefused, Malformed, NotNow, Rejected, Unsure
from web.settings import Setting

MANY_TRIES = 100_000
"""Longest wait in seconds that is taken from a `Retry-After`."""


@dataclass(frozen=True)
class Delivery:
    """A request as it came in; nothing of it is believed before `verify`. `address` is the address that the provider
    called, as it knows it. Names of headers are in small letters. `at`: unix seconds."""

    method: str
    address: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)
    at: float

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `Malformed`."""
        try:
            body = json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise Malformed("the body is not JSON") from None
        if not isinstance(body, dict):
            raise Malformed("the body is not a JSON object")
        return body


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class Message:
    """Something that a person wrote.

    `id` is the provider's, the same at every delivery. `sender` names the person for good within the channel. `text` is
    None for what has no words: a picture, a voice note. `address` is what `send` needs to reply, as JSON values.
    `region` and `locale` are hints, which need not be understood. `sent_at` (unix seconds) is the provider's word for
    when. `edited`: a changed version of an earlier message; it is read for emergencies only.
    """

    id: str
    sender: str = field(repr=False)
    text: str | None = field(repr=False)
    address: Mapping[str, Any] = field(repr=False)
    region: Any = None
    locale: Any = None
    sent_at: float | None = None
    edited: bool = False


@dataclass(frozen=True)
class Undelivered:
    """The provider says that a message which it took could not be delivered. `id` is what `send` returned for it."""

    id: str
    fault: str


Event = Message | Undelivered


@dataclass(frozen=True)
class Capacity:
    """What a message of this channel can hold.

    `chars`: most characters we put into one; `card_chars`: most that it can take, for a card, which is never split.
    `choices` buttons of `title` characters at most, which stand for a message of at most `message` characters; 0
    choices: they are numbered. `chars_with_choices`: most characters of a message that has buttons, where that is
    fewer.
    """

    chars: int
    card_chars: int
    choices: int = 0
    title: int = 0
    message: int = 0
    chars_with_choices: int = 0


@dataclass(frozen=True)
class Choice:
    """A button: what it says, and the message that it stands for."""

    title: str
    message: str


@dataclass(frozen=True)
class Page:
    """One message to a person. `answer` is the whole answer as JSON, with the first page of it; None with the others.
    `label`: what a button says that opens a list of the choices. `number` of `pages`, counted from 1, of all that
    replies to one message. `urgent`: a card."""

    text: str
    choices: tuple[Choice, ...] = ()
    urgent: bool = False
    answer: Mapping[str, Any] | None = None
    label: str = ""
    number: int = 1
    pages: int = 1

    def to_json(self) -> dict[str, Any]:
        choices = [[choice.title, choice.message] for choice in self.choices]
        return {**vars(self), "choices": choices}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Page:
        return cls(**{**row, "choices": tuple(Choice(*pair) for pair in row["choices"])})


@dataclass(frozen=True)
class Letter:
    """A page on its way to `address`. `key` names it for good, also for receivers that can tell a repetition by it.
    `at`: now, in unix seconds."""

    key: str
    address: Mapping[str, Any] = field(repr=False)
    page: Page = field(repr=False)
    at: float
    attempts: int = 1


@dataclass(frozen=True)
class Answered:
    """What a provider answered to a call of ours; `body` is at most the beginning of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}


class Line(Protocol):
    """The way out to providers. Calls follow no redirect and end after a time limit."""

    async def post(
        self,
        address: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answered:
        """Raises `NotNow` where nobody was reached, and `Unsure` where no answer came."""

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answered:
        """Raises `NotNow`."""


def taken(answered: Answered) -> Answered:
    """The answer, if it says that the message was taken. Raises `NotSent` as its status says."""
    status, fault = answered.status, f"status {answered.status}"
    if 200 <= status < 300:
        return answered
    if status in (401, 403):
        raise KeyRefused(fault)
    if status == 429:
        raise NotNow(fault, retry_after(answered.headers))
    if status == 504:
        # What stands in front of the provider gave up waiting for it; it may have gone through all the same.
        raise Unsure(fault)
    if status in (408, 425) or status >= 500:
        raise NotNow(fault, retry_after(answered.headers))
    raise Rejected(fault)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a `Retry-After`; None where there is none that can be read."""
    value = headers.get("retry-after", "").strip()
    return min(float(value), MANY_TRIES) if value.isdecimal() and len(value) < 10 else None


def json_call(line: Line, address: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
    """A call with a JSON body, to be awaited."""
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return line.post(address, body=encoded, headers={"Content-Type": "application/json", **(headers or {})})


@dataclass(frozen=True)
class Question:
    """A setting of a channel, and where whoever sets it up finds its value. `make` makes one where nobody has to."""

    setting: Setting
    where: str
    make: Callable[[], str] | None = None


class Adapter(ABC):
    """One provider. Built once from its settings; safe to use for many messages at a time."""

    name: ClassVar[str]
    """As in the route `/channels/<name>`; at most 16 characters."""
    questions: ClassVar[tuple[Question, ...]]
    """Its settings. It is switched on as soon as one of them is given, and then all without a default are needed."""
    capacity: Capacity
    repeatable: ClassVar[bool] = False
    """Whether the provider, handed a letter twice, gives it to the person once: known by its key."""
    window: ClassVar[dt.timedelta | None] = None
    """How long after a person's last message they may be written to."""
    stop_words: ClassVar[bool] = False
    """Whether STOP and START are heeded."""
    methods: ClassVar[tuple[str, ...]] = ("POST",)

    @classmethod
    @abstractmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Adapter:
        """The adapter for these values of its `questions`, by name. Raises `ValueError` for some that do not fit
        together."""

    @abstractmethod
    async def verify(self, delivery: Delivery, line: Line) -> None:
        """Returns for a request that its provider signed. Raises `BadSignature` for any other."""

    @abstractmethod
    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """What a verified request says; nothing for what we do not act on. Raises `Malformed`."""

    @abstractmethod
    async def send(self, letter: Letter, line: Line) -> str | None:
        """Sends a letter; returns the provider's id for it, where it gives one. Raises `NotSent`."""

    async def reach(self, line: Line, at: float) -> None:
        """Asks the real provider whether it accepts our key; `at`: now, in unix seconds. Raises `NotSent`."""
        raise Rejected("this channel cannot be tried without writing to somebody")

    def greeting(self, delivery: Delivery) -> Response | None:
        """The reply to a request that only tries the address, as providers do at set-up; None for every other one."""
        return None

    def tells_stopped(self, address: Mapping[str, Any]) -> bool:
        """Whether we confirm that somebody asked for silence; False where the provider does."""
        return True

    def thanks(self) -> Response:
        """What a provider is told once everything it delivered is kept."""
        return JSONResponse({})


Build = Callable[[Mapping[str, Any]], Adapter]
