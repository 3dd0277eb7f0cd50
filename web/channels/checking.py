"""Proves that a channel works, against its simulated provider: signatures, round trip, rendering, limits."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from knowledge.blocks import paragraphs, steps
from knowledge.cards import card_answer
from knowledge.files import read_folder
from knowledge.model import Answer, Block, Entry, FollowUp, Run
from knowledge.render import block_lines
from knowledge.settings import SHIPPED_CONTENT
from records.wiring import Records
from web.channels.contract import Adapter, Delivery, Letter, Message
from web.channels.errors import NotSent
from web.channels.rendering import CARDS, pages
from web.channels.simulation.bench import Bench, opened
from web.channels.simulation.provider import Call, Provider, SimulatedLine
from web.errors import whereabouts
from web.messages import LOCALES, Reply
from web.parts import Parts

COLLAPSED = "my dad collapsed and isn't breathing"
"""What somebody writes who gets a card; it needs neither assistant nor knowledge base."""
REGIONS = ("US", "GB", None)
FEWEST_FORGERIES = 5
MANY_CHOICES = 14
"""More than any provider has buttons for."""

_NOT_A_SIGN = re.compile(r"[^\w]+")


async def problems(adapter: Adapter, provider: Provider, parts: Parts, records: Records) -> list[str]:
    """What is wrong with a channel, as sentences; nothing for one that keeps to all that it promises."""
    found = []
    try:
        found += await rendering_problems(adapter, provider, parts)
        async with opened(adapter, provider, parts, records) as bench:
            found += await signature_problems(bench)
            words_only = parts.phrases.say(LOCALES[0], "words_only", emergency_number="911")
            found += await round_trip_problems(bench, words_only)
    except (TimeoutError, asyncio.TimeoutError) as fault:
        found.append(f"round trip: {fault}")
    except Exception as fault:
        # Whatever an adapter raises beside what it may, its writer has to see where.
        found.append(f"adapter: {whereabouts(fault)}")
    return found


async def signature_problems(bench: Bench) -> list[str]:
    """Requests that the provider did not send, or not now, and that are taken all the same."""
    forged = bench.provider.forged(time.time())
    told = {what: await bench.deliver(call) for what, call in forged.items()}
    found = [
        f"signature: a request with {what} is answered with {status}" for what, status in told.items() if status != 401
    ]
    if len(forged) < FEWEST_FORGERIES:
        found.append("signature: the simulated provider does not try enough")
    if await asyncio.to_thread(bench.kept):
        found.append("signature: something of a forged request was kept")
    return found


async def round_trip_problems(bench: Bench, words_only: str) -> list[str]:
    """A message that is not answered, answered twice or in the wrong order. `words_only` answers what has no words."""
    found = []
    call = bench.provider.message(COLLAPSED, bench.new_id(), time.time())
    statuses = await asyncio.gather(*(bench.deliver(call) for _ in range(5)))
    await bench.settle()
    first = [heard.text for heard in bench.heard]
    if set(statuses) != {200}:
        found.append(f"round trip: a message delivered five times at once is answered with {sorted(set(statuses))}")
    if len(first) != 2:
        found.append(
            f"round trip: an emergency delivered five times brings {len(first)} messages, not a card and the notice"
        )
    if not first or "911" not in first[0] or "1. " not in first[0]:
        found.append("round trip: the first message to an emergency is not its card")
    asked = await bench.write("   ")
    if len(asked) != 1:
        found.append(f"round trip: a message without words brings {len(asked)} messages")
    card = bench.heard[0] if bench.heard else None
    if card is not None and card.choices:
        pressed = bench.provider.press(card, card.choices[0], bench.new_id(), time.time())
        if len(await bench.sent(pressed)) != 1:
            found.append("round trip: a button that is pressed is not answered")
    for what, odd in bench.provider.wordless(time.time()).items():
        if [heard.text for heard in await bench.sent(odd)].count(words_only) != 1:
            found.append(f"round trip: {what} is not answered once")
    for what, silent in bench.provider.unanswered(time.time()).items():
        if await bench.sent(silent):
            found.append(f"round trip: {what} is answered, and nobody waits for that")
    return [*found, *(f"limits: {broken}" for broken in bench.line.broken)]


async def rendering_problems(adapter: Adapter, provider: Provider, parts: Parts) -> list[str]:
    """Cards that are more than one message, words that are lost, and messages over a limit of the provider."""
    found: list[str] = []
    address = address_of(adapter, provider)
    for what, reply in samples(parts):
        line = SimulatedLine(provider)
        made, _ = pages([reply], adapter.capacity, parts.phrases, LOCALES[0], f"{provider.site_address}/library")
        for page in made:
            try:
                await adapter.send(Letter(f"check-{page.number}", address, page, time.time()), line)
            except NotSent as fault:
                found.append(f"limits: {what} is not taken: {(line.broken or [fault.fault])[-1]}")
        seen = "\n".join(heard.text for heard in line.heard)
        buttons = {title for heard in line.heard for title in heard.choices}
        if not line.broken and _words(_said(reply)) not in _words(seen):
            found.append(f"rendering: something of {what} is lost")
        if any(offer.title not in buttons and offer.title not in seen for offer in reply.offers()):
            found.append(f"rendering: a choice of {what} is lost")
        if _is_card(reply) and sum(page.urgent for page in made) != 1:
            found.append(f"rendering: {what} is {len(made)} messages, and a card is one")
    return list(dict.fromkeys(found))


def address_of(adapter: Adapter, provider: Provider) -> Mapping[str, Any]:
    """Where a reply to somebody of the simulation goes."""
    call = provider.message("hello", "check", time.time())
    [message] = adapter.parse(delivery(adapter.name, call, provider.site_address))
    assert isinstance(message, Message)
    return message.address


def delivery(channel: str, call: Call, site_address: str) -> Delivery:
    """A request of a simulated provider as the door hands it on."""
    headers = {name.lower(): value for name, value in call.headers.items()}
    address = f"{site_address}/channels/{channel}" + (f"?{call.query}" if call.query else "")
    return Delivery(call.method, address, headers, dict(parse_qsl(call.query)), call.body, time.time())


def samples(parts: Parts) -> Iterator[tuple[str, Reply]]:
    """Every card and every text that ships, and choices in all numbers and lengths."""
    for card_id in sorted(parts.rules.cards):
        for locale in LOCALES:
            card = parts.cards.card(card_id, locale)
            for region in REGIONS:
                answer = card_answer(card, "emergency", parts.numbers, region, parts.phrases, parts.card_sources)
                yield f"the card {locale}/{card_id}", Reply(answer=answer)
    for entry in read_folder(SHIPPED_CONTENT).entries:
        for section, blocks in _sections(entry):
            answer = Answer("answer", blocks, entry=entry.id, checked_on=entry.checked_on, review="editorial")
            yield f"{entry.locale}/{entry.id}, {section}", Reply(answer=answer)
    for count in (1, 2, 3, 4, 10, MANY_CHOICES):
        for length in (12, 24, 70, 200):
            titles = [f"Choice {number} ".ljust(length, "x") for number in range(1, count + 1)]
            offers = tuple(FollowUp(title, title) for title in titles)
            yield f"a message with {count} choices of {length} characters", Reply("Which one?", buttons=offers)


def _sections(entry: Entry) -> Iterator[tuple[str, tuple[Block, ...]]]:
    slots = {"emergency_number": "911", "crisis_line": "988", "as_of": "November 22, 2026"}
    for section in ("answer", "simpler", "more"):
        if text := getattr(entry, section):
            yield section, paragraphs(text, slots)
    if entry.steps:
        yield "steps", steps(entry.steps, slots)
    if entry.quiz:
        items = tuple((Run(choice.text),) for choice in entry.quiz.choices)
        yield "quiz", (Block("quiz", (Run(entry.quiz.question),), items),)


def _is_card(reply: Reply) -> bool:
    return reply.answer is not None and reply.answer.kind in CARDS


def _said(reply: Reply) -> str:
    if reply.answer is None:
        return reply.text or ""
    return "\n".join(line for block in reply.answer.blocks for line in block_lines(block))


def _words(text: str) -> str:
    return _NOT_A_SIGN.sub(" ", text)
