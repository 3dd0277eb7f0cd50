"""What is said to somebody who writes, while they write: faults beside each field, and how hard the text is to read."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from knowledge import reading, review
from knowledge.editing.acts import unfit
from knowledge.model import Entry


@dataclass(frozen=True)
class Check:
    """One thing to mend in a field. `forbids`: the text is not published before."""

    field: str
    message: str
    forbids: bool


@dataclass(frozen=True)
class Meter:
    """How a part reads: its words and its Flesch-Kincaid grade, with the most of each. `hardest`: the sentence to begin
    with where the grade is too high, "" otherwise."""

    part: str
    words: int
    most_words: int | None
    grade: float
    hardest_grade: float
    hardest: str

    @property
    def is_hard(self) -> bool:
        return self.grade > self.hardest_grade

    @property
    def is_long(self) -> bool:
        return self.most_words is not None and self.words > self.most_words


HARDEST = {"answer": review.HARDEST_ANSWER, "simpler": review.MEAN_GRADES["simpler"], "more": review.HARDEST_ANSWER}
MOST_WORDS = {"answer": review.ANSWER_WORDS, "more": review.MORE_WORDS}


def checks(
    entry: Entry, grounds: review.Grounds, beside: review.Beside, names: re.Pattern[str] | None, today: dt.date
) -> list[Check]:
    """All that is to be mended in an entry beside others, what forbids publishing first."""
    found = [Check(field, message, True) for field, message in unfit(entry, grounds, beside)]
    if len(entry.phrasings) < review.PHRASINGS and entry.answer_kind not in ("card", "term"):
        missing = review.PHRASINGS - len(entry.phrasings)
        found.append(Check("phrasings", f"add {missing} more ways in which people ask this", False))
    if entry.review_due < today:
        found.append(Check("review_due", "this day is past; read the sources again and set both days", False))
    for meter in meters(entry, names):
        if meter.is_long and entry.answer_kind == "term":
            found.append(Check(meter.part, f"has {meter.words} words; at most {meter.most_words}", False))
        if meter.is_hard:
            message = (
                f"reads at grade {meter.grade:.1f}, at most {meter.hardest_grade:.1f}; begin with: {meter.hardest}"
            )
            found.append(Check(meter.part, message, False))
    return found


def meters(entry: Entry, names: re.Pattern[str] | None) -> list[Meter]:
    """The meters of the parts that have a text; none for other languages than the one the formulas were fitted to."""
    parts = [part for part in HARDEST if getattr(entry, part)] if entry.locale == review.READ_IN else []
    is_word = entry.answer_kind == "term"
    hardest_grade = {**HARDEST, "answer": review.HARDEST_DEFINITION} if is_word else HARDEST
    most_words = {"answer": review.DEFINITION_WORDS} if is_word else MOST_WORDS
    found = []
    for part in parts:
        counts = review.graded(entry, part, names)
        hard = counts.grade > hardest_grade[part]
        hardest = reading.hardest(review.part_text(entry, part), names) if hard else ""
        words = len(getattr(entry, part).split())
        found.append(Meter(part, words, most_words.get(part), counts.grade, hardest_grade[part], hardest))
    return found
