"""Follow-ups: a short message that only makes sense after what was said before ("and for a child?", "how long?")."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from knowledge.model import Entry
from knowledge.search.audience import age_groups
from knowledge.search.index import Index, Ranking
from knowledge.search.message import Read, read
from knowledge.search.words import BARE_STEMS, content_words, is_stop_word, words

SHORT = 10
"""Words. A longer message stands on its own."""
SUBJECTS = 4
"""Words of the message before that are read together with this one."""

ELSEWHERE = -1.5
"""Mean log of the odds (`Evidence.telling`) below which the words of a message speak of something else altogether."""
CLEARLY = 0.2
"""Confidence by which one reading of a follow-up has to be surer than another."""

_LEANS = re.compile(
    r"^\W*(?:and|n|wh?at about|how about|but|so|or|also|then|ok|okay|in|for|why|when|same|"
    r"how (?:long|often|much|many|soon|bad|come)|"
    r"(?:is|does|do|can|will|are|did|were|was) (?:it|they|that|these|those|this|either))\b"
    r"|\b(?:it|they|them|that|these|those|this|either|both|one|ones)\b",
    re.IGNORECASE,
)
_DEFINITE = re.compile(
    r"\b(?:the|this|that) (?:study|trial|treatment|medicine|drug|pill|tablet|disease|illness|condition|test|therapy)\b"
    r"(?! of)",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"^\W*(?:(?:sorry|no|oops|nope|actually|wait)\W*)?(?:i )?meant?\b\W*"
    r"|^\W*(?:no|nope|oops|sorry|wait)\b[\s,.!:-]*(?:the other (?:one|thing)\b[\s,.!:-]*)?"
    # Only from where a run of spaces begins: from each of them, a message of nothing else takes seconds.
    r"|(?<![\s,])[\s,]+(?:sorry|i mean)\W*$",
    re.IGNORECASE,
)
"""What only says that the message before was not meant so: "no, i meant …", "…, sorry"."""
_BACK = re.compile(
    r"^\W*(?:(?:ha|haha|ok|okay|so|well|anyway|and|now|btw|right|thanks|thank you)\W+)*(?:going |coming )?"
    r"back to (?:the )?",
    re.IGNORECASE,
)

_SPAN = r"(?:minutes?|hours?|days?|weeks?|months?|years?)"
_TELLS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(told, re.IGNORECASE))
    for asked, told in (
        (
            rf"\bhow long\b|\bhow many {_SPAN}\b|\blast\b|\bforever\b",
            rf"\b{_SPAN}\b|\blife ?long\b",
        ),
        (
            r"\bhow often\b|\bhow many times\b",
            r"\bevery\b|\b(?:once|twice|times) (?:a|per)\b|\b(?:dai|week|month|year)ly\b",
        ),
        (r"\bwhy\b|\bhow come\b|\breason\b", r"\bbecause\b|\bthat is why\b|\bthe reason\b|\bcauses?d?\b|\bso\b"),
        (r"\bhow much\b|\bcost\b|\bprice\b", r"\$|\bdollars?\b|\bcosts?\b|\bprices?\b|\bfree\b"),
        (r"\bhow many\b|\bwhat number\b|\btarget\b|\bpercent\b", r"\d"),
        (r"\bhurts?\b|\bpain", r"\bhurts?\b|\bpain"),
        (r"\bwhere\b|\bwhich (?:hospital|country|city)\b", r"\b(?:hospital|university|cent(?:er|re)|clinic)\b"),
        (r"\bdangerous\b|\brisky?\b|\bsafe\b|\bserious\b", r"\brisks?\b|\bdanger|\bserious|\bsevere"),
    )
)
"""What a short question asks for, and by which words a text tells it."""


@dataclass(frozen=True)
class Earlier:
    """What was said before a message: the entry shown last, and the message before; either may be missing."""

    entry: Entry | None = None
    text: str = ""


def read_after(text: str, earlier: Earlier, index: Index, sure: float) -> Read:
    """Reads a message in the light of what was said before it. `sure` is the confidence of an answer.

    A short message is read alone where its words speak of something else altogether. One that names no subject of its
    own is else read together with what came before; one that does only where that is surer. Nothing is shown because of
    what came before unless its text tells what is asked."""
    said = _CORRECTS.sub("", text) or text
    nothing = earlier.entry is None and not earlier.text
    if nothing or len(said.split()) > SHORT or _BACK.search(said):
        found = read(_BACK.sub("", said), index)
        return replace(found, leans=BARE_STEMS.issuperset(content_words(said)) and bool(_LEANS.search(said)))
    alone = read(said, index)
    named = any(not age_groups(word) for word in index.subjects(said))
    definite = bool(_DEFINITE.search(said))
    if named and alone.best.confidence >= sure and not definite and not _LEANS.search(said):
        return alone
    if alone.best.evidence.telling < ELSEWHERE:
        return alone
    best = _likelier(_surest_together(said, earlier, index))
    if best is None or not best.hits or not tells(best.hits[0].entry, said, index):
        if named or best is None:
            return alone
        # Whoever leans on what was shown is asked back: near as the entry is, it does not tell what they ask.
        return Read(replace(best, confidence=min(best.confidence, sure - 0.01)), (), leans=True)
    if named and alone.best.confidence >= best.confidence and not (definite and best.confidence >= sure):
        return alone
    return Read(best, (best,), leans=True)


def _likelier(ranking: Ranking | None) -> Ranking | None:
    """A follow-up is about something published more often than a message out of the blue: its odds are doubled."""
    if ranking is None:
        return None
    odds = 2 * ranking.confidence
    return replace(ranking, confidence=round(odds / (odds + 1 - ranking.confidence), 3))


def _surest_together(text: str, earlier: Earlier, index: Index) -> Ranking | None:
    """The follow-up read with the entry shown last, or with the words before it where those are clearly surer: they may
    have been about something that had no entry."""
    subjects = index.subjects(earlier.text)[:SUBJECTS]
    said_before = index.search(" ".join([*subjects, text])) if subjects else None
    if earlier.entry is None:
        return said_before
    together = _together(text, earlier.entry, index)
    if said_before is not None and said_before.confidence > together.confidence + CLEARLY:
        return said_before
    return together


def _together(text: str, last: Entry, index: Index) -> Ranking:
    """The follow-up read with the question of the entry shown last. That entry itself counts again only where it tells
    what the follow-up asks."""
    subject = words(last.question)
    if age_groups(text):
        # "and for a child?" asks the very same of someone else.
        subject = [word for word in subject if not age_groups(word)]
    else:
        subject = [word for word in subject if not is_stop_word(word)]
    joined = " ".join([*subject, text])
    together = index.search(joined)
    if not together.hits or together.hits[0].entry is not last or tells(last, text, index):
        return together
    # What the earlier question finds by itself says nothing about the follow-up; the next entry does.
    return index.search(joined, besides=last)


def tells(entry: Entry, text: str, index: Index) -> bool:
    """Whether an entry's text tells what a short question asks for: it holds its words, or the kind of figure."""
    told = f"{entry.answer}\n{entry.more}"
    plain = index.vocabulary.canonical(text)
    kinds = [kind for asked, kind in _TELLS if asked.search(plain)]
    if kinds:
        return any(kind.search(told) for kind in kinds)
    return index.mentions(entry, text)
