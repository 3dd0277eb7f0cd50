"""What takes back the message before: "no, i meant …", "not the biopsy, …", "…, sorry"."""

from __future__ import annotations

import re

SHORT = 14
"""Words. A longer message stands on its own."""
TAKEN_BACK = 3
"""How many ways of taking something back a message may begin with."""

_CORRECTS = re.compile(
    r"^\W*(?:(?:sorry|no|oops|nope|actually|wait)\W*)?(?:i )?meant?\b\W*"
    r"|^\W*(?:no|nope|oops|sorry|wait)\b[\s,.!:-]*(?:the other (?:one|thing)\b[\s,.!:-]*)?"
    # Only from where a run of spaces begins: from each of them, a message of nothing else takes seconds.
    r"|(?<![\s,])[\s,]+(?:sorry|i mean)\W*$",
    re.IGNORECASE,
)
"""What only says that the message before was not meant so: "no, i meant …", "…, sorry"."""
_SOMETHING = r"(?:the|a|an|that|this|those|these|them|my|for|in|on|about|after|with|who|how|when|what) ?[^,.;:!?]{0,40}"
_NOT_THAT = re.compile(
    rf"^\W*not {_SOMETHING}[,.;:]+\s*(?:(?:but|i meant?|just)\b\s*)?(?=\w)|(?<=\w)[,.;:]\s*not {_SOMETHING}\W*$",
    re.IGNORECASE,
)
"""What is put aside for something else: "not the biopsy, …", "…, not the rules"; but "not breathing, …" tells what is
the matter."""
_TAKES_BACK = re.compile(r"\b(?:no|nope|not|meant?|oops)\b", re.IGNORECASE)
"""What takes an answer back, of all that `plainly` leaves out: "wait, …" and "sorry, …" may go on with it."""


def plainly(text: str) -> str:
    """A message without the words that only take back the one before."""
    meant = text
    for _ in range(TAKEN_BACK):  # "sorry, no, i meant …"
        meant = _CORRECTS.sub("", meant) or meant
    return (_NOT_THAT.sub("", meant) if len(meant.split()) <= SHORT else meant) or meant


def takes_back(text: str) -> bool:
    """Whether a message says that the answer before it was not what was asked for."""
    return plainly(text) != text and bool(_TAKES_BACK.search(text))
