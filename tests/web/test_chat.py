"""Order and memory of a conversation at the door."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import cast

import pytest

from knowledge.blocks import spoken
from knowledge.model import Answer
from records.model import ShownCard
from safety.cards import CardShelf
from tests.web.conftest import COLLAPSED
from web.assistant import Asked, Assistant
from web.chat import respond, shortened
from web.messages import Reply, Turn
from web.parts import Parts
from web.turns import Turns


class Patient:
    """An assistant that answers each message only when it is told to."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.after: list[ShownCard | None] = []
        self.go_on = asyncio.Event()

    async def ask(self, asked: Asked) -> list[Reply]:
        self.heard.append(asked.text)
        self.after.append(asked.after)
        await self.go_on.wait()
        return [Reply(answer=Answer("answer", (spoken(f"about {asked.text}"),)))]


def said(replies: list[Reply]) -> str:
    answer = replies[0].answer
    assert answer is not None
    return answer.blocks[0].runs[0].text


def turn(text: str, conversation: str = "someone", message_id: str = "") -> Turn:
    return Turn(conversation, text, message_id=message_id or uuid.uuid4().hex, region="US")


def slow(parts: Parts) -> tuple[Parts, Patient]:
    patient = Patient()
    return replace(parts, assistant=cast(Assistant, patient)), patient


def test_messages_of_one_person_are_answered_in_their_order(parts: Parts) -> None:
    async def conversation() -> None:
        parts_, patient = slow(parts)
        first = asyncio.create_task(respond(turn("one"), parts_))
        second = asyncio.create_task(respond(turn("two"), parts_))
        other = asyncio.create_task(respond(turn("three", "other"), parts_))
        while len(patient.heard) < 2:
            await asyncio.sleep(0)
        assert set(patient.heard) == {"one", "three"}, "the second message waits, another person does not"
        patient.go_on.set()
        assert [said(await task) for task in (first, second, other)] == ["about one", "about two", "about three"]

    asyncio.run(conversation())


def test_a_card_does_not_wait_for_an_answer_that_is_being_made(parts: Parts) -> None:
    async def conversation() -> None:
        parts_, patient = slow(parts)
        waiting = asyncio.create_task(respond(turn("one"), parts_))
        while not patient.heard:
            await asyncio.sleep(0)
        replies = await respond(turn(COLLAPSED), parts_)
        assert replies[0].answer is not None
        assert replies[0].answer.kind == "emergency"
        patient.go_on.set()
        await waiting

    asyncio.run(conversation())


def test_a_card_that_cannot_be_read_leaves_the_number_to_call(parts: Parts) -> None:
    without = replace(parts, cards=cast(CardShelf, None))
    replies = asyncio.run(respond(turn(COLLAPSED), without))
    assert "911" in said(replies)


@pytest.mark.parametrize("most", [100, 1000])
@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 999, 1000, 1001, 20_000])
def test_shortening_keeps_both_ends_and_the_limit(most: int, length: int) -> None:
    text = "".join(chr(0x100 + number % 0x1000) for number in range(length))
    read = shortened(text, most)
    assert len(read) == min(length, most)
    assert text.startswith(read[: most // 4])
    assert text.endswith(read[-most // 2 :])


def test_nothing_is_remembered_of_who_is_not_being_answered() -> None:
    async def conversation() -> None:
        turns = Turns()
        async with turns.of("busy"):
            for name in ("a", "b", "c"):
                async with turns.of(name):
                    assert len(turns) == 2
            assert len(turns) == 1
        assert len(turns) == 0

    asyncio.run(conversation())


def test_what_was_said_of_car_t_before_makes_milder_words_a_warning_sign(parts: Parts) -> None:
    async def conversation() -> list[Reply]:
        parts_, patient = slow(parts)
        patient.go_on.set()
        assert (await respond(turn("now she has a fever of 101.5 and chills"), parts_))[0].answer is not None
        assert patient.heard, "without CAR-T these words are an ordinary message"
        await respond(turn("my mom had car-t therapy last tuesday"), parts_)
        return await respond(turn("now she has a fever of 101.5 and chills"), parts_)

    answer = asyncio.run(conversation())[0].answer
    assert answer is not None
    assert (answer.kind, answer.entry) == ("emergency", "cart-warning")


def test_the_assistant_is_told_of_a_card_until_another_answer_follows_it(parts: Parts) -> None:
    async def conversation() -> list[ShownCard | None]:
        parts_, patient = slow(parts)
        patient.go_on.set()
        for text in ("what is lupus", COLLAPSED, "say it more simply", "is it contagious"):
            await respond(turn(text), parts_)
        return patient.after

    before, after, later = asyncio.run(conversation())
    assert before is None
    assert after is not None
    assert after.card == "cpr-adult"
    assert later is None, "the reply to the follow-up was an answer of its own"
