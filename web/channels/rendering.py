"""Replies as the messages of a channel: cut where its limits ask for it, never inside a sentence that fits or a number.

What is said is not changed. A card is one message, and the first; choices are buttons where a channel has enough of
them, and numbers otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.codec import answer_to_json
from knowledge.model import Answer
from knowledge.phrases import Phrases
from knowledge.render import block_lines, review_line, source_line
from web.channels.contract import Capacity, Choice, Page
from web.messages import Reply

CARDS = ("emergency", "crisis")
BETWEEN = "\n\n"

_SENTENCE = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bNo)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)(?<!\bU\.S)(?<!^\d)(?<!^\d\d)"
    r"[.!?][)\"”’']*\s+(?![\da-z])"
)
"""Where a sentence ends: not after a shortened word or the mark of a step, and not before a number."""
_WORD = re.compile(r"(?<!\d)\s+(?!\d)")
"""Where a line may be broken at need: not in a number that is written with blanks, nor between it and its unit."""
_ANY_WORD = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
"""Where it may be broken if nothing else helps."""


def pages(
    replies: Sequence[Reply], capacity: Capacity, phrases: Phrases, locale: str, library: str = ""
) -> tuple[list[Page], list[Choice]]:
    """The messages for these replies, in order, and all that is offered with them.

    `library` is the address of the library's pages; where it is known, a link stands for the list of sources.
    """
    made: list[Page] = []
    offered: list[Choice] = []
    for reply in replies:
        found = _pages(reply, capacity, phrases, locale, library, first=len(offered) + 1)
        offered += (Choice(offer.title, offer.message) for offer in reply.offers())
        made += found
    return [replace(page, number=number, pages=len(made)) for number, page in enumerate(made, 1)], offered


def _pages(reply: Reply, capacity: Capacity, phrases: Phrases, locale: str, library: str, first: int) -> list[Page]:
    answer = reply.answer
    card = answer is not None and answer.kind in CARDS
    locale = answer.locale if answer is not None else locale
    parts = [reply.text] if reply.text is not None or answer is None else _parts(answer, phrases, library)
    choices = tuple(Choice(offer.title, offer.message) for offer in reply.offers())
    drawn = _fit(choices, capacity)
    if choices and not drawn:
        rows = [f"{number}. {choice.title}" for number, choice in enumerate(choices, first)]
        parts.append("\n".join([phrases.say(locale, "channel_choose"), *rows]))
    limit = capacity.card_chars if card else capacity.chars
    texts = packed([part for part in parts if part], limit)
    found = [Page(text, urgent=card) for text in texts]
    if drawn:
        last, label = found[-1], phrases.say(locale, "channel_list_button")
        if capacity.chars_with_choices and len(last.text) > capacity.chars_with_choices:
            found.append(Page(phrases.say(locale, "channel_choose_button"), choices, label=label))
        else:
            found[-1] = replace(last, choices=choices, label=label)
    if answer is not None:
        found[0] = replace(found[0], answer=answer_to_json(answer))
    return found


def _fit(choices: Sequence[Choice], capacity: Capacity) -> bool:
    """Whether they can be buttons. Providers refuse two that look or mean the same."""
    are_distinct = all(
        len({getattr(choice, what) for choice in choices}) == len(choices) for what in ("title", "message")
    )
    return (
        are_distinct
        and 0 < len(choices) <= capacity.choices
        and all(
            len(choice.title) <= capacity.title and len(choice.message) <= (capacity.message or len(choice.message))
            for choice in choices
        )
    )


def _parts(answer: Answer, phrases: Phrases, library: str) -> list[str]:
    """What an answer says, one text for each block, and where it comes from."""
    parts = ["\n".join(block_lines(block)) for block in answer.blocks]
    if library and answer.entry and answer.checked_on and answer.review:
        said = review_line(answer, phrases)
        page = f"{library}/{answer.entry}"
        return [*parts, phrases.say(answer.locale, "channel_source", review=said, address=page)]
    return [*parts, source_line(answer, phrases)]


def packed(parts: Sequence[str], limit: int) -> list[str]:
    """The parts in texts of at most `limit` characters, as few as they fit into; a part is only cut when it must be."""
    texts: list[str] = []
    for part in parts:
        if texts and len(texts[-1]) + len(BETWEEN) + len(part) <= limit:
            texts[-1] += BETWEEN + part
        else:
            texts += _cut(part, limit)
    return texts or [""]


def _cut(part: str, limit: int) -> Iterator[str]:
    """Between lines; a line that is too long, between sentences; such a sentence, between words."""
    if len(part) <= limit:
        return iter([part])
    for cutting, joint in ((_lines, "\n"), (_sentences, " "), (_words, " "), (_any_words, " ")):
        pieces = cutting(part)
        if len(pieces) > 1:
            return _joined([cut for piece in pieces for cut in _cut(piece, limit)], joint, limit)
    return (part[start : start + limit] for start in range(0, len(part), limit))


def _joined(pieces: Sequence[str], joint: str, limit: int) -> Iterator[str]:
    text = ""
    for piece in pieces:
        if text and len(text) + len(joint) + len(piece) > limit:
            yield text
            text = piece
        else:
            text = f"{text}{joint}{piece}" if text else piece
    yield text


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _sentences(text: str) -> list[str]:
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    return [text[start:end].rstrip() for start, end in zip([0, *ends], [*ends, len(text)])]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.split(text) if word]


def _any_words(text: str) -> list[str]:
    return [word for word in _ANY_WORD.split(text) if word]
