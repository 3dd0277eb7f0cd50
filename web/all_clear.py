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
    "|(?:nobody|no one|noone) (?:is )?(?:actually |really )?(?:ill|sick|hurt|in danger|choking|bleeding|unconscious)"
    "(?: (?:right )?now| here| yet)*|nothing (?:is wrong|has happened|happened)(?: (?:right )?now| here| yet)*"
    "|(?:i am|im|we are|were) an? (?:[a-z]+ )?(?:student|teacher|trainer|writer|novelist)"
    f"|(?:(?:it is|its|this is|that is|thats|{_PERSON} asking|i was asking|just asking|asking) )?(?:just |only )*"
    "for (?:an?|my|our|the|school|college|uni|work)(?: (?:first aid|school|nursing|cpr|college|work))?"
    "(?: (?:exam|test|quiz|course|class|essay|homework|project|training|lesson|assignment|story|novel|book))?"
    "|(?:i |we )?(?:am |are |m )?(?:just |only )*(?:want|wanted|like|trying) to (?:be (?:ready|prepared)|know|learn)"
    "|(?:i am|im|we are|were)? ?(?:just |only )+(?:learning|practising|practicing|revising|curious|in case)"
    "|(?:i was |im |i am )?(?:just |only )?(?:joking|kidding)|(?:it was |that was )?(?:just |only )?a joke"
    "|(?:it|that|this) (?:was|happened) (?:(?:years|months|weeks) ago|last (?:month|year))"
    "|(?:ya )?(?:estoy|esta|estamos|estan)(?: todos| todas)? bien|(?:era|fue) (?:una )?broma|fue hace (?:anos|meses))"
)
_ALL_CLEAR = re.compile(f"{_LEAD}{_CLAIM}(?: (?:and |y )?{_LEAD}{_CLAIM})*(?: (?:{_KIND}))*")
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
