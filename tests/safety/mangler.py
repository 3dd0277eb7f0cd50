"""Messages as they arrive from shaking hands: a seeded mangler of texts. `bench.mangled` reads all examples with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from safety import Rules
from tests.safety.conftest import remembered

TWO_EDITS = 0.5
"""Share of texts that get two edits; the others get one."""
PADDED_TO = 800
"""Characters of calm story that an emergency may be buried in."""

NEIGHBOURS = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}
CALM = (
    "I have been reading your pages for a while and they are nice and clear.",
    "We live a little outside of town, my sister visits on weekends.",
    "The weather was good and I slept well on Tuesday.",
    "My appointment with the rheumatologist is in three weeks.",
    "I keep a small garden and like to cook with fresh herbs.",
    "Last spring we painted the hall, it took longer than planned.",
    "The leaflet I got was printed in very small letters.",
    "My neighbour told me about this page and I wanted to have a look.",
)
"""Sentences to bury a message in: about nothing, and from no example."""

Edit = Callable[[str, random.Random], str]


@dataclass(frozen=True)
class Mangled:
    """`text` is the example `row` after the edits named in `edits`."""

    row: dict[str, Any]
    text: str
    edits: tuple[str, ...]


def mangled(rows: Iterable[dict[str, Any]], seed: int) -> list[Mangled]:
    """Each row once, with one edit or two. The same seed gives the same texts."""
    chance = random.Random(seed)
    made = []
    for row in rows:
        names = chance.sample(sorted(EDITS), 2 if chance.random() < TWO_EDITS else 1)
        names.sort(key=lambda name: name == "padded")  # padding last: what it adds stays as it is
        text = row["text"]
        for name in names:
            text = EDITS[name](text, chance)
        made.append(Mangled(row, text, tuple(names)))
    return made


def _typo(change: Callable[[str, int, random.Random], str]) -> Edit:
    """An edit of one letter, not the first, of a word of five letters or more: in shorter ones a slip often makes
    another real word, which nobody could read otherwise."""

    def edit(text: str, chance: random.Random) -> str:
        words = text.split(" ")
        long = [at for at, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
        if not long:
            return text
        at = chance.choice(long)
        words[at] = change(words[at], chance.randrange(1, len(words[at]) - 1), chance)
        return " ".join(words)

    return edit


def _swapped(word: str, at: int, chance: random.Random) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, at: int, chance: random.Random) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int, chance: random.Random) -> str:
    return word[:at] + word[at] + word[at:]


def _neighbour(word: str, at: int, chance: random.Random) -> str:
    letter = word[at].lower()
    return word[:at] + chance.choice(NEIGHBOURS.get(letter, letter)) + word[at + 1 :]


def _one_space_less(text: str, chance: random.Random) -> str:
    gaps = [at for at, sign in enumerate(text) if sign == " " and 0 < at < len(text) - 1]
    if not gaps:
        return text
    at = chance.choice(gaps)
    return text[:at] + text[at + 1 :]


def _odd_case(text: str, chance: random.Random) -> str:
    return chance.choice((text.upper(), text.lower(), text.swapcase(), text.title()))


def _without_signs(text: str, chance: random.Random) -> str:
    return text.replace("'", "").replace(",", "").replace(".", " ").strip()


def _padded(text: str, chance: random.Random) -> str:
    story = chance.sample(CALM, len(CALM))
    while story and sum(map(len, story)) + len(text) + len(story) + 1 > PADDED_TO:
        story.pop()
    at = chance.randint(0, len(story))
    ended = text if text[-1:] in ".!?" else text + "."
    return " ".join([*story[:at], ended, *story[at:]])


EDITS: dict[str, Edit] = {
    "swapped letters": _typo(_swapped),
    "dropped letter": _typo(_dropped),
    "doubled letter": _typo(_doubled),
    "neighbouring key": _typo(_neighbour),
    "one space less": _one_space_less,
    "odd case": _odd_case,
    "without signs": _without_signs,
    "padded": _padded,
}


def found(rules: Rules, texts: Sequence[Mangled]) -> list[Mangled]:
    return [one for one in texts if rules.check(one.text, **remembered(one.row)) is not None]
