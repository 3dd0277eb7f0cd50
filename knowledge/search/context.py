"""Follow-ups: a short message that only makes sense after what was said before ("and for a child?", "how long?").

After an answer a message is read by itself and with the question of that answer, and what both readings find adds up.
Which of them is meant needs no deciding then: "and the side effects?" finds little by itself, "no, the eye test"
little with what it takes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from knowledge.model import Entry
from knowledge.search.audience import age_groups
from knowledge.search.confidence import FOLLOWING, Following, confidence_following
from knowledge.search.index import RIVALS, Index, Ranking, Reading
from knowledge.search.message import Read, read
from knowledge.search.words import BARE_STEMS, content_words, is_stop_word, words

SHORT = 14
"""Words. A longer message stands on its own."""
TAKEN_BACK = 3
"""How many ways of taking something back a message may begin with."""
SUBJECTS = 4
"""Words of the message before that are read together with this one."""

ELSEWHERE = -1.5
"""Mean log of the odds (`Evidence.telling`) below which the words of a message speak of something else altogether."""
PART_SURE = 0.4
"""Confidence from which a part of a message has found what it asks for."""
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
_SOMETHING = r"(?:the|a|an|that|this|those|these|them|my|for|in|on|about|after|with|who|how|when|what) ?[^,.;:!?]{0,40}"
_NOT_THAT = re.compile(
    rf"^\W*not {_SOMETHING}[,.;:]+\s*(?:(?:but|i meant?|just)\b\s*)?(?=\w)|(?<=\w)[,.;:]\s*not {_SOMETHING}\W*$",
    re.IGNORECASE,
)
"""What is put aside for something else: "not the biopsy, …", "…, not the rules"; but "not breathing, …" tells what is
the matter."""
_TAKES_BACK = re.compile(r"\b(?:no|nope|not|meant?|oops)\b", re.IGNORECASE)
"""What takes an answer back, of all that `plainly` leaves out: "wait, …" and "sorry, …" may go on with it."""
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


class Light(NamedTuple):
    """What counts for an entry after an answer: the scores of the message `alone`, with the question of that answer
    (`asked`), and of that question (`own`); and, in log odds, that the entry `tells` what is asked, is `cited` by the
    answer, is of the same `topic`, or is the one of the answer and `taken_back` by the message."""

    alone: float
    asked: float
    own: float
    tells: float
    cited: float
    topic: float
    taken_back: float


LIGHT = Light(
    alone=0.579,
    asked=0.489,
    own=-0.165,
    tells=1.346,
    cited=2.153,
    topic=1.373,
    taken_back=-6.064,
)
"""Fitted by `bench/follow_ups.py --fit`, which prints them as they stand here."""


@dataclass(frozen=True)
class Earlier:
    """What was said before a message: the entry shown last, and the message before; either may be missing."""

    entry: Entry | None = None
    text: str = ""


@dataclass(frozen=True)
class Followed:
    """A message that follows an answer. `alone`: its own reading; `figures`: what counts for each entry, shape
    (entries, 7), in the order of `Light`."""

    alone: Reading
    figures: np.ndarray


def read_after(text: str, earlier: Earlier, index: Index, sure: float) -> Read:
    """Reads a message in the light of what was said before it. `sure` is the confidence of an answer.

    A short message is read alone where its words speak of something else altogether, or where it names a subject of its
    own and is sure enough; else together with what came before."""
    said = plainly(text)
    nothing = earlier.entry is None and not earlier.text
    if nothing or len(said.split()) > SHORT or _BACK.search(said):
        found = asked_on(read(_BACK.sub("", said), index), index)
        return replace(found, leans=BARE_STEMS.issuperset(content_words(said)) and bool(_LEANS.search(said)))
    named = any(not age_groups(word) for word in index.subjects(said))
    leans = bool(_LEANS.search(said) or _DEFINITE.search(said))
    if named and not leans and not takes_back(text):
        alone = asked_on(read(said, index), index)
        if alone.best.confidence >= sure or len(alone.questions) > 1:
            return alone
    if index.telling(said) < ELSEWHERE:
        return asked_on(read(said, index), index)
    best = _best_together(text, earlier, index)
    if best is None or not best.hits:
        return asked_on(read(said, index), index)
    return Read(best, (best,), leans=leans or not content_words(said), follows=True)


def asked_on(found: Read, index: Index) -> Read:
    """The questions of a message, each that finds nothing new by itself read after the one before it: "what is a flare,
    and what brings one on?"."""
    questions = list(found.questions[:1])
    for part, asked in zip(found.put[1:], found.questions[1:]):
        before = questions[-1]
        is_same = bool(asked.hits and before.hits) and _first(asked) == _first(before)
        if before.confidence >= PART_SURE and (is_same or asked.confidence < PART_SURE):
            after = ranked_after(follow(part, before.hits[0].entry, index), index)
            if _first(after) != _first(before) and (is_same or after.confidence > asked.confidence):
                asked = after
        questions.append(asked)
    return replace(found, questions=tuple(questions))


