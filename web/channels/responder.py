"""Answers what stands in the inbox: each person's messages one after the other, a card before everything else.

The words of a message are kept redacted. Whoever received it answers it from its own memory, in the person's own words;
after a crash, and in another process, it is answered from what was kept.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeVar

from records.errors import Unavailable, UnknownConversation
from records.handovers import Handover
from records.inbox import Arrived, Inbox, Person, ToAnswer
from records.model import Clock
from records.outbox import Operation, Parcel
from safety import Finding
from web import chat
from web.channels.contract import Adapter, Choice, Message, Page
from web.channels.courier import LETTER_LIFE, Courier
from web.channels.rendering import pages
from web.channels.switchboard import Switchboard
from web.errors import Refused, whereabouts
from web.handover import agreed
from web.messages import LOCALES, Reply, Turn
from web.parts import Parts
from web.rest import read_hints, rendered

logger = logging.getLogger(__name__)

T = TypeVar("T")

ACCEPT_PATIENCE = 2.0
"""Seconds that a delivery waits to be kept; then its provider is told to deliver it again. Slack gives us three."""
SWEEP = 1.0
"""Seconds between two looks for messages that nobody answers."""
MOST_TRIES = 3
"""So often a message is tried that a fault of ours keeps from being answered."""
RETRY_PAUSE = 1.0
KEPT_CHARS = 4000
"""Characters of a message that are kept until it is answered: its beginning and end. More is never read."""
MOST_REMEMBERED = 10_000
MARK_DIGITS = 40
"""Digits of a message's mark in the keys of its replies."""

STOP = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "alto", "parar", "cancelar"))
"""What asks for silence where it is the whole message: the words of the US carriers' rules (CTIA), and Spanish ones."""
START = frozenset(("start", "unstop", "subscribe", "comenzar", "reanudar"))

_NUMBER = re.compile(r"\W*(\d{1,2})\W*")
_SIGNS = re.compile(r"[\W_]+")

Accepted = Literal["new", "known", "full", "away", "ignored"]


def _nothing(connection: Any) -> None:
    """Nothing else is written."""


@dataclass(frozen=True)
class _Response:
    """What answers a message: pages, and what is known of the person from now on (None: as before); `others` go to the
    people of the site, and `also` is written with it."""

    pages: Sequence[Page] = ()
    offers: Sequence[Choice] | None = None
    stopped: bool | None = None
    others: Sequence[Parcel] = ()
    also: Operation = _nothing


