"""Messages as they come from shaking hands: seeded slips of the keyboard, lost spaces, capitals, calm talk around.

What a message says must survive, so digits are left alone, and so are words of one or two letters.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Way = Callable[[str, random.Random], str]
"""A way to spoil a text; one that does not fit gives it back as it is."""
DOUBLE_SHARE = 0.5
"""Share of messages with two slips instead of one."""
CASE_SHARE, PADDING_SHARE = 0.2, 0.25
PADDED_LENGTH = 800
"""Characters, of a padded message as a whole."""

_KEYS = (
    "q:wa w:qes e:wrd r:etf t:ryg y:tuh u:yij i:uok o:ipl p:ol a:qsz s:awdx d:sefc f:drgv g:fthb h:gyjn j:hukm k:jil "
    "l:kop z:asx x:zsdc c:xdfv v:cfgb b:vghn n:bhjm m:njk"
)
"""Letter, and the keys beside it on an English keyboard; Spanish ones share them."""
_NEIGHBORS = dict(pair.split(":") for pair in _KEYS.split())

_CALM = (
    "I hope you are having a nice day.",
    "The weather has been lovely here all week.",
    "Our neighbor repainted the fence and it came out a pretty green.",
    "The bus was late again, so I walked the last part of the way.",
    "There is a market on the square on Saturdays with good tomatoes.",
    "My cousin is planning a trip to the coast with the whole family.",
    "We are choosing new curtains for the living room.",
    "The library opens at nine and closes at six.",
    "I like this page, it is easy to find my way around.",
    "Sorry for the long message, I tend to write a lot.",
    "The cat is asleep on the keyboard cover as always.",
    "Someone recommended your site to us at the book club.",
    "We had soup and fresh bread for lunch.",
    "The roses by the gate are about to open.",
    "My sister is learning to play the guitar.",
    "The new phone has big letters, which is nice.",
)
_WORD = re.compile(r"[^\W\d_]{3,}")


def mangled(text: str, seed: str) -> str:
    """`text` with one or two slips; sometimes its letters change case as well, or calm talk pads it to 800 characters.
    The same text and seed give the same result on every machine."""
    chance = random.Random(f"{seed}\n{text}")
    text = slipped(text, chance)
    if chance.random() < CASE_SHARE:
        text = _changed(text, _CASES, chance)
    if chance.random() < PADDING_SHARE:
        text = padded(text, chance)
    return text


def slipped(text: str, chance: random.Random) -> str:
    """`text` with one slip of the keyboard, or with two. Without a word of three letters it may stay as it is."""
    for _ in range(2 if chance.random() < DOUBLE_SHARE else 1):
        text = _changed(text, _SLIPS, chance)
    return text


def _changed(text: str, ways: Sequence[Way], chance: random.Random) -> str:
    """What the first of `ways`, in an order by chance, that changes `text` makes of it."""
    return next((done for way in chance.sample(ways, len(ways)) if (done := way(text, chance)) != text), text)


def padded(text: str, chance: random.Random) -> str:
    """`text` somewhere in calm talk, `PADDED_LENGTH` characters in all; a longer text stays as it is."""
    before: list[str] = []
    after: list[str] = []
    for sentence in chance.sample(_CALM, len(_CALM)):
        if len(" ".join((*before, text, *after, sentence))) > PADDED_LENGTH:
            break
        (before if chance.random() < 0.5 else after).append(sentence)
    return " ".join((*before, text, *after))


def _word(text: str, chance: random.Random) -> re.Match[str] | None:
    words = list(_WORD.finditer(text))
    return chance.choice(words) if words else None


def _swap(text: str, chance: random.Random) -> str:
    """Two letters change places."""
    found = _word(text, chance)
    if not found:
        return text
    places = [place for place in range(found.start(), found.end() - 1) if text[place] != text[place + 1]]
    if not places:
        return text
    place = chance.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _drop(text: str, chance: random.Random) -> str:
    found = _word(text, chance)
    if not found:
        return text
    place = chance.randrange(found.start(), found.end())
    return text[:place] + text[place + 1 :]


def _double(text: str, chance: random.Random) -> str:
    found = _word(text, chance)
    if not found:
        return text
    place = chance.randrange(found.start(), found.end())
    return text[:place] + text[place] + text[place:]


def _neighbor(text: str, chance: random.Random) -> str:
    """The finger hits the key beside the right one."""
    found = _word(text, chance)
    if not found:
        return text
    place = chance.randrange(found.start(), found.end())
    keys = _NEIGHBORS.get(text[place].lower())
    if not keys:
        return text
    key = chance.choice(keys)
    return text[:place] + (key.upper() if text[place].isupper() else key) + text[place + 1 :]


def _glue(text: str, chance: random.Random) -> str:
    """A space is lost."""
    spaces = [place for place, sign in enumerate(text) if sign == " "]
    if not spaces:
        return text
    place = chance.choice(spaces)
    return text[:place] + text[place + 1 :]


_CASES: tuple[Way, ...] = (
    lambda text, _chance: text.upper(),
    lambda text, _chance: text.lower(),
    lambda text, _chance: text.swapcase(),
)
_SLIPS: tuple[Way, ...] = (_swap, _drop, _double, _neighbor, _glue)
