"""The questions in a message: people tell a story first, ask two things at once, or dictate without a single stop."""

from __future__ import annotations

import re

LONG = 14
"""Words. Only a longer sentence is cut at question words that no sign sets apart."""
SHORTEST_PART = 2
"""Words that a part of a sentence needs to be a question of its own."""
LONGEST_NAME = 7
"""Words of a part that asks for something by naming it."""
MOST_PARTS = 8
"""Parts that are looked at; each costs a sentence vector. The last ones count: people set out with the matter and close
with the question."""
MOST_LISTED = 4
"""Things that a part of a message names in a row; with more of them it is a story."""

_SENTENCE = re.compile(r"(?<=[.?!;])\s+|\n+|(?<=\))\s+(?=[A-Z])")
_NOT_AN_END = re.compile(r"\b(?:dr|mr|mrs|ms|st|vs|e\.g|i\.e|etc|approx|no)\.$", re.IGNORECASE)
_QUESTION_WORD = "what|whats|what's|wat|waht|wot|why|how|hows|when|whens|where|wheres|which|wich|who|whos|whose"
_VERB = "is|are|was|were|do|does|did|can|could|will|would|should|has|have|am|isn't|aren't|doesn't|don't|can't|won't"
_SUBJECT = (
    "i|you|u|we|they|he|she|it|this|that|these|those|there|the|a|an|my|your|people|someone|somebody|anyone|lupus|cart?|"
    "car-t|patients?|doctors?|kids?|children|one|any|all|most|some"
)
_ASKING = rf"(?:{_QUESTION_WORD}|(?:{_VERB}) (?:{_SUBJECT}))"
_ASKING_FIRST = rf"(?:{_QUESTION_WORD}|(?:{_VERB}) (?!not\b)\w+)"
"""At the very beginning a verb asks whatever follows: "does narcan", "is chocolate"."""
_AND = "and|an|but|or|also|plus|so|then|n|&|and then|oh and"
_JOINED = re.compile(
    rf"(?:\s*[,;:–—-]\s*|\s+)(?:{_AND})\s+(?=(?:also\s+)?(?:{_ASKING}|if\b|(?:do|does|did|can|could|will|should|is|are)\s+\w+)\b)"
    rf"|\s*[,:–—]\s*(?={_ASKING}\b)",
    re.IGNORECASE,
)
_RUN_ON = re.compile(
    r"\s+(?=(?:what|whats|why|how|hows|(?:is|are|do|does|did|can|could|will|would|should)"
    r" (?:i|you|u|we|they|he|she|it|this|that|these|there|people|lupus|cart?|car-t|anyone|someone))\b)",
    re.IGNORECASE,
)
_INSIDE_A_CLAUSE = frozenset(
    "we i u he it she you they who what how why when that this there which know about so and".split()
)
"""Words after which a question word or verb goes on with the clause: "we did", "so what", "know how"."""
_LISTS = re.compile(
    r"\s*(?:;|(?<!\d)[,/+&]|[,/+&](?!\d)|\.{2,}|\s[-–—]+\s|\b(?:and|n|or|plus|also|then|vs\.?|versus|with)\b)"
    r"(?:\s*\b(?:and|n|or|also|plus|then)\b)*\s*",
    re.IGNORECASE,
)
_TELLS_HOW = re.compile(r"\W*\w+ly\W*", re.IGNORECASE)
"""One word such as "roughly" or "honestly", which names nothing."""
_TURNED_DOWN = re.compile(
    r"^\W*(?:(?:and|but|so|no|ok|okay|well)\W+)*(?:not|never|except|instead of|i (?:don't|dont|do not) mean)\b"
    r"(?! (?:sure|certain|clear|being|been|heard|understood)\b)",
    re.IGNORECASE,
)
_MAY_I_ASK = re.compile(
    r"^\W*(?:(?:hi|hello|hey|sorry|please|excuse me|ok|so|um|quick one)\W+)*(?:can|could|may|might|cn) (?:i|we)"
    r"(?: just| please)? (?:ask|trouble|bother)(?: you| u)?(?: (?:something|smth|sth|summat|a thing|one thing|"
    r"an?(?: \w+)? question|sumthing|somthing))?(?: please| pls| quickly| here)?\W*$",
    re.IGNORECASE,
)
_FILLER = "and|but|so|also|or|plus|then|ok|okay|well|oh|um|uh|please|pls|just|hi|hello|hey|now|wait"
_LEAD_IN = (
    "(?:can|could) (?:you|u|someone|somebody|anyone) (?:please )?(?:tell me|explain)|tell me|explain|wondering|"
    "i (?:was |am )?(?:just )?wonder(?:ing)?|i(?: just|'d| would)? (?:wanted|want|need|like) to know|question is"
)
_OPENS = re.compile(rf"^\W*(?:(?:{_FILLER})\W+)*(?:(?:{_LEAD_IN}) (?:if |whether )?)?{_ASKING_FIRST}\b", re.IGNORECASE)
_WANTS = re.compile(
    r"\b(?:tell me|explain|wonder(?:ing|ed)?|(?:want(?:ed)?|like|need) to know|know (?:if|whether|how|what|why|when)|"
    r"curious|understand|ask(?:ing|ed)? (?:if|whether|how|what|why|about)|any (?:idea|info\w*)|question)\b",
    re.IGNORECASE,
)