class Responder:
    """The messages that this process answers. `marked` makes the mark of a message from channel and id."""

    def __init__(
        self,
        parts: Parts,
        inbox: Inbox,
        courier: Courier,
        adapters: Mapping[str, Adapter],
        marked: Callable[[str, str], str],
        clock: Clock,
        library: str = "",
        switchboard: Switchboard | None = None,
    ) -> None:
        self._parts, self._inbox, self._courier, self._adapters = parts, inbox, courier, adapters
        self._marked, self._clock, self._library = marked, clock, library
        self._switchboard = switchboard
        self._words: OrderedDict[str, str] = OrderedDict()
        self._urgent: OrderedDict[str, None] = OrderedDict()
        self._working: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, adapter: Adapter, message: Message) -> Accepted:
        """Keeps a message, and sees to it that it is answered. `known`: it was delivered before; `full`: too many of
        this person wait; `away`: it could not be kept in time; `ignored`: it needs no answer."""
        conversation = self._parts.identify(adapter.name, message.sender)
        words = message.text or ""
        finding = await self._finding(words, conversation)
        if message.edited and finding is None:
            return "ignored"
        hints = {"region": message.region, "locale": message.locale}
        region, locale = read_hints(hints, self._parts.numbers.knows)
        facts = {
            "address": dict(message.address),
            "region": region,
            "locale": locale,
            "wordless": message.text is None,
            "finding": finding and asdict(finding),
        }
        mark = self._marked(adapter.name, message.id)
        kept = chat.shortened(chat.clean(words), KEPT_CHARS)
        arrived = Arrived(mark, adapter.name, conversation, kept, facts, urgent=finding is not None)
        if finding is not None:
            return await self._receive_urgent(arrived, words)
        remembered = self._words.get(mark)
        self._remember(self._words, mark, words)
        accepted = await self._soon(self._inbox.accept(arrived), ACCEPT_PATIENCE)
        if accepted == "new":
            self._look_at(conversation)
        elif accepted is not None and remembered is None:
            self._words.pop(mark, None)
        # What was not kept in time stays queued to be; delivered once more, it is one message all the same.
        return accepted or "away"

    async def run(self) -> None:
        """For as long as the process runs: takes up what waits, also of processes that are gone."""
        try:
            await self._written(self._inbox.reopen())
            while True:
                with suppress(Unavailable):
                    for conversation in await asyncio.to_thread(self._inbox.waiting):
                        self._look_at(conversation)
                    if self._switchboard is not None:
                        await asyncio.to_thread(self._switchboard.overdue)
                await asyncio.sleep(SWEEP)
        finally:
            for task in (*self._working.values(), *self._tasks):
                task.cancel()

    async def _finding(self, words: str, conversation: str) -> Finding | None:
        remembered = self._parts.recorder.remembered(conversation)
        return await asyncio.to_thread(chat.checked, chat.clean(words), remembered, self._parts)

    async def _receive_urgent(self, arrived: Arrived, words: str) -> Accepted:
        """A card waits neither for the messages before it nor, for long, for the database."""
        mark = arrived.mark
        if mark in self._urgent:
            return "known"
        self._remember(self._urgent, mark, None)
        accepting = self._inbox.accept(arrived)
        taking = self._inbox.take_urgent(arrived.conversation, mark)
        accepted = await self._soon(accepting, chat.CARD_PATIENCE)
        if accepted == "known":
            return "known"
        taken = await self._soon(taking, chat.CARD_PATIENCE) if accepted is not None else None
        to_answer = taken or ToAnswer(mark, arrived, Person(self._clock()))
        self._remember(self._words, mark, words)
        self._start(self._answer(to_answer))
        return "new"

    async def _soon(self, future: Future[T], patience: float) -> T | None:
        """What comes of a write; None where it takes longer than so many seconds and is done later."""
        writing: asyncio.Future[Any] = asyncio.ensure_future(self._written(future))
        await asyncio.wait([writing], timeout=patience)
        return writing.result() if writing.done() else None

    def _look_at(self, conversation: str) -> None:
        """Sees to it that the messages of this person are answered, by one task at a time."""
        if conversation in self._working:
            self._again.add(conversation)
            return
        self._working[conversation] = asyncio.get_running_loop().create_task(self._work(conversation))

    async def _work(self, conversation: str) -> None:
        try:
            while True:
                self._again.discard(conversation)
                to_answer = await self._written(self._inbox.take(conversation))
                if to_answer is not None:
                    await self._answer(to_answer)
                elif conversation not in self._again:
                    return
        finally:
            # In the same step as the last look: who comes after it starts another task.
            del self._working[conversation]

    def _start(self, answering: Any) -> None:
        task = asyncio.get_running_loop().create_task(answering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, to_answer: ToAnswer) -> None:
        """Answers one message, and puts its replies into the outbox in the write that ends it."""
        arrived = to_answer.arrived
        if arrived is None or arrived.channel not in self._adapters:
            logger.error("a message cannot be answered any more: its channel or the secret it was kept with is gone")
            await self._written(self._inbox.answer(to_answer.mark, "", []))
            return
        try:
            response = await self._response(arrived, to_answer.person, to_answer.handover)
        except Exception as fault:
            logger.error("a message of %s could not be answered: %s", arrived.channel, whereabouts(fault))
            if to_answer.tries < MOST_TRIES:
                await self._written(self._inbox.put_back(arrived.mark))
                await asyncio.sleep(RETRY_PAUSE)
                return
            response = self._apology(arrived)
        parcels = [*self._parcels(arrived, to_answer.person, response.pages), *response.others]
        urgent = any(parcel.urgent for parcel in parcels)
        offers = None if response.offers is None else [(choice.title, choice.message) for choice in response.offers]
        ending = self._inbox.answer(
            arrived.mark,
            arrived.conversation,
            parcels,
            offers=offers,
            stopped=response.stopped,
            sending=urgent,
            also=response.also,
        )
        if urgent:
            ended = await self._soon(ending, chat.CARD_PATIENCE)
            if ended is not False:
                self._courier.send_now([parcel for parcel in parcels if parcel.urgent])
            await self._written(ending)
        else:
            await self._written(ending)
        self._words.pop(arrived.mark, None)
        self._courier.kick()
        self._look_at(arrived.conversation)

    async def _response(self, arrived: Arrived, person: Person, handover: Handover | None) -> _Response:
        adapter, facts, parts = self._adapters[arrived.channel], arrived.facts, self._parts
        locale = self._locale(arrived)
        words = self._words.get(arrived.mark, arrived.text)
        finding = Finding(**facts["finding"]) if facts["finding"] else None
        if adapter.stop_words and finding is None:
            asked = _SIGNS.sub(" ", words).strip().casefold()
            if asked in STOP:
                told = (
                    [Page(parts.phrases.say(locale, "channel_stopped"))]
                    if adapter.tells_stopped(facts["address"])
                    else []
                )
                return _Response([] if person.stopped else told, [], stopped=True)
            if asked in START and person.stopped:
                return _Response([Page(parts.phrases.say(locale, "channel_started"))], stopped=False)
        if person.stopped and finding is None:
            return _Response()
        board = self._switchboard
        others: list[Parcel] = []
        also: Operation = _nothing
        if board is not None and handover is not None and board.is_quiet(handover):
            if finding is None and self._parts.says(words, "handover_back_word"):
                parcel, also = board.left(handover, "person")
                return _Response([Page(parts.phrases.say(locale, "handover_back"))], [], others=[parcel], also=also)
            forgotten = self._parts.says(words, "forget_me_button")
            parcel, also = board.left(handover, "person") if forgotten else board.told(arrived, handover, words)
            others.append(parcel)
            if finding is None and not forgotten:
                return _Response(others=others, also=also)
        turn = Turn(
            conversation=arrived.conversation,
            text=_chosen(words, person.offers),
            message_id=arrived.mark,
            region=facts["region"],
            locale=facts["locale"],
            channel=adapter.name,
            wordless=facts["wordless"],
            finding=finding,
            people=board.people() if board is not None else None,
        )
        replies = await self._patiently(turn)
        how = agreed(replies, parts.phrases) if board is not None and handover is None else None
        if board is not None and how is not None:
            transcript = await self._transcript(arrived.conversation) if how == "with" else []
            parcel, also = board.opened(arrived, how, locale, transcript)
            others.append(parcel)
        made, offered = pages(replies, adapter.capacity, parts.phrases, locale, self._library)
        if person.stopped:
            # Who asked for silence gets what a life may hang on, and nothing around it.
            made = [page for page in made if page.urgent]
        return _Response(made, offered, others=others, also=also)

    async def _transcript(self, conversation: str) -> list[dict[str, Any]]:
        """What was written so far, as it is kept: redacted, and without what was written before the notice."""
        try:
            kept = await self._parts.recorded(self._parts.recorder.export, conversation)
        except (Unavailable, UnknownConversation):
            return []
        return [
            {
                "at": row["at"],
                "person": row["text"],
                "assistant": [rendered(Reply.from_json(reply), self._parts)["text"] for reply in row["replies"]],
            }
            for row in kept["messages"]
        ]

    async def _patiently(self, turn: Turn) -> Sequence[Any]:
        """What `chat.respond` says. A person who writes faster than their limit allows waits for their turn."""
        while True:
            try:
                return await chat.respond(turn, self._parts)
            except Refused as refused:
                await asyncio.sleep(refused.wait or RETRY_PAUSE)

    def _apology(self, arrived: Arrived) -> _Response:
        region, locale, parts = arrived.facts["region"], self._locale(arrived), self._parts
        number = parts.numbers.emergency_number(region or parts.site.region or None, locale)
        return _Response([Page(parts.phrases.say(locale, "unavailable", emergency_number=number))])

    def _locale(self, arrived: Arrived) -> str:
        remembered = self._parts.recorder.remembered(arrived.conversation)
        return str(arrived.facts["locale"] or (remembered.locale if remembered else LOCALES[0]))

    def _parcels(self, arrived: Arrived, person: Person, made: Sequence[Page]) -> list[Parcel]:
        adapter = self._adapters[arrived.channel]
        life = LETTER_LIFE if adapter.window is None else min(adapter.window, LETTER_LIFE)
        deadline = min(person.heard_at + life, self._clock() + LETTER_LIFE)
        return [
            Parcel(
                key=f"{arrived.mark[:MARK_DIGITS]}-{page.number}",
                channel=arrived.channel,
                conversation=arrived.conversation,
                content={"address": dict(arrived.facts["address"]), "page": page.to_json()},
                urgent=page.urgent,
                repeatable=adapter.repeatable,
                deadline=deadline,
            )
            for page in (replace(page, number=number, pages=len(made)) for number, page in enumerate(made, 1))
        ]

    def _remember(self, known: OrderedDict[str, Any], mark: str, value: Any) -> None:
        known[mark] = value
        if len(known) > MOST_REMEMBERED:
            known.popitem(last=False)

    async def _written(self, future: Future[T]) -> T | None:
        try:
            return await asyncio.wrap_future(future)
        except Unavailable:
            # The process is stopping, or the database was away for very long; what it did not take is taken up later.
            return None


def _chosen(words: str, offers: Sequence[tuple[str, str]]) -> str:
    """What a message stands for that names something just offered by its number or its title."""
    number = _NUMBER.fullmatch(words)
    if number is not None and 1 <= int(number[1]) <= len(offers):
        return offers[int(number[1]) - 1][1]
    return next((message for title, message in offers if title == words.strip()), words)


def is_too_old(message: Message, now: float, life: dt.timedelta) -> bool:
    """Whether a message is from a time of which it is not known any more what was answered."""
    return message.sent_at is not None and now - message.sent_at > life.total_seconds()
