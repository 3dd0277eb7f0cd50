"""The assistant's door over real HTTP: signed messages only, and each is handled once, however often it comes."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bot.signature import sign
from tests.running import free_port

SECRET = b"0123456789abcdef0123456789abcdef"
MESSAGE = "/webhooks/lantern/message"


@dataclass
class Listener:
    """In the place of Rasa: answers with what it heard, as soon as `may_answer`; fails on the word `fail`."""

    heard: list[Any] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_message(self, message: Any) -> None:
        self.heard.append(message)
        self.begun.set()
        await self.may_answer.wait()
        if "fail" in message.text:
            raise ValueError(message.text)
        answer = {"text": f"{message.text} {len(self.heard)}", "custom": {"kind": "answer"}, "metadata": "unneeded"}
        await message.output_channel.send_response(message.sender_id, answer)


@dataclass
class Door:
    client: httpx.AsyncClient
    listener: Listener
    port: int

    async def say(self, text: str, message_id: str | None = "m-1", sender: str = "ann") -> httpx.Response:
        content, headers = signed({"sender": sender, "text": text, "metadata": {"message_id": message_id}})
        return await self.client.post(MESSAGE, content=content, headers=headers)


def signed(body: Any) -> tuple[bytes, dict[str, str]]:
    content, timestamp = json.dumps(body).encode(), str(int(time.time()))
    return content, {"X-Lantern-Timestamp": timestamp, "X-Lantern-Signature": sign(SECRET, timestamp, content)}


@asynccontextmanager
async def door() -> AsyncIterator[Door]:
    from rasa.core.channels.channel import register
    from sanic import Sanic

    from bot.channel import LanternChannel

    port, listener = free_port(), Listener()
    app = Sanic(f"door_{port}", configure_logging=False)
    app.ctx.agent = listener
    register([LanternChannel(SECRET)], app, route="/webhooks/")
    server = await app.create_server("127.0.0.1", port, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.start_serving()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield Door(client, listener, port)
    finally:
        server.close()
        await server.wait_closed()


def at_the_door(talk: Callable[[Door], Awaitable[None]]) -> None:
    async def run() -> None:
        async with door() as opened:
            await talk(opened)

    asyncio.run(run())


def test_a_message_is_answered() -> None:
    async def talk(door: Door) -> None:
        door.listener.may_answer.set()
        response = await door.say(" /restart now")
        assert response.status_code == 200
        assert response.json() == {"messages": [{"text": "restart now 1", "custom": {"kind": "answer"}}]}
        assert response.headers["content-type"] == "application/json"
        assert (await door.client.get("/webhooks/lantern/ready")).json() == {"ready": True}

    at_the_door(talk)


def test_a_message_that_comes_again_gets_the_same_reply_and_is_not_handled_again() -> None:
    async def talk(door: Door) -> None:
        door.listener.may_answer.set()
        first, again = await door.say("hello"), await door.say("hello")
        assert again.content == first.content
        assert len(door.listener.heard) == 1

    at_the_door(talk)


def test_one_that_comes_again_meanwhile_waits_for_the_first() -> None:
    async def talk(door: Door) -> None:
        first = asyncio.create_task(door.say("hello"))
        await door.listener.begun.wait()
        again = asyncio.create_task(door.say("hello"))
        # Answered while both wait: this one came after them.
        assert (await door.client.get("/webhooks/lantern/ready")).status_code == 200
        door.listener.may_answer.set()
        assert (await again).json() == (await first).json()
        assert len(door.listener.heard) == 1

    at_the_door(talk)


def test_a_turn_is_not_cut_in_half_by_a_dropped_connection() -> None:
    async def talk(door: Door) -> None:
        content, headers = signed({"sender": "ann", "text": "hello", "metadata": {"message_id": "m-1"}})
        lines = [f"POST {MESSAGE} HTTP/1.1", "Host: lantern", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        _, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        await door.listener.begun.wait()
        writer.close()
        await writer.wait_closed()
        again = asyncio.create_task(door.say("hello"))
        assert (await door.client.get("/webhooks/lantern/ready")).status_code == 200
        door.listener.may_answer.set()
        assert (await again).json()["messages"][0]["text"] == "hello 1"
        assert len(door.listener.heard) == 1

    at_the_door(talk)


@pytest.mark.parametrize("other", [{"message_id": "m-2"}, {"sender": "bo"}, {"message_id": None}])
def test_another_message_is_handled(other: dict[str, Any]) -> None:
    async def talk(door: Door) -> None:
        door.listener.may_answer.set()
        await door.say("hello")
        assert (await door.say("hello", **other)).json()["messages"][0]["text"] == "hello 2"

    at_the_door(talk)


def test_messages_without_an_id_are_all_handled() -> None:
    async def talk(door: Door) -> None:
        door.listener.may_answer.set()
        for number in (1, 2):
            assert (await door.say("hello", None)).json()["messages"][0]["text"] == f"hello {number}"

    at_the_door(talk)


def test_a_message_on_which_it_failed_is_tried_again_and_not_repeated_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def talk(door: Door) -> None:
        door.listener.may_answer.set()
        for _ in range(2):
            response = await door.say("my secret words fail")
            assert response.status_code == 500
            assert "secret" not in response.text
        assert len(door.listener.heard) == 2

    at_the_door(talk)
    assert "a message failed: ValueError at" in caplog.text
    assert "secret" not in caplog.text


def test_only_the_latest_replies_are_remembered() -> None:
    from bot.channel import Answered

    async def talk() -> None:
        answered, handled = Answered(most=2), []

        async def handle() -> bytes:
            handled.append(b"")
            return str(len(handled)).encode()

        replies = [await answered.once("ann", message, handle) for message in "aabbccab"]
        assert replies == [b"1", b"1", b"2", b"2", b"3", b"3", b"4", b"5"]

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "shape"),
        ({"sender": "ann", "text": "hello"}, "shape"),
        ({"sender": 1, "text": "", "metadata": {}}, "shape"),
    ],
)
def test_what_is_no_message_is_refused(body: Any, error: str) -> None:
    async def talk(door: Door) -> None:
        content, headers = signed(body)
        response = await door.client.post(MESSAGE, content=content, headers=headers)
        assert (response.status_code, response.json()) == (400, {"error": error})
        assert door.listener.heard == []

    at_the_door(talk)


def test_a_message_of_somebody_else_is_refused_also_when_it_repeats_one() -> None:
    async def talk(door: Door) -> None:
        door.listener.may_answer.set()
        await door.say("hello")
        content, headers = signed({"sender": "ann", "text": "hello", "metadata": {"message_id": "m-1"}})
        for wrong in ({}, {**headers, "X-Lantern-Signature": "sha256=" + "0" * 64}):
            response = await door.client.post(MESSAGE, content=content, headers=wrong)
            assert (response.status_code, response.json()) == (401, {"error": "unsigned"})

    at_the_door(talk)


@pytest.fixture(autouse=True)
def everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture(autouse=True)
def several_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sanic rewrites its own code when a server starts; a second start in one process would fail."""
    from sanic import Sanic

    monkeypatch.setattr(Sanic, "test_mode", True)
