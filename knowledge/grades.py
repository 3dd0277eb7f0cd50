"""How hard the answers are to read. Of thousands of texts that takes seconds, so it is worked out once for each text,
before it is published as a rule, and kept in the database."""

from __future__ import annotations

import functools
import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from knowledge import reading, review
from knowledge.codec import content_hash
from knowledge.errors import StoreUnavailable
from knowledge.model import Entry
from knowledge.store.repository import KnowledgeStore

logger = logging.getLogger(__name__)


class Grades:
    """Safe to share between threads: two may work one out twice, and nothing else comes of that. `names` finds the
    names in a text for which there is no plain word; None where that is not known."""

    def __init__(self, store: KnowledgeStore, names: Callable[[], re.Pattern[str] | None]) -> None:
        self._store, self._names = store, names
        self._known: dict[str, float] | None = None

    @functools.cached_property
    def rules(self) -> str:
        """A mark of how grades are made: those that were made otherwise do not count."""
        names = self._names()
        made_by = Path(reading.__file__).read_bytes() + (names.pattern.encode() if names else b"")
        return hashlib.sha256(made_by).hexdigest()

    def of(self, texts: Mapping[str, Entry]) -> dict[str, float]:
        """Grades of answers by the hashes of their texts, 0 in other languages than English. With the database away
        they are worked out and not kept."""
        if self._known is None:
            self._known = self._kept()
        new = {}
        for text_hash, entry in texts.items():
            if entry.locale == review.READ_IN and text_hash not in self._known:
                new[text_hash] = review.graded(entry, "answer", self._names()).grade
        if new:
            self._known = {**self._known, **new}
            self._keep(new)
        return {text_hash: self._known.get(text_hash, 0.0) for text_hash in texts}

    def prepare(self, entries: Iterable[Entry]) -> None:
        """Works out what nobody should wait for later."""
        self.of({content_hash(entry): entry for entry in entries})

    def _kept(self) -> dict[str, float]:
        try:
            return self._store.grades(self.rules)
        except StoreUnavailable:
            return {}

    def _keep(self, new: Mapping[str, float]) -> None:
        try:
            self._store.keep_grades(new, self.rules)
        except StoreUnavailable as error:
            logger.warning("grades were not kept: %s", error)
