"""The line to the assistant: what happens when it is down, slow, or talks nonsense."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from knowledge.codec import answer_to_json
from tests.web.conftest import ANSWER, SECRET, StandInAssistant
from web.assistant import Asked, Assistant, Breaker
from web.errors import AssistantUnavailable, StartRefused
from web.messages import Reply
from web.metrics import Metrics
from web.settings import Settings
from web.wiring import line_to_assistant, read_secret

ASKED = Asked("someone", "Is lupus contagious?", message_id="m-1", region="US", locale="en", noticed=True)


def line(assistant: StandInAssistant, tmp_path: Any, secret: bytes = SECRET, limit_ms: int = 20_000) -> Assistant:
    settings = Settings(home=tmp_path, assistant_port=assistant.port, assistant_timeout_ms=limit_ms)
    return line_to_assistant(settings, secret, Metrics())


def ask(assistant: Assistant, times: int = 1) -> list[list[Reply] | str]:
    """Replies to each question, or why there were none."""

    async def conversation() -> list[list[Reply] | str]:
        outcomes: list[list[Reply] | str] = []
        for _ in range(times):
            try:
                outcomes.append(await assistant.ask(ASKED))
            except AssistantUnavailable as fault:
                outcomes.append(str(fault))
        await assistant.close()
        return outcomes

    return asyncio.run(conversation())


def test_replies_come_back_as_they_were_sent(assistant: StandInAssistant, tmp_path: Any) -> None:
    buttons = [{"title": "Yes", "payload": "yes please"}]
    messages = [{"custom": answer_to_json(ANSWER)}, {"text": "Shall I?", "buttons": buttons}]
    assistant.reply = json.dumps({"messages": messages}).encode()
    [replies] = ask(line(assistant, tmp_path))
    assert isinstance(replies, list)
    answer, question = replies
    assert answer.answer == ANSWER
    assert question.text == "Shall I?"
    assert [(offer.title, offer.message) for offer in question.offers()] == [("Yes", "yes please")]


@pytest.mark.parametrize("behaviour", ["hang", "500", "close"])
def test_a_broken_assistant_is_unavailable(assistant: StandInAssistant, tmp_path: Any, behaviour: str) -> None:
    assistant.behave = behaviour
    assert isinstance(ask(line(assistant, tmp_path, limit_ms=400))[0], str)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"messages": null}',
        b'{"messages": []}',
        b'{"messages": "hello"}',
        b'{"messages": [7]}',
        b'{"messages": [{}]}',
        b'{"messages": [{"text": ""}]}',
        b'{"messages": [{"text": 7}]}',
        b'{"messages": [{"custom": {}}]}',
        b'{"messages": [{"custom": "answer"}]}',
        b'{"messages": [{"text": "hi", "custom": {"kind": "answer"}}]}',
        b'{"messages": [{"text": "hi", "buttons": [{"title": "no payload"}]}]}',
        b'{"messages": ' + b"[" * 100_000,
    ],
)
def test_nonsense_is_unavailable(assistant: StandInAssistant, tmp_path: Any, reply: bytes) -> None:
    assistant.reply = reply
    assert isinstance(ask(line(assistant, tmp_path))[0], str)


def test_a_dropped_connection_is_tried_once_more(assistant: StandInAssistant, tmp_path: Any) -> None:
    assistant.behave = "close_once"
    [replies] = ask(line(assistant, tmp_path))
    assert isinstance(replies, list)
    assert [message["metadata"]["message_id"] for message in assistant.received] == ["m-1", "m-1"]


def test_it_is_not_tried_a_third_time(assistant: StandInAssistant, tmp_path: Any) -> None:
    assistant.behave = "close"
    ask(line(assistant, tmp_path))
    assert len(assistant.received) == 2


def test_a_slow_answer_is_not_asked_for_again(assistant: StandInAssistant, tmp_path: Any) -> None:
    assistant.behave = "hang"
    ask(line(assistant, tmp_path, limit_ms=400))
    assert len(assistant.received) == 1


def test_after_three_failures_nobody_waits_for_it(assistant: StandInAssistant, tmp_path: Any) -> None:
    assistant.behave = "500"
    outcomes = ask(line(assistant, tmp_path), times=5)
    assert len(assistant.received) == 3
    assert outcomes[3:] == ["resting after failures"] * 2


def test_another_secret_is_refused(assistant: StandInAssistant, tmp_path: Any) -> None:
    assert ask(line(assistant, tmp_path, secret=b"another-secret-of-16")) == ["status 401"]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_probe_goes_through_after_each_rest() -> None:
    clock = Clock()
    breaker = Breaker(clock, failures=3, rest=10)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert not breaker.allows()
    clock.now += 10
    assert breaker.allows()
    assert not breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now += 10
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    assert breaker.allows()


def test_a_probe_without_an_outcome_does_not_close_the_door_for_ever() -> None:
    clock = Clock()
    breaker = Breaker(clock, failures=1, rest=10)
    breaker.failed()
    clock.now += 10
    assert breaker.allows()
    clock.now += 10
    assert breaker.allows()


def test_failures_that_do_not_follow_one_another_open_nothing() -> None:
    breaker = Breaker(Clock(), failures=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


@pytest.mark.parametrize("content", [None, "", "not hex", "abcd"])
def test_a_missing_or_weak_secret_stops_the_start(tmp_path: Any, content: str | None) -> None:
    file = tmp_path / "assistant"
    if content is not None:
        file.write_text(content)
    with pytest.raises(StartRefused, match="lantern up"):
        read_secret(file)