_TELLS_OF_SOMEBODY = re.compile(
    r"\b(?:i|im|ive|i'm|i've|me|my|mine|we|we're|our|us|he|she|his|her|hers|they|them|their|here|hi|hello|thanks?)\b",
    re.IGNORECASE,
)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a message, as far as its signs tell them apart, with single spaces: each run of them would be
    looked at from every one of its characters when a sentence is cut."""
    found: list[list[str]] = []
    for piece in filter(str.strip, _SENTENCE.split(text)):
        if found and _NOT_AN_END.search(found[-1][-1]):
            found[-1].append(piece)
        else:
            found.append([piece])
    return tuple(" ".join(" ".join(pieces).split()) for pieces in found)


def asks(part: str) -> bool:
    """Whether a part of a message is put as a question, by its sign or its first words."""
    return part.rstrip(" \"')").endswith("?") or bool(_OPENS.search(part))


def names_a_subject(part: str) -> bool:
    """Whether a part of a message is short and tells nothing of a person, such as "birth control with lupus"."""
    return SHORTEST_PART <= len(part.split()) <= LONGEST_NAME and not _TELLS_OF_SOMEBODY.search(part)


def wants_to_know(part: str) -> bool:
    """Whether a part of a message says that it asks something: "I wonder whether", "tell me about"."""
    return bool(_WANTS.search(part))


def parts(text: str) -> tuple[str, ...]:
    """What may be a question of its own, in order: the sentences of a message, cut where a new question begins."""
    found = [piece for sentence in sentences(text) for piece in _pieces(sentence)]
    return tuple(found[-MOST_PARTS:]) or (text.strip(),)


def asks_for_nothing(part: str) -> bool:
    """Whether a part of a message only turns something down ("not the eyes") or asks whether it may ask."""
    return bool(_TURNED_DOWN.search(part) or _MAY_I_ASK.search(part))


def listed(part: str) -> tuple[str, ...]:
    """What a part of a message names in a row, such as "the heart" and "the lungs", each with what stands around it on
    its side; nothing where it names one thing, or too many."""
    found = tuple(piece for piece in _LISTS.split(part) if re.search(r"\w", piece) and not _TELLS_HOW.fullmatch(piece))
    return found if 1 < len(found) <= MOST_LISTED else ()


def _pieces(sentence: str) -> list[str]:
    pieces = _cut(sentence, _JOINED)
    return [cut for piece in pieces for cut in (_cut(piece, _RUN_ON) if len(piece.split()) > LONG else [piece])]


def _cut(text: str, place: re.Pattern[str]) -> list[str]:
    """`text` cut at each place that leaves words enough on both sides and does not fall into a clause."""
    starts, ends = [0], []
    for found in place.finditer(text):
        before, after = text[starts[-1] : found.start()].split(), text[found.end() :].split()
        goes_on = place is _RUN_ON and before and before[-1].lower() in _INSIDE_A_CLAUSE
        if len(before) >= SHORTEST_PART and len(after) >= SHORTEST_PART and not goes_on:
            ends.append(found.start())
            starts.append(found.end())
    return [text[start:end].strip() for start, end in zip(starts, [*ends, len(text)])]
