"""What people put in front of a question: greetings, thanks, excuses, "no, the other one"; and thanks that are all."""

from __future__ import annotations

import re

from knowledge.search.words import words

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

_THANKS = (
    r"thanks|thank (?:you|u|ya)|thankyou|thanx|thx|tysm|ty|cheers|ta|(?:much|i) appreciated?|much obliged|"
    r"(?:very |so )?grateful|bless you|merci|grazie|obrigad[oa]|danke|dank je|bedankt|tak|tack|takk|kiitos|dziekuje|"
    r"spasibo|arigato|shukran|shukriya|dhanyavaad|toda|xie xie|efharisto|gracias"
)
"""Words of thanks, also those of other languages that people close with."""
_WITH_THANKS = (
    r"ok|okay|oh|ah|aw+|right|great|good|perfect|brilliant|lovely|nice|cool|super|well|alright|all|fine|yes|yeah|and|so|"
    r"but|anyway|anyways|though|then|now|again|very|much|lots?|loads|million|bunch|ever|indeed|really|kindly|many|a|the|"
    r"love|dear|darling|mate|pal|doc|doctor|man|buddy|lantern|bot|guys|all|everyone|you|u|this|that|thats|it|its|is|was|"
    r"were|youve|have|been|most|more|than|helpful|useful|kind|helps|helped|help|sweet|lifesaver|i|am|im|we|are|of|your|"
    r"time|day|evening|bye|goodbye|x+|mille|tante|molto|beaucoup|bien|schon|sehr|vielen|muchas|muchisimas|mil|muito|muy|wel|u"
)
_FOR_WHAT = (
    r"for (?:(?:this|that|everything|it|these|those)\b|(?:your|the|all|(?!nothing)\w+ing)\b"
    r"(?: (?!show|list|find|tell|what|how|which|who|when|where|is|are|do|does|can|any|more|and|but)\w+){0,4})"
)
_CLAUSE = re.compile(r"[,.;:!()\u2013\u2014-]+\s")
_ONLY_THANKS = re.compile(rf"(?:(?:{_THANKS}|{_WITH_THANKS}|{_FOR_WHAT})(?: |$))+")
_A_THANK = re.compile(rf"\b(?:{_THANKS})\b")
LONGEST_THANKS = 14
"""Words."""


def only_thanks(text: str) -> bool:
    """Whether a message is thanks and nothing else: "well thanks a lot", "cheers for all of that". A question that
    follows makes it another message, and so does "no"."""
    if "?" in text or len(words(text)) > LONGEST_THANKS:
        return False
    clauses = [" ".join(said).replace("'", "") for clause in _CLAUSE.split(text) if (said := words(clause))]
    return any(map(_A_THANK.search, clauses)) and all(map(_ONLY_THANKS.fullmatch, clauses))


def without_courtesy(text: str) -> str:
    """The message without what is only politeness in front of it; unchanged where that is all of it."""
    rest = _COURTESY.sub("", text, count=1)
    return text if len(re.findall(r"\w+", rest)) < FEWEST_WORDS else rest
