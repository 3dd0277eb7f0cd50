"""The answers from the newest copy of the registry, kept at hand for a process that answers people."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from knowledge.errors import StoreUnavailable
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import RegistryCopy

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""Between two looks whether there is a newer copy: messages come faster than copies do."""


class Copies(Protocol):
    """Where syncs leave their copies; `knowledge.store.trials.TrialStore`."""

    def copy_number(self) -> int: ...

    def copy(self, known_as: Mapping[str, tuple[str, ...]]) -> RegistryCopy | None: ...


class CurrentTrials:
    """Safe to share between threads. Nobody waits for a newer copy: it is read beside, and swapped in when it is whole.

    Before the first sync, and while no database has answered yet, the shipped copy is the newest.
    """

    def __init__(
        self,
        copies: Copies,
        shipped: RegistryCopy,
        answers: Callable[[RegistryCopy], TrialAnswers],
        ticks: Callable[[], float],
    ) -> None:
        """`ticks` tells monotonic seconds."""
        self._copies, self._answers_from, self._ticks = copies, answers, ticks
        self._look_at = float("-inf")
        self._known_as = {study.nct_id: study.names for study in shipped.studies if study.names}
        self._held = (shipped.number, answers(shipped))
        self._reading = threading.Lock()
        self._refused: int | None = None

    def load(self) -> None:
        """Reads the newest copy at once, for the start of a process: afterwards nobody is told of an older one. With
        the database away it is read later."""
        try:
            if self._copies.copy_number() != self._held[0]:
                self._read()
        except StoreUnavailable as error:
            logger.info("the registry copy is read later: %s", error)

    def newest(self) -> TrialAnswers:
        """Now and then one indexed row is read. Raises nothing: with the database away the copy of before goes on."""
        number, answers = self._held
        now = self._ticks()
        if now < self._look_at:
            return answers
        self._look_at = now + LOOK_SECONDS
        try:
            newest = self._copies.copy_number()
        except StoreUnavailable:
            return answers
        if newest not in (number, self._refused) and self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_beside, args=(newest,), name="registry copy", daemon=True).start()
        return answers

    def _read_beside(self, number: int) -> None:
        try:
            self._read()
        except StoreUnavailable as error:
            logger.warning("the newer registry copy could not be read yet: %s", error)
        except Exception:
            # Whatever is wrong with it will be so at the next message, too; the copy of before is good.
            self._refused = number
            logger.exception("registry copy %d cannot be used; the one before stays", number)
        finally:
            self._reading.release()

    def _read(self) -> None:
        copy = self._copies.copy(self._known_as)
        if copy is not None:
            self._held = (copy.number, self._answers_from(copy))
            logger.info("registry copy %d of %s is live with %d studies", copy.number, copy.made, len(copy.studies))
