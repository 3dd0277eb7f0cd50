"""What people put in front of a question: greetings, thanks, excuses, "no, the other one"."""

from __future__ import annotations

import re

_POLITE = (
    r"hi|hiya|hey|hello|hallo|hola|good (?:morning|afternoon|evening|day)|dear (?:bot|lantern)|there|"
    r"thanks(?: (?:a lot|so much|again))?|thank (?:you|u)(?: (?:so|very) much| again)?|thx|cheers|great|cool|nice|"
    r"perfect|ok|okay|alright|all right|right|well|fine|good|got it|i see|fair enough|ha|haha|hmm|hm|oh|wow|anyway|"
    r"sorry(?: to (?:bother|ask)(?: you)?(?: again)?)?|excuse me|"
    r"no|nope|not that(?: one)?|the other one|(?:i have )?(?:a|one more|another) (?:quick )?question"
)
_ASKS = r"what|whats|what's|how|why|when|where|who|which|is|are|can|could|does|do|will"
_COURTESY = re.compile(
    rf"^\W*(?:(?:{_POLITE})\b"
    rf"(?:\s*[,.!?:;)…–—-]+\s*|\s+(?=(?:{_POLITE})\b\s*[,.!:;-])|\s+(?:(?:but|and|so)\s+)?(?=(?:{_ASKS})\b)))+",
    re.IGNORECASE,
)
"""Polite words with a stop after them, or before a word that asks."""
FEWEST_WORDS = 2
"""What is left must be a message of its own."""


def without_courtesy(text: str) -> str:
    """The message without what is only politeness in front of it; unchanged where that is all of it."""
    rest = _COURTESY.sub("", text, count=1)
    return text if len(re.findall(r"\w+", rest)) < FEWEST_WORDS else rest
