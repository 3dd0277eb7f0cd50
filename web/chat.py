"""One message in, the replies out: the same for every channel.

The order is fixed. The emergency rules read the whole text before anything else, and their card is the first thing
said; it waits for nobody. Everything else keeps its place in the conversation and is asked of the assistant; when that
is away, the knowledge base answers single questions on its own.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from typing import Literal

from knowledge.blocks import spoken
from knowledge.cards import card_answer
from knowledge.model import Answer, Context, Question, ReplyKind
from safety import Finding
from web.conversations import Conversation
from web.errors import AssistantUnavailable, whereabouts
from web.messages import LOCALES, Reply, Turn
from web.parts import Parts

logger = logging.getLogger(__name__)

HEAD_SHARE = 0.3
"""Of a message that is too long, this share of what is read is its beginning and the rest its end: people set out with
the matter and close with the question."""

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_COMMAND_MARK = re.compile(r"^[\s/]+")
_NOT_A_WORD = re.compile(r"[\W_]+")


def clean(text: str) -> str:
    """The text without control characters, safe to encode, and never a command: a slash in front means one to Rasa."""
    return _COMMAND_MARK.sub("", _LONE_SURROGATE.sub("\ufffd", _UNWANTED.sub("", text)))


def shortened(text: str, most: int) -> str:
    """The beginning and the end of a text longer than `most` characters, a space between them; `most` in all."""
    if len(text) <= most:
        return text
    head = int(most * HEAD_SHARE)
    return text[: head - 1] + " " + text[head - most :]


async def respond(turn: Turn, conversation: Conversation, parts: Parts) -> list[Reply]:
    """What the person is told, in order; never empty, never raises for what they wrote or for a part that is away."""
    try:
        replies = await _replies(turn, conversation, parts)
    except Exception as fault:
        # The last net: a fault of ours must not leave a frightened person with an error page.
        logger.error("a message could not be answered: %s", whereabouts(fault))
        replies = [_spoken("unavailable", "abstain", turn, parts)]
    if conversation.introduce():
        # In the language of the first reply: whoever got a Spanish card is not introduced to in English.
        spoken_in = next((reply.answer.locale for reply in replies if reply.answer is not None), turn.locale)
        replies.append(Reply(text=_phrase("introduction", replace(turn, locale=spoken_in), parts)))
    return replies


async def _replies(turn: Turn, conversation: Conversation, parts: Parts) -> list[Reply]:
    text = clean(turn.text)
    finding = parts.rules.check(text, therapy=conversation.therapy)
    conversation.therapy = conversation.therapy or parts.rules.mentions_therapy(text)
    if finding is not None:
        conversation.card = finding
        return [Reply(answer=card(finding, turn.region, parts))]
    if not text.strip():
        return [_spoken("empty_message", "clarify", turn, parts)]
    if _calls_it_off(text, parts):
        conversation.card = None
        return [_spoken("not_emergency_reply", "clarify", turn, parts)]
    read = shortened(text, parts.settings.message_chars)
    async with conversation.turn:
        replies = await _answers(turn, read, conversation.card, parts)
        if any(reply.answer is not None and reply.answer.topic != "cards" for reply in replies):
            conversation.card = None
    if read != text:
        replies.append(Reply(text=_phrase("long_message", turn, parts)))
    return replies


async def _answers(turn: Turn, text: str, after: Finding | None, parts: Parts) -> list[Reply]:
    try:
        return await parts.assistant.ask(turn, text, after)
    except AssistantUnavailable as fault:
        logger.warning("answering without the assistant: %s", fault)
    question = Question(text, turn.locale, Context(region=turn.region), turn.channel)
    searching = asyncio.to_thread(lambda: parts.knowledge.live().answer(question))
    answer = await asyncio.wait_for(searching, parts.settings.time_limit)
    # "Say it more simply" and the like need the assistant; questions do not.
    questions = tuple(offer for offer in answer.follow_ups if offer.title.endswith("?"))
    return [Reply(answer=replace(answer, follow_ups=questions)), Reply(text=_phrase("limited", turn, parts))]


def card(finding: Finding, region: str | None, parts: Parts) -> Answer:
    """The card that the words of a person call for, with the numbers of their region."""
    logger.info("card %s shown", finding.card)
    kind: Literal["emergency", "crisis"] = "crisis" if finding.kind == "crisis" else "emergency"
    found = parts.cards.card(finding.card, finding.locale)
    return card_answer(found, kind, parts.numbers, region, parts.phrases, parts.card_sources)


def _calls_it_off(text: str, parts: Parts) -> bool:
    """Whether this is the button under a card that leads back, pressed or typed."""
    said = _plain(text)
    return any(said == _plain(parts.phrases.say(locale, "not_emergency_button")) for locale in LOCALES)


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text).strip().casefold()


def _phrase(key: str, turn: Turn, parts: Parts) -> str:
    number = parts.numbers.emergency_number(turn.region, turn.locale)
    return parts.phrases.say(turn.locale, key, emergency_number=number)


def _spoken(key: str, kind: ReplyKind, turn: Turn, parts: Parts) -> Reply:
    return Reply(answer=Answer(kind, (spoken(_phrase(key, turn, parts)),), locale=turn.locale))
