"""Puts together what means the same, by the vectors of the texts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

AT_ONCE = 8
"""Texts whose vectors are worked out in one go: what is done shows in between."""


@dataclass(frozen=True)
class Gathered:
    """Places of texts that belong together, in their order. `whole`: all were compared; else those without a vector
    yet stand alone."""

    groups: tuple[tuple[int, ...], ...]
    whole: bool


class Gathering:
    """Vectors are worked out in a thread, so that whoever looks waits as long as they like. They are kept in memory
    alone, and only of the texts looked at last: a vector tells of the words it was made of. Safe to share between
    threads."""

    def __init__(self, encode: Callable[[Sequence[str]], np.ndarray]) -> None:
        self._encode = encode
        self._known: dict[str, np.ndarray] = {}
        self._wanted: tuple[str, ...] = ()
        self._working = False
        self._changed = threading.Condition()

    def gathered(self, texts: Sequence[str], alike: float, seconds: float) -> Gathered:
        """What of `texts` has a cosine of `alike` or more with the first of its group, after `seconds` at the most."""
        with self._changed:
            self._wanted = tuple(dict.fromkeys(texts))
            self._known = {text: self._known[text] for text in self._wanted if text in self._known}
            if not self._working and len(self._known) < len(self._wanted):
                self._working = True
                threading.Thread(target=self._work, name="gathering", daemon=True).start()
            self._changed.wait_for(lambda: not self._working, seconds)
            known = self._known
        places = [place for place, text in enumerate(texts) if text in known]
        groups = _gathered(np.array([known[texts[place]] for place in places]), alike) if places else []
        found = [tuple(places[one] for one in group) for group in groups]
        alone = [(place,) for place, text in enumerate(texts) if text not in known]
        return Gathered(tuple(sorted((*found, *alone))), not alone)

    def _work(self) -> None:
        try:
            while missing := self._missing():
                vectors = self._encode(missing)
                with self._changed:
                    self._known = {**self._known, **dict(zip(missing, vectors))}
        finally:
            with self._changed:
                self._working = False
                self._changed.notify_all()

    def _missing(self) -> list[str]:
        with self._changed:
            return [text for text in self._wanted if text not in self._known][:AT_ONCE]


def _gathered(vectors: np.ndarray, alike: float) -> list[list[int]]:
    """Each vector joins the group whose first one is nearest, if that is near enough; else it begins one."""
    likeness = vectors @ vectors.T
    firsts: list[int] = []
    groups: dict[int, list[int]] = {}
    for place in range(len(vectors)):
        near = firsts[int(np.argmax(likeness[place, firsts]))] if firsts else None
        if near is not None and likeness[place, near] >= alike:
            groups[near].append(place)
        else:
            firsts.append(place)
            groups[place] = [place]
    return list(groups.values())
