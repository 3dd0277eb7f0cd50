"""What people ask next: messages that others sent after an answer, and the entries that answered them.

"Does it hurt?" means something else after each answer, and no likeness to the ways to ask for an entry tells what. But
who was shown the same thing mostly goes on to the same few others, so a message is held against what was said then.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from knowledge.model import Entry


class Next(NamedTuple):
    """A message that was sent after the entry `shown`, and the ids of the entries that answer it; none where no entry
    does."""

    shown: str
    say: str
    accept: tuple[str, ...] = ()


class Near(NamedTuple):
    """How like a message is to those that were sent next, as squares of cosines. `same` and `topic`, shape (entries,):
    the likest that each entry answers, of those after the same answer, and after any of its topic. `answered` and
    `unanswered`: the likest after the same answer that some entry answers, and that none does."""

    same: np.ndarray
    topic: np.ndarray
    answered: float
    unanswered: float


class _Group(NamedTuple):
    """Rows that stand together. `places` are those of rows that an entry answers, once for each such entry; those of
    one entry, whose places are `owners`, begin at `begins`. `open`: rows that nothing answers."""

    rows: slice
    places: np.ndarray
    owners: np.ndarray
    begins: np.ndarray
    open: np.ndarray

    @classmethod
    def of(cls, begin: int, rows: Sequence[Next], known: dict[str, int]) -> _Group:
        pairs = sorted((known[entry], at) for at, row in enumerate(rows) for entry in row.accept if entry in known)
        owners, begins = np.unique(np.array([owner for owner, _ in pairs], np.int64), return_index=True)
        nothing = [at for at, row in enumerate(rows) if not row.accept]
        places = np.array([at for _, at in pairs], np.int64)
        return cls(slice(begin, begin + len(rows)), places, owners, begins, np.array(nothing, np.int64))

    def likest(self, likeness: np.ndarray, size: int) -> np.ndarray:
        """For each of `size` entries the greatest likeness of the rows that it answers; `likeness` has one of each
        row."""
        found = np.zeros(size)
        if len(self.places):
            found[self.owners] = np.maximum.reduceat(likeness[self.places], self.begins)
        return found


class AskedNext:
    """What was asked next, as it is compared with a message after an answer."""

    def __init__(self, rows: Sequence[Next], vectors: np.ndarray, entries: Sequence[Entry]) -> None:
        """`vectors`: of what was said, unit vectors as those of messages, shape (rows, 384). What was said after an
        entry that is not among `entries` is left out."""
        known = {entry.id: place for place, entry in enumerate(entries)}
        topics = {entry.id: entry.topic for entry in entries}
        places = [place for place, row in enumerate(rows) if row.shown in known]
        places.sort(key=lambda place: (topics[rows[place].shown], rows[place].shown))
        kept = [rows[place] for place in places]
        self._size = len(entries)
        self._vectors = vectors[places]
        self._topics = _groups(kept, [topics[row.shown] for row in kept], known)
        self._shown = _groups(kept, [row.shown for row in kept], known)

    def near(self, last: Entry, vector: np.ndarray) -> Near:
        """What is like a message with this unit vector, shape (384,), after the answer `last`."""
        nothing, topic = np.zeros(self._size), self._topics.get(last.topic)
        if topic is None:
            return Near(nothing, nothing, 0.0, 0.0)
        likeness = np.maximum(self._vectors[topic.rows] @ vector, 0.0) ** 2
        among = topic.likest(likeness, self._size)
        group = self._shown.get(last.id)
        if group is None:
            return Near(nothing, among, 0.0, 0.0)
        likeness = likeness[group.rows.start - topic.rows.start : group.rows.stop - topic.rows.start]
        return Near(
            group.likest(likeness, self._size),
            among,
            float(likeness[group.places].max(initial=0.0)),
            float(likeness[group.open].max(initial=0.0)),
        )


def _groups(rows: Sequence[Next], names: Sequence[str], known: dict[str, int]) -> dict[str, _Group]:
    """The groups of neighbouring rows that have one name."""
    found = {}
    for name, places in groupby(range(len(rows)), key=names.__getitem__):
        begin, *others = places
        found[name] = _Group.of(begin, rows[begin : begin + 1 + len(others)], known)
    return found
