"""Whether a text tells somebody that they may join a study, or that something suits them: what nothing here may say."""

from __future__ import annotations

import re
from collections.abc import Iterable

_YOU = r"(?:you|he|she|they|your (?:mother|father|child|son|daughter)|usted|ella|él)"
_PROMISES = re.compile(
    rf"\bqualif\w+|\beligible\b|\bcandidates?\b|\bsuitable\b|\badecuad[oa]s?\b|\bapt[oa]s?\b|\belegibles?\b"
    rf"|\b(?:right|good|best|ideal|perfect|fit|match|meant|made) for (?:you|him|her|them|your)\b"
    rf"|\b{_YOU}(?:'re| are| is| may| might| can| could| will| would| should| do| does)?"
    r" (?:be )?(?:able to |allowed to |welcome to )?"
    r"(?:join|enrol|enroll|take part|participate|get in|fit|meet|match|be accepted)\b"
    r"|\b(?:accept|take|welcome)s? (?:you|him|her)\b(?! to)|\b(?:puede|podría) participar\b",
    re.IGNORECASE,
)
_DENIALS = re.compile(
    r"\b(?:not|cannot|can't|nobody|whether|before|unless|ask|only|criteria|checks if|no puedo|si eso|si un|qué)\b"
    r"|\b(?:team|doctor|nurse|pharmacist) (?:can|will|decides?|says?|tells?|knows?)\b|\?$",
    re.IGNORECASE,
)


def promises(texts: Iterable[str]) -> list[str]:
    """The sentences that say or suggest that a person may join or that something suits them."""
    lines = (line for text in texts for line in text.split("\n"))
    sentences = (sentence.strip() for line in lines for sentence in re.split(r"(?<=[.!?:])\s+", line))
    return [sentence for sentence in sentences if _PROMISES.search(sentence) and not _DENIALS.search(sentence)]
