"""Asking the assistant as it would be with a draft, beside the assistant as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from knowledge.answer import Answerer
from knowledge.model import Answer, Context, Draft, Question
from knowledge.wiring import Knowledge
from safety import Rules
from web.site import Site

KEPT = 2
"""Answerers with a draft that are kept: each holds the vectors of a whole release."""


class TrialsOfDrafts:
    """Safe to share between threads."""

    def __init__(self, knowledge: Knowledge, rules: Rules, site: Callable[[], Site]) -> None:
        self._knowledge, self._rules, self._site = knowledge, rules, site
        self._kept: OrderedDict[tuple[int, int, str], Answerer] = OrderedDict()
        self._building = threading.Lock()

    def with_draft(self, draft: Draft) -> Answerer:
        """The answerer of the live release with this text in it; built anew only when either has changed."""
        live = self._knowledge.live()
        mark = (live.release.number, draft.id, draft.content_hash)
        with self._building:
            if mark not in self._kept:
                self._kept[mark] = self._knowledge.tried([draft.id])
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(mark)
            return self._kept[mark]

    def compared(self, draft: Draft, question: str) -> dict[str, Any]:
        """The replies to a question, as things are (`now`) and with the draft (`then`). `urgent`: what the emergency
        rules find in it; then a card is shown before either."""
        asked = Question(question, context=Context(region=self._site().region or None), channel="studio")
        now, then = self._knowledge.live().answers(asked), self.with_draft(draft).answers(asked)
        return {"now": now, "then": then, "same": _said(now) == _said(then), "urgent": self._rules.check(question)}


def _said(answers: tuple[Answer, ...]) -> list[Any]:
    return [(answer.kind, answer.entry, answer.blocks) for answer in answers]
