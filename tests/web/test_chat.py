"""Order and memory of a conversation at the door."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import cast

import pytest

from knowledge.blocks import spoken
from knowledge.model import Answer, ReplyKind
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


class SecondNet:
    """An assistant that gives these answers, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.after: list[ShownCard | None] = []

    async def ask(self, asked: Asked) -> list[Reply]:
        self.after.append(asked.after)
        return [Reply(answer=self.answers.pop(0))]


def told(parts: Parts, answers: list[Answer], *texts: str) -> tuple[list[Answer], list[ShownCard | None]]:
    """The first answer to each text of a new conversation, and which card the assistant heard of as the one before."""
    net, name = SecondNet(*answers), uuid.uuid4().hex

    async def conversation() -> list[Answer]:
        replies = [await respond(turn(text, name), replace(parts, assistant=cast(Assistant, net))) for text in texts]
        return [reply[0].answer for reply in replies if reply[0].answer is not None]

    return asyncio.run(conversation()), net.after


def card_of(kind: ReplyKind, card: str) -> Answer:
    return Answer(kind, (spoken("Call."),), entry=card, topic="cards")


def test_a_card_of_the_assistant_is_followed_up_like_one_of_the_gateway(parts: Parts) -> None:
    stroke, answer = card_of("emergency", "stroke"), Answer("answer", (spoken("told"),), entry="tea")
    answers, after = told(parts, [stroke, stroke, answer, answer], "odd words", "simpler", "what is tea", "more")
    assert [one.kind for one in answers] == ["emergency", "emergency", "answer", "answer"]
    shown = ShownCard("emergency", "stroke", "en")
    assert after == [None, shown, shown, None]


def test_a_card_of_the_assistant_is_counted_once_and_can_be_taken_back(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(parts.metrics, "card_shown", counted.append)
    stroke = card_of("emergency", "stroke")
    texts = ("odd words", "simpler", "This is not an emergency", "what is tea")
    answers, after = told(parts, [stroke, stroke, Answer("abstain", (spoken("no"),))], *texts)
    assert answers[2].kind == "clarify"
    assert after[-1] is None
    assert counted == ["stroke"]


def test_thanks_do_not_take_a_card_away(parts: Parts) -> None:
    answers = [Answer("smalltalk", (spoken("You are welcome."),)), Answer("smalltalk", (spoken("Yes."),))]
    replies, after = told(parts, answers, COLLAPSED, "thanks", "are you there")
    assert [one.kind for one in replies] == ["emergency", "smalltalk", "smalltalk"]
    assert [one.card for one in after if one] == ["cpr-adult", "cpr-adult"]


@pytest.mark.parametrize("kind", ["abstain", "clarify"])
def test_who_spoke_of_suicide_and_goes_on_talking_is_not_told_that_nothing_is_known(
    parts: Parts, kind: ReplyKind
) -> None:
    lost = Answer(kind, (spoken("I do not have a checked answer to that."),))
    replies, _ = told(parts, [lost, lost], "i want to kill myself", "nobody understands", "it is all grey")
    assert [(one.kind, one.entry) for one in replies] == [("crisis", "crisis")] * 3
    after_collapse, _ = told(parts, [lost], COLLAPSED, "and does it rain tomorrow?")
    assert after_collapse[1].kind == kind, "who asks something else hears that it is not known"


def test_after_a_crisis_a_question_is_answered_and_the_way_back_is_open(parts: Parts) -> None:
    told_tea = Answer("answer", (spoken("told"),), entry="tea")
    lost = Answer("abstain", (spoken("no"),))
    texts = ("i want to kill myself", "what is tea", "hm")
    replies, _ = told(parts, [told_tea, lost], *texts)
    assert [one.kind for one in replies] == ["crisis", "answer", "abstain"]
    texts = ("i want to kill myself", "This is not an emergency", "hm")
    replies, _ = told(parts, [lost], *texts)
    assert [one.kind for one in replies] == ["crisis", "clarify", "abstain"]