def _first(ranking: Ranking) -> str:
    return ranking.hits[0].entry.id


def plainly(text: str) -> str:
    """A message without the words that only take back the one before."""
    meant = text
    for _ in range(TAKEN_BACK):  # "sorry, no, i meant …"
        meant = _CORRECTS.sub("", meant) or meant
    return (_NOT_THAT.sub("", meant) if len(meant.split()) <= SHORT else meant) or meant


def takes_back(text: str) -> bool:
    """Whether a message says that the answer before it was not what was asked for."""
    return plainly(text) != text and bool(_TAKES_BACK.search(text))


def _best_together(text: str, earlier: Earlier, index: Index) -> Ranking | None:
    """The message read with the entry shown last, or with the words before it where those are clearly surer: they may
    have been about something that had no entry."""
    together = ranked_after(follow(text, earlier.entry, index), index) if earlier.entry is not None else None
    if together is not None and together.confidence + CLEARLY >= 1:
        return together  # nothing is surer by that
    subjects = index.subjects(earlier.text)[:SUBJECTS]
    said_before = index.search(" ".join([*subjects, plainly(text)])) if subjects else None
    if together is None or said_before is None:
        return together or said_before
    return said_before if said_before.confidence > together.confidence + CLEARLY else together


def follow(text: str, last: Entry, index: Index) -> Followed:
    """Reads a message in both ways in which it may be meant after the answer `last`."""
    said, subject = plainly(text), words(last.question)
    if age_groups(said):
        # "and for a child?" asks the very same of someone else.
        subject = [word for word in subject if not age_groups(word)]
    else:
        subject = [word for word in subject if not is_stop_word(word)]
    alone, asked = index.read(said), index.read(" ".join([*subject, said]))
    scores = [alone.scores, asked.scores, index.own(last)]
    likely = np.argsort(-(alone.scores + asked.scores), kind="stable")[: 2 * RIVALS]
    tells_it, told = telling(said, index), np.zeros(len(index.entries))
    told[likely] = [tells_it(index.entries[place]) for place in likely]
    cited = [float(entry.id in last.related) for entry in index.entries]
    topic = [float(entry.topic == last.topic) for entry in index.entries]
    taken_back = [float(entry.key == last.key and takes_back(text)) for entry in index.entries]
    return Followed(alone, np.stack([*scores, told, cited, topic, taken_back], axis=1))


def ranked_after(followed: Followed, index: Index, light: Light = LIGHT, weights: Following = FOLLOWING) -> Ranking:
    """The best entries for a message that follows an answer."""
    return index.ranked_by(
        followed.figures @ np.array(light), followed.alone, partial(confidence_following, weights=weights)
    )


def telling(text: str, index: Index) -> Callable[[Entry], bool]:
    """What says of an entry whether its text tells what a short question asks for: it holds its words, or the kind of
    figure."""
    plain = index.vocabulary.canonical(text)
    kinds = [kind for asked, kind in _TELLS if asked.search(plain)]
    if not kinds:
        return index.mentioning(text)
    return lambda entry: any(kind.search(f"{entry.answer}\n{entry.more}") for kind in kinds)
