"""What a short message picks: yes, no, or one of several. Whole messages only, so that no question is taken for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.search.words import content_words, words

_YES = frozenset(
    (
        "yes|yeah|yea|yep|yup|y|ye|sure|ok|okay|k|please|yes please|please do|yes do|go ahead|do it|that one|this one|"
        "yes that one|yes that|yes it is|yes i did|i did|correct|right|thats right|that is right|thats it|that is it|"
        "exactly|of course|fine|alright|all right|yes thanks|yes thank you|yes keep it|i agree|agreed|"
        "si|si por favor|claro|vale|de acuerdo|si guardelo"
    ).split("|")
)
_NO = frozenset(
    (
        "no|nope|nah|n|no thanks|no thank you|not now|not really|rather not|id rather not|better not|dont|do not|"
        "please dont|not that|no not that|cancel|stop|never mind|nevermind|forget it|i changed my mind|no gracias"
    ).split("|")
)
_NONE = frozenset(
    (
        "neither|none|none of these|none of them|none of those|neither of these|neither of them|neither one|no none|"
        "no neither|not those|not these|nothing of that|no none of these|ninguno|ninguna|ninguno de estos"
    ).split("|")
)
_PLACES = (
    "first 1st 1 one a primero primera uno una",
    "second 2nd 2 two b segundo segunda dos",
    "third 3rd 3 three c tercero tercera tres",
    "fourth 4th 4 four d cuarto cuarta cuatro",
    "fifth 5th 5 five e quinto quinta cinco",
    "sixth 6th 6 six f sexto sexta seis",
)
_PLACE = {word: number for number, names in enumerate(_PLACES, 1) for word in names.split()}
_LAST = ("last", "ultimo", "ultima")
_PICKED = re.compile(
    r"(?:(?:ok|okay|yes|no|well|and|so|please|sorry) )*"
    r"(?:(?:i think|maybe|probably|is it|i think its|i think it is|the answer is|my answer is|i say|i choose|i pick) )?"
    r"(?:(?:show me|tell me|tell me about|i meant|i mean|i want|i would like|id like|i take|take|give me|its|it is) )?"
    r"(?:(?:the|my|la|el) )?(?:(?:option|number|nr|choice|answer|question|study|trial|opcion|numero) )?"
    rf"({'|'.join([*_PLACE, *_LAST])})"
    r"(?: (?:one|option|choice|answer|question|study|trial))?(?: (?:please|then|thanks|por favor))*"
)
_ABOUT = re.compile(r"\b(?:the )?one (?:about|on|with|for|in|that|of) (.+)|\bthe (.+) one$")
OWN_WORDS = 4
"""A message of so many words, all of them of one option, names it; a longer one may be a question of its own."""


def says_yes(text: str) -> bool:
    return "👍" in text or _plain(text) in _YES


def says_no(text: str) -> bool:
    return "👎" in text or _plain(text) in _NO or says_none(text)


def says_none(text: str) -> bool:
    """Whether it turns down all of several."""
    return _plain(text) in _NONE


def picked(text: str, count: int) -> int | None:
    """Which of `count` options a message names by its place ("the second one", "2", "b", "the last"), from 0. Beyond
    the last one it is `count`; None for a message that names no place."""
    found = _PICKED.fullmatch(_plain(text))
    if not found:
        return None
    return count - 1 if found[1] in _LAST else min(_PLACE[found[1]] - 1, count)


def named(text: str, options: Sequence[str]) -> int | None:
    """Which option a message names by its words ("the one about children"), from 0; None unless exactly one fits."""
    plain = _plain(text)
    for place, option in enumerate(options):
        if plain and plain == _plain(option):
            return place
    about = _ABOUT.search(plain)
    said = set(content_words((about[1] or about[2]) if about else plain))
    if not said or (about is None and len(plain.split()) > OWN_WORDS):
        return None
    fitting = [place for place, option in enumerate(options) if said <= set(content_words(option))]
    return fitting[0] if len(fitting) == 1 else None


def _plain(text: str) -> str:
    return " ".join(words(text)).replace("'", "")
