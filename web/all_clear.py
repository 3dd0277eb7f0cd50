"""After an emergency card: whether somebody says that it is no emergency, in other words than its button does.

Only what says nothing else is believed: whoever adds a word may be telling what got worse.
"""

from __future__ import annotations

import re

_DENIED = re.compile(
    r"\b(?:(?:not|no|wasn['’]?t|isn['’]?t) (?:really )?an? emergency|false alarm|no es una emergencia|falsa alarma|"
    r"no emergency(?! (?:room|number|services?|exit|dep\w*)))\b",
    re.IGNORECASE,
)
_PERSON = "(?:i am|im|we are|were|he is|hes|she is|shes|they are|theyre|everyone is|everybody is)"
_KIND = "sorry|haha|lol|jaja|thanks|thank you|gracias"
_LEAD = f"(?:(?:no|nah|nope|oh|ah|ok|okay|dear|love|ja|perdon|perdona|lo siento|{_KIND}) )*"
_CLAIM = (
    f"(?:{_PERSON} (?:all )?(?:fine|ok|okay|alright|all right|well)(?: now| again)?"
    "|(?:nobody|no one|noone) (?:is )?(?:ill|sick|hurt|in danger)"
    "|(?:i was |im |i am )?(?:just |only )?(?:joking|kidding)|(?:it was |that was )?(?:just |only )?a joke"
    "|(?:it|that|this) (?:was|happened) (?:(?:years|months|weeks) ago|last (?:month|year))"
    "|(?:ya )?(?:estoy|esta|estamos|estan)(?: todos| todas)? bien|(?:era|fue) (?:una )?broma|fue hace (?:anos|meses)"
    f"|(?:(?:it is|its|this is|that is|thats|{_PERSON} asking|i was asking|just asking|asking) )?(?:just |only )*"
    "for (?:an?|my|our|the) (?:[a-z]+ ){0,2}"
    "(?:exam|test|quiz|course|class|essay|homework|school project|lesson|assignment)"
    "|(?:i )?(?:just |only )+(?:want|wanted|like) to be (?:ready|prepared)"
    "|(?:i am |im |we are |were )?(?:just |only )+(?:learning|practising|practicing|revising))"
)
_BESIDE = (
    "(?:(?:nobody|no one|noone) (?:is )?(?:actually |really )?(?:choking|bleeding|unconscious)"
    "(?: (?:right )?now| here)*"
    f"|{_PERSON} an? (?:(?:nursing|medical|first aid|paramedic|biology|school|college) )?"
    "(?:student|teacher|trainer|instructor|writer))"
)
"""What is believed only beside a claim: it may be true of somebody who needs help."""
_ALL_CLEAR = re.compile(
    f"(?:{_LEAD}{_BESIDE} (?:and )?)*{_LEAD}{_CLAIM}(?: (?:and |y )?{_LEAD}(?:{_CLAIM}|{_BESIDE}))*(?: (?:{_KIND}))*"
)
_IS_NOT = re.compile(r"\bno (?:ya )?(?:estoy|esta|estamos|estan|era|fue)\b")
"""Spanish: here "no" belongs to what follows it."""
_PLAIN = str.maketrans("áéíóúñ’", "aeioun'")


def is_denied(text: str, crisis: bool) -> bool:
    """`crisis`: the card was about suicide. Who then says "I'm fine" is not taken at that word."""
    if text.rstrip().endswith("?"):
        return False
    if _DENIED.search(text):
        return True
    words = " ".join(re.findall(r"[a-z]+", text.lower().translate(_PLAIN).replace("'", "")))
    if crisis or _IS_NOT.search(words):
        return False
    return _ALL_CLEAR.fullmatch(words) is not None
