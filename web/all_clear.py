"""After an emergency card: whether somebody says that it is no emergency, in other words than its button does."""

from __future__ import annotations

import re

_WHO = r"(?:i|we|he|she|they|you|it|every(?:one|body)|all)"
_BE = r"(?:['’]?(?:m|s|re)| am| is| are| was| were)?"
_DENIED = re.compile(
    r"\b(?:(?:not|no|wasn['’]?t|isn['’]?t) (?:really )?an? emergency|no emergency|false alarm|"
    r"no es una emergencia|falsa alarma)\b",
    re.IGNORECASE,
)
_WELL = re.compile(
    rf"\b(?:{_WHO}{_BE}(?: all| quite| now| totally| completely| perfectly)* "
    r"(?:fine|ok|okay|al ?right|safe|well|better)|"
    r"(?:it|that|this)(?:['’]?s| is| has) (?:all )?(?:gone|over|passed)|"
    r"(?:nobody|no ?one)(?: is|['’]?s) (?:ill|sick|hurt|in danger|dying)|"
    r"(?:joking|kidding|a joke|(?:una )?broma)|(?:estoy|est[aá]|estamos|est[aá]n) (?:tod[oa]s? |ya )*bien)\b",
    re.IGNORECASE,
)
_LONG_OVER = re.compile(
    r"\b(?:was|were|been|happened) (?:(?:only|just|all|back|that) )*(?:yesterday|years|months|weeks|ages|last|a while|"
    r"a long time)\b|\b(?:fue|pas[oó]|era) (?:ayer|hace)\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\?\s*$|\b(?:but|still|though|not(?! now)|isn['’]?t|aren['’]?t|pero|todav[ií]a|sigue|no est[aá])\b", re.IGNORECASE
)
"""A question, or something that speaks against it."""


def is_denied(text: str, crisis: bool) -> bool:
    """`crisis`: the card was about suicide. Who then says "I'm fine" is not taken at that word."""
    if _DENIED.search(text):
        return not text.rstrip().endswith("?")
    if crisis:
        return False
    return bool(_WELL.search(text) or _LONG_OVER.search(text)) and not _DOUBT.search(text)
