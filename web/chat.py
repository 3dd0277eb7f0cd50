"""One message in, the replies out: the same for every channel.

The order is fixed. The emergency rules read the whole text before anything else, and their card is the first thing
said; it waits for nobody. A message that was answered before gets the same replies again. Everything else keeps its
place in the conversation and is asked of the assistant; when that is away, the knowledge base answers single questions
on its own.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from knowledge.blocks import spoken
from knowledge.cards import card_answer
from knowledge.choosing import says_yes
from knowledge.model import Answer, Context, FollowUp, Question, ReplyKind
from knowledge.search.questions import asks
from knowledge.wiring import Knowledge
from records.errors import Unavailable, UnknownConversation
from records.missed import Missed
from records.model import Conversation, Replies, ShownCard
from safety import Finding
from web import handover
from web.all_clear import is_denied
from web.assistant import Asked
from web.contact import heeded
from web.errors import AssistantUnavailable, Refused, whereabouts
from web.messages import LOCALES, Reply, Turn, kind_of
from web.parts import Parts

logger = logging.getLogger(__name__)

HEAD_SHARE = 0.3
"""Of a message that is too long, this share of what is read is its beginning and the rest its end: people set out with
the matter and close with the question."""
CARD_PATIENCE, RECORD_PATIENCE = 0.2, 0.5
"""Seconds that a card, and any other reply, waits at most for the record of the conversation. What is not written by
then is written later."""
LOADING_PATIENCE = 15.0
"""Seconds that a question waits for the first release, in the moments after a start: it is loaded in two or three, on a
busy machine in ten. An answer then is worth more than an apology before."""
FIND_PATIENCE = 2.0
"""Seconds that any other reply waits for what the record knows already, before it goes on from memory: longer than a
busy disk takes, and not for as long as a database may hang."""

AT_A_LOSS = ("abstain", "clarify")
MANNERS = ("smalltalk", "handoff", *AT_A_LOSS)
"""Kinds of replies after which an emergency card is still what the conversation is about."""
CARDS = ("emergency", "crisis")
SURE_BESIDE_A_CARD = 0.6
"""Confidence from which an entry is a reply to what is said after a card without being asked."""
PLAYED_DOWN = 12
"""Words. A longer message is more than a word on what happened."""

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_COMMAND_MARK = re.compile(r"^[\s/]+")
_NOTHING_SAID = re.compile(r"[\s!-/:-@\[-`{-~¡¿…–—‘’“”·。、？！]*")
"""Blanks and punctuation alone. Other signs, such as a thumb up, say something."""


def clean(text: str) -> str:
    """The text without control characters, safe to encode, and never a command: a slash in front means one to Rasa."""
    return _COMMAND_MARK.sub("", _LONE_SURROGATE.sub("\ufffd", _UNWANTED.sub("", text)))


def shortened(text: str, most: int) -> str:
    """The beginning and the end of a text longer than `most` characters, a space between them; `most` in all."""
    if len(text) <= most:
        return text
    head = int(most * HEAD_SHARE)
    return text[: head - 1] + " " + text[head - most :]


@dataclass(frozen=True)
class _Heard:
    """A message, and its conversation as it was before: with the region and the language that the message names."""

    turn: Turn
    text: str
    before: Conversation
    region: str | None

    @classmethod
    def of(cls, turn: Turn, known: Conversation | None, parts: Parts) -> _Heard:
        before = known or parts.recorder.start(turn.conversation, turn.channel, LOCALES[0])
        before = replace(before, region=turn.region or before.region, locale=turn.locale or before.locale)
        return cls(turn, clean(turn.text), before, before.region or parts.site.region or None)

    @property
    def locale(self) -> str:
        return self.before.locale


@dataclass(frozen=True)
class _Answered:
    """What to say, and what the conversation is like afterwards; None where nothing of it may be kept. `contact`: what
    the person wrote is how to reach them, and is kept as that alone; `wordless`: it is not kept at all."""

    replies: list[Reply]
    after: Conversation | None
    contact: str | None = None
    wordless: bool = False


async def respond(turn: Turn, parts: Parts) -> list[Reply]:
    """What the person is told, in order; never empty. Raises `Refused` 429 for too many messages, and nothing else
    for what they wrote or for a part that is away."""
    begun = time.perf_counter()
    try:
        replies = await _respond(turn, parts)
    except Refused:
        raise
    except Exception as fault:
        # The last net: a fault of ours must not leave a frightened person with an error page.
        logger.error("a message could not be answered: %s", whereabouts(fault))
        replies = [_spoken("unavailable", "abstain", _Heard.of(turn, None, parts), parts)]
    seconds = time.perf_counter() - begun
    parts.metrics.answered(turn.channel, kind_of(replies), seconds)
    parts.message_log.answered(turn.channel, kind_of(replies), seconds, turn.conversation)
    return replies


async def _respond(turn: Turn, parts: Parts) -> list[Reply]:
    remembered = parts.recorder.remembered(turn.conversation)
    finding = checked(clean(turn.text), remembered, parts) or turn.finding
    if finding is not None:
        return await _card_at_once(turn, finding, parts)
    async with parts.turns.of(turn.conversation):
        known, answered = await _found(turn, FIND_PATIENCE, parts)
        if answered is not None:
            return [Reply.from_json(row) for row in answered]
        parts.limits.count(conversation=turn.conversation, address=turn.address)
        heard = _Heard.of(turn, known, parts)
        if _treatment(known) != _treatment(remembered):
            finding = checked(heard.text, known, parts)
        given = _with_card(heard, finding, parts) if finding else await _answer(heard, parts)
        return await _kept(heard, given, RECORD_PATIENCE, parts)


async def _found(turn: Turn, patience: float, parts: Parts) -> tuple[Conversation | None, Replies | None]:
    """What `Recorder.begin` says; from memory alone where the database takes longer than `patience`."""
    try:
        looking = parts.recorded(parts.recorder.begin, turn.conversation, turn.message_id)
        return await asyncio.wait_for(looking, patience)
    except asyncio.TimeoutError:
        return parts.recorder.remembered(turn.conversation), None


async def _card_at_once(turn: Turn, finding: Finding, parts: Parts) -> list[Reply]:
    """The card that the rules call for. It waits neither for the messages before it nor for a slow database."""
    known, answered = await _found(turn, CARD_PATIENCE, parts)
    if answered is not None:
        return [Reply.from_json(row) for row in answered]
    heard = _Heard.of(turn, known, parts)
    return await _kept(heard, _with_card(heard, finding, parts), 0.0, parts)


def _with_card(heard: _Heard, finding: Finding, parts: Parts) -> _Answered:
    shown = ShownCard(finding.kind, finding.card, finding.locale)
    return _Answered(
        [card_reply(finding, heard.region, parts)],
        replace(_noting_treatment(heard, parts), card=shown, awaiting=None),
    )


def checked(text: str, conversation: Conversation | None, parts: Parts) -> Finding | None:
    """What the emergency rules find in `text`, knowing which treatment was mentioned before it."""
    return parts.rules.check(text, **_treatment(conversation))


def _treatment(conversation: Conversation | None) -> dict[str, bool]:
    if conversation is None:
        return {"therapy": False, "suppressed": False}
    return {"therapy": conversation.therapy, "suppressed": conversation.suppressed}


def _noting_treatment(heard: _Heard, parts: Parts) -> Conversation:
    """CAR-T or a medicine that weakens the defences was mentioned: from then on milder words are warning signs."""
    before = heard.before
    if before.therapy and before.suppressed:
        return before
    therapy, suppressed = parts.rules.mentions(heard.text)
    return replace(before, therapy=before.therapy or therapy, suppressed=before.suppressed or suppressed)


async def _answer(heard: _Heard, parts: Parts) -> _Answered:
    text, before = heard.text, heard.before
    if heard.turn.wordless and _NOTHING_SAID.fullmatch(text):
        return _Answered([_spoken("words_only", "clarify", heard, parts)], before)
    if _NOTHING_SAID.fullmatch(text):
        return _Answered([_spoken("empty_message", "clarify", heard, parts)], before)
    if parts.says(text, "not_emergency_button") or (
        before.card is not None and is_denied(text, before.card.kind == "crisis")
    ):
        after = replace(_noting_treatment(heard, parts), card=None)
        return _Answered([_spoken("not_emergency_reply", "clarify", heard, parts)], after)
    if parts.says(text, "forget_me_button") or (before.awaiting == "forget" and says_yes(text)):
        return await _forget(heard, parts)
    if heard.turn.people is not None and (passed := _passed_on(heard, parts)) is not None:
        return passed
    if parts.site.contact and (reached := _heeded(heard, parts)) is not None:
        return reached
    read = shortened(text, parts.settings.message_chars)
    replies = await _ask(heard, read, parts)
    if heard.turn.people is not None and any(reply.answer and reply.answer.kind == "handoff" for reply in replies):
        return _about_people(handover.offered(heard.turn.people.there), heard, parts)
    after = replace(_noting_treatment(heard, parts), awaiting="forget" if _offers_to_forget(replies, parts) else None)
    shown = next((found for reply in replies if (found := _shown_card(reply))), None)
    if shown is not None:
        # Its second net caught what the rules missed, or a follow-up got the card again.
        if shown != before.card:
            parts.metrics.card_shown(shown.card)
        return _Answered(replies, replace(after, card=shown))
    answers = [reply.answer for reply in replies if reply.answer is not None and reply.answer.topic != "cards"]
    if before.card is not None and _stays_with_the_card(before.card, text, answers):
        return _Answered([Reply(answer=_card_again(before.card, heard, parts))], after)
    if any(answer.kind not in MANNERS for answer in answers):
        entries = [answer.entry for answer in answers if answer.entry]
        after = replace(after, card=None, last_entry=entries[-1] if entries else before.last_entry)
    if read != text:
        replies.append(Reply(text=_phrase("long_message", heard, parts)))
    return _Answered(replies, after)


def _shown_card(reply: Reply) -> ShownCard | None:
    """The emergency card that a reply of the assistant is, if it is one: kept and followed up like one of ours."""
    answer = reply.answer
    if answer is None or answer.topic != "cards" or answer.kind not in CARDS or not answer.entry:
        return None
    return ShownCard(answer.kind, answer.entry, answer.locale)


def _stays_with_the_card(shown: ShownCard, text: str, answers: Sequence[Answer]) -> bool:
    """Whether what was said after a card has no better reply than the card. Who spoke of suicide and goes on talking is
    not told that this is outside of what is known here; who plays an emergency down ("he seems normal now", "probably
    just tired") gets no article that happens to share a word with it."""
    if not answers:
        return False
    if shown.kind == "crisis":
        return all(answer.kind in AT_A_LOSS for answer in answers)
    return not asks(text) and len(text.split()) <= PLAYED_DOWN and all(map(_is_unsure, answers))


def _is_unsure(answer: Answer) -> bool:
    is_half_sure = answer.confidence is not None and answer.confidence < SURE_BESIDE_A_CARD
    return answer.kind in AT_A_LOSS or is_half_sure


def _card_again(shown: ShownCard, heard: _Heard, parts: Parts) -> Answer:
    kind: Literal["emergency", "crisis"] = "crisis" if shown.kind == "crisis" else "emergency"
    found = parts.cards.card(shown.card, shown.locale)
    return card_answer(found, kind, parts.numbers, heard.region, parts.phrases, parts.card_sources)


def _passed_on(heard: _Heard, parts: Parts) -> _Answered | None:
    """What comes of a message that is about being passed on to a person; None for every other one."""
    there = heard.turn.people is not None and heard.turn.people.there
    found = handover.heeded(heard.text, heard.before.awaiting, lambda button: parts.says(heard.text, button), there)
    return None if found is None else _about_people(found, heard, parts)


def _about_people(found: handover.Heeded, heard: _Heard, parts: Parts) -> _Answered:
    hours = heard.turn.people.hours if heard.turn.people is not None else ""
    said = spoken(_phrase(found.phrase, heard, parts, hours=hours))
    titles = [_phrase(button, heard, parts) for button in found.buttons]
    offers = tuple(FollowUp(title, title) for title in titles)
    reply = Reply(answer=Answer("handoff", (said,), follow_ups=offers, locale=heard.locale))
    return _Answered([reply], replace(heard.before, awaiting=found.awaiting))


def _heeded(heard: _Heard, parts: Parts) -> _Answered | None:
    """What comes of a message that is about being reached by a person; None for every other one."""
    found = heeded(heard.text, heard.before.awaiting, lambda button: parts.says(heard.text, button))
    if found is None:
        return None
    said = spoken(_phrase(found.phrase, heard, parts, days=str(parts.retention.contact_days)))
    titles = [_phrase(button, heard, parts) for button in found.buttons]
    offers = tuple(FollowUp(title, title) for title in titles)
    reply = Reply(answer=Answer("handoff", (said,), follow_ups=offers, locale=heard.locale))
    return _Answered([reply], replace(heard.before, awaiting=found.awaiting), found.contact, found.wordless)


def _offers_to_forget(replies: list[Reply], parts: Parts) -> bool:
    return any(parts.says(offer.message, "forget_me_button") for reply in replies for offer in reply.offers())


async def _ask(heard: _Heard, text: str, parts: Parts) -> list[Reply]:
    turn, before = heard.turn, heard.before
    asked = Asked(
        conversation=before.id,
        text=text,
        message_id=turn.message_id,
        region=heard.region,
        locale=before.locale,
        noticed=before.introduced,
        after=before.card,
        contact=parts.site.contact,
        hours=parts.site.contact_hours,
    )
    try:
        return await parts.assistant.ask(asked)
    except AssistantUnavailable as fault:
        logger.warning("answering without the assistant: %s", fault)
    question = Question(text, before.locale, Context(region=heard.region), turn.channel)
    patience = parts.settings.time_limit if parts.knowledge.is_loaded else LOADING_PATIENCE
    searching = asyncio.to_thread(_card_or_answers, question, parts.knowledge)
    try:
        found = await asyncio.wait_for(searching, patience)
    except Exception as fault:
        # Kept like any answer: the same message, sent again later, must not get another one.
        logger.error("a question could not be answered: %s", whereabouts(fault))
        return [_spoken("unavailable", "abstain", heard, parts)]
    if isinstance(found, Answer):
        return [Reply(answer=found)]
    # "Say it more simply" and the like need the assistant; questions do not.
    return [*map(_without_follow_ups, found), Reply(text=_phrase("limited", heard, parts))]


def _card_or_answers(question: Question, knowledge: Knowledge) -> Answer | Sequence[Answer]:
    """The card that the second net finds needed, as the assistant would have; else the answers to a single question."""
    return knowledge.reworded_emergency(question.text, question.context.region) or knowledge.live().answers(question)


def _without_follow_ups(answer: Answer) -> Reply:
    questions = tuple(offer for offer in answer.follow_ups if offer.title.endswith("?"))
    return Reply(answer=replace(answer, follow_ups=questions))


async def _forget(heard: _Heard, parts: Parts) -> _Answered:
    try:
        receipt = await parts.recorded(parts.recorder.erase, heard.before.id)
    except UnknownConversation:
        return _Answered([_spoken("nothing_to_forget", "smalltalk", heard, parts)], None)
    except Unavailable as fault:
        logger.error("a conversation could not be erased: %s", whereabouts(fault))
        return _Answered([_spoken("forget_failed", "smalltalk", heard, parts)], heard.before)
    said = spoken(_phrase("forgotten", heard, parts, receipt=receipt.number))
    return _Answered([Reply(answer=Answer("smalltalk", (said,), locale=heard.locale))], None)


async def _kept(heard: _Heard, given: _Answered, patience: float, parts: Parts) -> list[Reply]:
    """The replies, with the introduction in a new conversation, once they are written or `patience` is over."""
    before, after = heard.before, given.after
    if after is None:
        return given.replies
    replies = [_reworded(reply, heard, parts) for reply in given.replies]
    after = replace(after, said=tuple(dict.fromkeys(key for reply in replies for key in _said(reply, parts))))
    if not before.introduced:
        # In the language of the first reply: whoever got a Spanish card is not introduced to in English.
        locale = next((reply.answer.locale for reply in replies if reply.answer is not None), heard.locale)
        replies = [*replies, Reply(text=introduction(locale, heard.region, parts))]
        after = replace(after, introduced=True)
    # Until the person has been told what is kept, their words are not.
    is_kept = before.introduced and not given.wordless
    words = shortened(heard.text, parts.settings.message_chars) if is_kept else None
    rows = [reply.to_json() for reply in replies]
    keeping = parts.recorder.keep(
        after, heard.turn.message_id, words, kind_of(replies), rows, missed_of(replies), given.contact
    )
    await parts.written(keeping, patience)
    return replies


def missed_of(replies: list[Reply]) -> Missed | None:
    """The question that these replies leave open, for staff to learn from; None where they leave none."""
    for answer in (reply.answer for reply in replies if reply.answer is not None):
        # A question back that no search led to ("which one?") is no gap in what we know.
        if answer.kind == "abstain" or (answer.kind == "clarify" and answer.confidence is not None):
            nearest = tuple(origin.id for origin in answer.provenance if origin.kind == "revision")
            return Missed(answer.kind, nearest, answer.confidence, answer.locale)
    return None


def _reworded(reply: Reply, heard: _Heard, parts: Parts) -> Reply:
    """The reply without a spoken sentence that was the last thing said: in other words where there are any."""
    if reply.answer is None or reply.answer.kind in CARDS:
        return reply
    answer = parts.variants.reworded(reply.answer, heard.before.said)
    return reply if answer is reply.answer else replace(reply, text=None, answer=answer)


def _said(reply: Reply, parts: Parts) -> Iterator[str]:
    if reply.answer is not None and reply.answer.kind not in CARDS:
        yield from parts.variants.said(reply.answer)


def introduction(locale: str, region: str | None, parts: Parts) -> str:
    """Who speaks, and what is kept of what the person writes."""
    number = parts.numbers.emergency_number(region, locale)
    who = parts.phrases.say(locale, "introduction", emergency_number=number)
    return f"{who}\n\n{parts.phrases.say(locale, 'what_is_kept', days=str(parts.retention.days))}"


def card(finding: Finding, region: str | None, parts: Parts) -> Answer:
    """The card that the words of a person call for, with the numbers of their region."""
    answer = card_reply(finding, region, parts).answer
    assert answer is not None
    return answer


def card_reply(finding: Finding, region: str | None, parts: Parts) -> Reply:
    parts.metrics.card_shown(finding.card)
    kind: Literal["emergency", "crisis"] = "crisis" if finding.kind == "crisis" else "emergency"
    return parts.card_replies(parts.cards.card(finding.card, finding.locale), kind, region)


def _phrase(key: str, heard: _Heard, parts: Parts, **slots: str) -> str:
    number = parts.numbers.emergency_number(heard.region, heard.locale)
    return parts.phrases.say(heard.locale, key, emergency_number=number, **slots)


def _spoken(key: str, kind: ReplyKind, heard: _Heard, parts: Parts) -> Reply:
    return Reply(answer=Answer(kind, (spoken(_phrase(key, heard, parts)),), locale=heard.locale))
