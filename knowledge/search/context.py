"""Follow-ups: a short message that only makes sense after what was said before ("and for a child?", "how long?").

After an answer a message is read by itself and with the question of that answer, and what both readings find adds up.
Which of them is meant needs no deciding then: "and the side effects?" finds little by itself, "no, the eye test"
little with what it takes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from knowledge.model import Entry
from knowledge.search.asked_next import AskedNext
from knowledge.search.audience import age_groups
from knowledge.search.confidence import FOLLOWING, Following, confidence_following
from knowledge.search.corrections import SHORT, plainly, takes_back
from knowledge.search.index import RIVALS, Index, Ranking, Reading
from knowledge.search.message import Asked, Read, read
from knowledge.search.words import BARE_STEMS, content_words, is_stop_word, words

SUBJECTS = 4
"""Words of the message before that are read together with this one."""

ELSEWHERE = -1.5
"""Mean log of the odds (`Evidence.telling`) below which the words of a message speak of something else altogether,
unless something is found for them together with what came before."""
PART_SURE = 0.4
"""Confidence from which a message after another, or a part of one, has found what it asks for."""
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
    answer, is of the same `topic`, or is the one of the answer and `taken_back` by the message; and how like the
    message is to what others asked after the same answer (`next_here`), or after one of its topic (`next_near`), and
    this entry answered."""

    alone: float
    asked: float
    own: float
    tells: float
    cited: float
    topic: float
    taken_back: float
    next_here: float
    next_near: float


LIGHT = Light(
    alone=0.499,
    asked=0.385,
    own=-0.131,
    tells=1.180,
    cited=1.497,
    topic=0.865,
    taken_back=-4.706,
    next_here=9.849,
    next_near=5.316,
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
    (entries, 9), in the order of `Light`; `answered` and `unanswered` as in `Near`."""

    alone: Reading
    figures: np.ndarray
    answered: float = 0.0
    unanswered: float = 0.0


def read_after(text: str, earlier: Earlier, index: Index, sure: float) -> Read:
    """Reads a message in the light of what was said before it. `sure` is the confidence of an answer.

    A short message is read alone where its words speak of something else altogether and nothing is found together, or
    where it names a subject of its own and is sure enough; else together with what came before."""
    said = plainly(text)
    nothing = earlier.entry is None and not earlier.text
    if nothing or len(said.split()) > SHORT or _BACK.search(said):
        found = asked_on(read(_BACK.sub("", said), index), index)
        return replace(found, leans=BARE_STEMS.issuperset(content_words(said)) and bool(_LEANS.search(said)))
    named = any(not age_groups(word) for word in index.subjects(said))
    leans = bool(_LEANS.search(said) or _DEFINITE.search(said))
    if named and not leans and not takes_back(text):
        alone = asked_on(read(said, index), index)
        if alone.best.confidence >= sure or sum(one.asks for one in alone.questions) > 1:
            return alone
    best = _best_together(text, earlier, index)
    if best is None or not best.hits or (best.confidence < PART_SURE and index.telling(said) < ELSEWHERE):
        return asked_on(read(said, index), index)
    return Read(best, leans=leans or not content_words(said), follows=True)


def asked_on(found: Read, index: Index) -> Read:
    """The questions of a message, each that finds nothing new by itself read after the one before it: "what is a flare,
    and what brings one on?"."""
    questions: list[Asked] = []
    before: Asked | None = None
    for asked in found.questions:
        if asked.asks and before is not None and before.ranking.confidence >= PART_SURE:
            asked = _after(asked, before, index)
        if not asked.unit.is_listed:
            before = asked
        questions.append(asked)
    return replace(found, questions=tuple(questions))


def _after(asked: Asked, before: Asked, index: Index) -> Asked:
    """A question read after the part before it, where that finds more than the question by itself."""
    is_same = before.asks and asked.first == before.first
    if not is_same and asked.ranking.confidence >= PART_SURE:
        return asked
    after = replace(asked, ranking=ranked_after(follow(asked.unit.text, before.ranking.hits[0].entry, index), index))
    finds_more = is_same or after.ranking.confidence > asked.ranking.confidence
    return after if after.first != before.first and finds_more else asked


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


def follow(text: str, last: Entry, index: Index, asked_next: AskedNext | None = None) -> Followed:
    """Reads a message in both ways in which it may be meant after the answer `last`. `asked_next`: what was asked next,
    if other than what the index knows of."""
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
    near = (asked_next or index.asked_next).near(last, alone.vector)
    # "Why not?" says nothing by itself: only what it asked after the same answer tells something.
    among = near.topic if alone.stems else np.zeros_like(near.topic)
    figures = np.stack([*scores, told, cited, topic, taken_back, near.same, among], axis=1)
    return Followed(alone, figures, near.answered, near.unanswered)


def ranked_after(followed: Followed, index: Index, light: Light = LIGHT, weights: Following = FOLLOWING) -> Ranking:
    """The best entries for a message that follows an answer."""
    known = followed.answered, followed.unanswered
    return index.ranked_by(
        followed.figures @ np.array(light),
        followed.alone,
        lambda evidence: confidence_following(evidence, *known, weights=weights),
    )


def telling(text: str, index: Index) -> Callable[[Entry], bool]:
    """What says of an entry whether its text tells what a short question asks for: it holds its words, or the kind of
    figure."""
    plain = index.vocabulary.canonical(text)
    kinds = [kind for asked, kind in _TELLS if asked.search(plain)]
    if not kinds:
        return index.mentioning(text)
    return lambda entry: any(kind.search(f"{entry.answer}\n{entry.more}") for kind in kinds)
